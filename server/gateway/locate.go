package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// locate finds what makes a body unreadable, so that the answer names the field as errors
// of the service do: application.applicant.kind, actions[2].extend.workdays. It is asked
// only once protojson refused, whose own errors tell lines and no paths.
func (c *codec) locate(text []byte, of protoreflect.MessageType, path string) error {
	members, err := membersOf(text)
	if err != nil {
		return invalid(path, "应为JSON对象", "it must be a JSON object")
	}
	seen := map[protoreflect.Name]bool{}
	for _, m := range members {
		field := fieldBy(of.Descriptor(), m.name)
		at := join(path, m.name)
		if field == nil {
			return invalid(at, "没有该字段；请核对名称", "there is no such field; check its name")
		}
		at = join(path, string(field.Name()))
		if seen[field.Name()] {
			return invalid(at, "重复给出", "it is given twice")
		}
		seen[field.Name()] = true
		one := fmt.Appendf(nil, "{%q:%s}", field.Name(), m.value)
		if c.UnmarshalOptions.Unmarshal(one, of.New().Interface()) != nil {
			return c.inField(m.value, field, at)
		}
	}
	return invalid(path, "无法读取：同一组中只能给出一个字段", "it cannot be read: only one field of a group may be given")
}

// inField finds what is wrong in the value of one field.
func (c *codec) inField(value []byte, field protoreflect.FieldDescriptor, at string) error {
	switch {
	case field.IsMap():
		return c.inMap(value, field, at)
	case field.IsList():
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil {
			return invalid(at, "应为JSON数组", "it must be a JSON array")
		}
		for i, item := range items {
			if err := c.inItem(item, field, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case field.Message() != nil:
		return c.inMessage(value, field, at)
	}
	return unfit(field, at)
}

// inItem looks into one item of a list, as if the list held nothing else.
func (c *codec) inItem(item []byte, field protoreflect.FieldDescriptor, at string) error {
	of, err := protoregistry.GlobalTypes.FindMessageByName(field.ContainingMessage().FullName())
	one := fmt.Appendf(nil, "{%q:[%s]}", field.Name(), item)
	if err != nil || c.UnmarshalOptions.Unmarshal(one, of.New().Interface()) == nil {
		return nil
	}
	if field.Message() != nil {
		return c.inMessage(item, field, at)
	}
	return unfit(field, at)
}

func (c *codec) inMap(value []byte, field protoreflect.FieldDescriptor, at string) error {
	members, err := membersOf(value)
	if err != nil {
		return invalid(at, "应为JSON对象", "it must be a JSON object")
	}
	of, err := protoregistry.GlobalTypes.FindMessageByName(field.ContainingMessage().FullName())
	for _, m := range members {
		one := fmt.Appendf(nil, "{%q:{%q:%s}}", field.Name(), m.name, m.value)
		if err == nil && c.UnmarshalOptions.Unmarshal(one, of.New().Interface()) != nil {
			return unfit(field.MapValue(), join(at, m.name))
		}
	}
	return invalid(at, "重复给出", "it is given twice")
}

func (c *codec) inMessage(value []byte, field protoreflect.FieldDescriptor, at string) error {
	if field.Message().FullName() == "google.protobuf.Timestamp" {
		return invalid(at, "应为RFC 3339时刻，如2026-06-30T09:00:00+08:00", "it must be an instant by RFC 3339, such as 2026-06-30T09:00:00+08:00")
	}
	of, err := protoregistry.GlobalTypes.FindMessageByName(field.Message().FullName())
	if err != nil {
		return unfit(field, at)
	}
	return c.locate(value, of, at)
}

// unfit says what a field takes.
func unfit(field protoreflect.FieldDescriptor, at string) error {
	switch field.Kind() {
	case protoreflect.EnumKind:
		var names []string
		for i := range field.Enum().Values().Len() {
			if v := field.Enum().Values().Get(i); v.Number() != 0 {
				names = append(names, string(v.Name()))
			}
		}
		list := strings.Join(names, ", ")
		return invalid(at, "没有该取值；可取%s", "there is no such value; it takes %s", list)
	case protoreflect.BoolKind:
		return invalid(at, "应为true或者false", "it must be true or false")
	case protoreflect.StringKind:
		return invalid(at, "应为文本", "it must be a string")
	case protoreflect.BytesKind:
		return invalid(at, "应为Base64文本", "it must be a string in base64")
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return invalid(at, "应为整数", "it must be a whole number")
	}
	return invalid(at, "格式不对", "it is malformed")
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf are the members of an object in their order, repeated ones too.
func membersOf(text []byte) (members []member, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		m := member{name: name}
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}

// fieldBy finds a field as protojson does, by either of its names.
func fieldBy(of protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if f := of.Fields().ByJSONName(name); f != nil {
		return f
	}
	return of.Fields().ByTextName(name)
}

// nameLimit bounds what a path repeats of a request.
const nameLimit = 100

func join(path, name string) string {
	if runes := []rune(name); len(runes) > nameLimit {
		name = string(runes[:nameLimit]) + "…"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
