package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
)

// shanghai is the time of the law; it has had no summer time since 1991.
var shanghai = time.FixedZone("CST", 8*60*60)

// view turns fields of messages into text: raw as the API has it, or labelled.
type view struct {
	lang string
	raw  bool
}

// row is the text of some fields.
func (v view) row(m proto.Message, columns []string) []string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = v.at(m.ProtoReflect(), c)
	}
	return cells
}

// at is the text of a field that a path leads to; empty where something on it is not set.
func (v view) at(m protoreflect.Message, path string) string {
	parts := strings.Split(path, ".")
	for i, name := range parts {
		field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field.HasPresence() && !m.Has(field) {
			return ""
		}
		if i == len(parts)-1 {
			return v.value(field, m.Get(field))
		}
		m = m.Get(field).Message()
	}
	return ""
}

// value is the text of a field, a list joined.
func (v view) value(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if !field.IsList() {
		return v.single(field, value)
	}
	var texts []string
	for i := range value.List().Len() {
		texts = append(texts, v.single(field, value.List().Get(i)))
	}
	return strings.Join(texts, "; ")
}

func (v view) single(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return v.yes(value.Bool())
	case protoreflect.EnumKind:
		return v.enum(field.Enum().Values().ByNumber(value.Enum()), value.Enum())
	case protoreflect.MessageKind:
		return v.message(value.Message())
	}
	return value.String()
}

// message is a message in one cell.
func (v view) message(m protoreflect.Message) string {
	switch m := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return m.AsTime().In(shanghai).Format("2006-01-02 15:04:05")
	case *pb.DayRange:
		return strings.TrimSpace(m.GetFirstDate() + "/" + m.GetLastDate() + " " + m.GetFestival())
	}
	var parts []string
	v.flatten(m, "", func(path, value string) {
		if v.raw {
			parts = append(parts, path+"="+value)
		} else {
			parts = append(parts, pathLabel(path, v.lang)+" "+value)
		}
	})
	return strings.Join(parts, ", ")
}

func (v view) yes(b bool) string {
	if v.raw {
		return strconv.FormatBool(b)
	}
	if b {
		return text{"是", "yes"}.in(v.lang)
	}
	return text{"否", "no"}.in(v.lang)
}

// enum names a value, one that this program does not know by its number.
func (v view) enum(value protoreflect.EnumValueDescriptor, number protoreflect.EnumNumber) string {
	switch {
	case value == nil:
		return strconv.Itoa(int(number))
	case number == 0:
		return ""
	case v.raw:
		return string(value.Name())
	}
	if t, ok := valueLabels[string(value.Name())]; ok {
		return t.in(v.lang)
	}
	return string(value.Name())
}

// flatten visits what is set in a message, depth first, and every yes or no of the
// message itself.
func (v view) flatten(m protoreflect.Message, prefix string, visit func(path, value string)) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		isFlag := field.Kind() == protoreflect.BoolKind && !field.HasPresence() && prefix == ""
		if !m.Has(field) && !isFlag {
			continue
		}
		path, value := prefix+string(field.Name()), m.Get(field)
		switch {
		case !isNested(field):
			visit(path, v.value(field, value))
		case field.IsList():
			for j := range value.List().Len() {
				v.flatten(value.List().Get(j).Message(), fmt.Sprintf("%s[%d].", path, j+1), visit)
			}
		default:
			v.flatten(value.Message(), path+".", visit)
		}
	}
}

// isNested tells a message with fields of its own from a point in time.
func isNested(field protoreflect.FieldDescriptor) bool {
	return field.Kind() == protoreflect.MessageKind && field.Message().FullName() != "google.protobuf.Timestamp"
}

// pathLabel names a path by the labels of its parts.
func pathLabel(path, lang string) string {
	parts := strings.Split(path, ".")
	names := make([]string, len(parts))
	for i, part := range parts {
		name, number, indexed := strings.Cut(part, "[")
		names[i] = label(name).in(lang)
		if whole := label(path).in(lang); i == len(parts)-1 && !indexed && fieldLabels[path].zh != "" {
			names[i] = whole
		}
		if indexed {
			names[i] += strings.TrimSuffix(number, "]")
		}
	}
	return strings.Join(names, " · ")
}
