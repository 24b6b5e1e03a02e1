package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// object is a JSON object that keeps the order of its keys, which in a report is that of
// the form. Its values are *object or json.RawMessage.
type object struct {
	keys   []string
	values map[string]any
}

// put sets a value at a path and makes the objects on the way. Where a value already
// stands on the way, the path does not fit.
func (o *object) put(path []string, value json.RawMessage) error {
	for _, key := range path[:len(path)-1] {
		inner, ok := o.at(key, func() any { return &object{} }).(*object)
		if !ok {
			return fmt.Errorf("assemble figures: %q holds a figure and figures", key)
		}
		o = inner
	}
	last := path[len(path)-1]
	if _, isObject := o.at(last, func() any { return value }).(*object); isObject {
		return fmt.Errorf("assemble figures: %q holds a figure and figures", last)
	}
	o.values[last] = value
	return nil
}

// at returns the value of a key, a new one if there is none.
func (o *object) at(key string, make func() any) any {
	if v, ok := o.values[key]; ok {
		return v
	}
	if o.values == nil {
		o.values = map[string]any{}
	}
	o.keys = append(o.keys, key)
	o.values[key] = make()
	return o.values[key]
}

// MarshalJSON writes the keys in their order.
func (o *object) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			buffer.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.values[key])
		if err != nil {
			return nil, err
		}
		buffer.Write(name)
		buffer.WriteByte(':')
		buffer.Write(value)
	}
	buffer.WriteByte('}')
	return buffer.Bytes(), nil
}

// UnmarshalJSON reads an object and the objects in it.
func (o *object) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.Join(errors.New("read JSON: not an object"), err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		name, _ := key.(string) // JSON has no other keys
		var value any = raw
		if raw[0] == '{' {
			inner := &object{}
			if err := inner.UnmarshalJSON(raw); err != nil {
				return err
			}
			value = inner
		}
		o.at(name, func() any { return value })
		o.values[name] = value // of a key that stands twice the last one counts, as in encoding/json
	}
	return nil
}

// number is a JSON number, exactly as the service gave it.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// figure is a decimal number as JSON: null where it is not known.
func figure(value string) (json.RawMessage, error) {
	switch {
	case value == "":
		return json.RawMessage("null"), nil
	case number.MatchString(value):
		return json.RawMessage(value), nil
	}
	return nil, fmt.Errorf("read figure: %q is no decimal number", value)
}
