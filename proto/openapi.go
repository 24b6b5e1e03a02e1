package proto

import _ "embed"

//go:embed openapi.swagger.json
var openAPI []byte

// OpenAPI returns the description of the interface as JSON over HTTP, generated from the
// protos and gateway.yaml: OpenAPI 2.0. Files are left out; server/gateway adds them.
func OpenAPI() []byte { return openAPI }
