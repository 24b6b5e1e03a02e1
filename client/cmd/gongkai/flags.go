package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// field is a flag that writes straight into a field of a message. A repeated field takes
// the flag several times; a message is given as JSON.
type field struct {
	message protoreflect.Message
	desc    protoreflect.FieldDescriptor
}

// bind adds a flag for a field of a message; path leads to it through nested messages.
func bind(cmd *cobra.Command, message protoreflect.ProtoMessage, path, flag string) {
	m := message.ProtoReflect()
	parts := strings.Split(path, ".")
	for _, name := range parts[:len(parts)-1] {
		m = m.Mutable(m.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	desc := m.Descriptor().Fields().ByName(protoreflect.Name(parts[len(parts)-1]))
	f := cmd.Flags().VarPF(&field{m, desc}, flag, "", fieldHelp(desc, path))
	if isRequired(desc) && strings.HasSuffix(string(desc.Parent().Name()), "Request") {
		f.Annotations = map[string][]string{requiredFlag: {label(path).zh, label(path).en}}
	}
	if desc.Kind() == protoreflect.BoolKind {
		f.NoOptDefVal = "true"
		return
	}
	if values := choices(desc); values != nil {
		offers := make([]string, len(values))
		for i, v := range values {
			offers[i] = strings.ToLower(v)
			if label, ok := valueLabels[v]; ok {
				offers[i] += "\t" + label.zh
			}
		}
		complete(cmd, flag, offers...)
	}
}

// requiredFlag marks a flag that says what a call is about, such as the year of a report.
// What a record must hold is for the service to say, with field and article.
const requiredFlag = "required"

// missingFlags says which required flags were not given.
func missingFlags(cmd *cobra.Command) error {
	var zh, en []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if names, ok := f.Annotations[requiredFlag]; ok && !f.Changed {
			zh, en = append(zh, "--"+f.Name+"（"+names[0]+"）"), append(en, "--"+f.Name+" ("+names[1]+")")
		}
	})
	if zh == nil {
		return nil
	}
	return usage(text{"请给出 " + strings.Join(zh, "、"), "give " + strings.Join(en, ", ")})
}

// bindAll adds a flag for every field of a message.
func bindAll(cmd *cobra.Command, message protoreflect.ProtoMessage) {
	fields := message.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		name := string(fields.Get(i).Name())
		bind(cmd, message, name, kebab(name))
	}
}

// kebab makes the name of a flag or command of the name of a field.
func kebab(name string) string { return strings.ReplaceAll(name, "_", "-") }

// fieldHelp says what a flag is for, whether it must be given, and what it takes.
func fieldHelp(desc protoreflect.FieldDescriptor, path string) string {
	help := label(path).String()
	if isRequired(desc) {
		help += "（必填 required）"
	}
	if values := choices(desc); values != nil {
		help += ": " + strings.ToLower(strings.Join(values, "|"))
	}
	if desc.IsList() {
		help += "（可重复 repeatable）"
	}
	return help
}

// String is empty: a flag has no default of its own.
func (f *field) String() string { return "" }

// Type is what the help shows for the value.
func (f *field) Type() string {
	switch kind := f.desc.Kind(); {
	case kind == protoreflect.MessageKind:
		return "json"
	case kind == protoreflect.BoolKind:
		return "bool"
	case kind == protoreflect.Int32Kind || kind == protoreflect.Int64Kind:
		return "number"
	case strings.HasSuffix(string(f.desc.Name()), "_date"):
		return "date"
	}
	return "string"
}

// Set reads the value into the message.
func (f *field) Set(value string) error {
	parsed, err := f.parse(value)
	if err != nil {
		return err
	}
	if f.desc.IsList() {
		f.message.Mutable(f.desc).List().Append(parsed)
		return nil
	}
	f.message.Set(f.desc, parsed)
	return nil
}

func (f *field) parse(value string) (protoreflect.Value, error) {
	switch f.desc.Kind() {
	case protoreflect.BoolKind:
		b, err := strconv.ParseBool(value)
		return protoreflect.ValueOfBool(b), explainNumber(err, "true/false")
	case protoreflect.Int32Kind:
		n, err := strconv.ParseInt(value, 10, 32)
		return protoreflect.ValueOfInt32(int32(n)), explainNumber(err, "整数 a whole number")
	case protoreflect.Int64Kind:
		n, err := strconv.ParseInt(value, 10, 64)
		return protoreflect.ValueOfInt64(n), explainNumber(err, "整数 a whole number")
	case protoreflect.EnumKind:
		name, known := choose(f.desc, value)
		if !known {
			return protoreflect.Value{}, fmt.Errorf("应为 must be one of %s", strings.ToLower(strings.Join(choices(f.desc), ", ")))
		}
		return protoreflect.ValueOfEnum(f.desc.Enum().Values().ByName(protoreflect.Name(name)).Number()), nil
	case protoreflect.MessageKind:
		return f.parseMessage(value)
	}
	text, _ := choose(f.desc, value)
	return protoreflect.ValueOfString(text), nil
}

// parseMessage reads JSON with the names of the proto files.
func (f *field) parseMessage(value string) (protoreflect.Value, error) {
	v := f.message.NewField(f.desc)
	if f.desc.IsList() {
		v = v.List().NewElement()
	}
	if err := protojson.Unmarshal([]byte(value), v.Message().Interface()); err != nil {
		return v, fmt.Errorf("应为 must be %s as JSON: %w", f.desc.Message().Name(), err)
	}
	return v, nil
}

func explainNumber(err error, right string) error {
	if err == nil {
		return nil
	}
	return errors.New("应为 must be " + right)
}

// choices are the values that a field takes, nil where it takes any.
func choices(desc protoreflect.FieldDescriptor) []string {
	if listed, ok := fieldChoices[desc.Parent().Name()+"."+desc.Name()]; ok {
		return strings.Fields(listed)
	}
	if desc.Kind() != protoreflect.EnumKind {
		return nil
	}
	var names []string
	values := desc.Enum().Values()
	for i := range values.Len() {
		if values.Get(i).Number() != 0 {
			names = append(names, string(values.Get(i).Name()))
		}
	}
	return names
}

// choose finds the choice that a value means, in any case and with - or _. A text that
// means none is left as it is, for the service to refuse.
func choose(desc protoreflect.FieldDescriptor, value string) (string, bool) {
	for _, name := range choices(desc) {
		if strings.EqualFold(name, strings.ReplaceAll(value, "-", "_")) {
			return name, true
		}
	}
	return value, false
}
