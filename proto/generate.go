// Package proto holds the interface of the service, proto package disclosure.v1,
// and the code generated from it, which is checked in beside the .proto files so
// that building needs Go alone. It imports nothing else of this module.
package proto

//go:generate go run github.com/bufbuild/buf/cmd/buf@v1.75.0 format -w
//go:generate go run github.com/bufbuild/buf/cmd/buf@v1.75.0 generate --template buf.gen.yaml
