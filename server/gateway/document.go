package gateway

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"gongkai/proto"
)

// files describes what goes by handlers of this package, and the error that all share.
//
//go:embed files.json
var files []byte

// singulars mends the generator's names of path segments, which only drop an s.
var singulars = strings.NewReplacer(
	"{agencie}", "{agency}", `"name": "agencie"`, `"name": "agency"`,
	"{remedie}", "{remedy}", `"name": "remedie"`, `"name": "remedy"`,
)

// document is the description of everything that the gateway answers: the generated one
// with the handlers of files.
func document() ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(singulars.Replace(string(proto.OpenAPI()))), &all); err != nil {
		return nil, fmt.Errorf("reading the generated document: %w", err)
	}
	var own map[string]map[string]json.RawMessage
	if err := json.Unmarshal(files, &own); err != nil {
		return nil, fmt.Errorf("reading files.json: %w", err)
	}
	for section, entries := range own {
		merged := map[string]json.RawMessage{}
		if err := json.Unmarshal(all[section], &merged); err != nil {
			return nil, fmt.Errorf("reading %s of the generated document: %w", section, err)
		}
		maps.Copy(merged, entries)
		text, err := json.Marshal(merged)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", section, err)
		}
		all[section] = text
	}
	return json.Marshal(all)
}
