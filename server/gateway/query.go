package gateway

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// query reads parameters after the question mark as strictly as a body: the library's own
// parser passes over what it does not know, and a misspelt filter would list everything.
type query struct{ runtime.DefaultQueryParser }

// Parse is runtime.QueryParameterParser's.
func (q query) Parse(m proto.Message, values url.Values, bound *utilities.DoubleArray) error {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the same address has the same answer
	seen := map[string]bool{}
	for _, name := range names {
		path, field := fieldAt(m.ProtoReflect().Descriptor(), name)
		switch {
		case !utf8.ValidString(strings.Join(values[name], "")):
			return invalid(join("", name), "不是UTF-8文本", "it is no text in UTF-8")
		case field == nil:
			return invalid(join("", name), "没有该参数；请核对名称", "there is no such parameter; check its name")
		case bound.HasCommonPrefix(path):
			return invalid(name, "已在地址的路径中给出", "the path of the address says it already")
		case seen[strings.Join(path, ".")] || !field.IsList() && len(values[name]) > 1:
			return invalid(name, "重复给出", "it is given twice")
		case field.IsMap() || field.Message() != nil && field.Message().FullName() != "google.protobuf.Timestamp":
			return invalid(name, "不能作为参数给出；请用POST发送JSON", "it cannot be given as a parameter; send it as JSON by POST")
		}
		seen[strings.Join(path, ".")] = true
		one := url.Values{name: values[name]}
		if err := q.DefaultQueryParser.Parse(m, one, bound); err != nil {
			if field.Message() != nil {
				return invalid(name, "应为RFC 3339时刻，如2026-06-30T09:00:00+08:00", "it must be an instant by RFC 3339, such as 2026-06-30T09:00:00+08:00")
			}
			return unfit(field, name)
		}
	}
	return nil
}

// fieldAt finds the field that a parameter names, a path with dots.
func fieldAt(of protoreflect.MessageDescriptor, name string) (path []string, field protoreflect.FieldDescriptor) {
	for part := range strings.SplitSeq(name, ".") {
		if of == nil {
			return nil, nil
		}
		if field = fieldBy(of, part); field == nil {
			return nil, nil
		}
		path = append(path, string(field.Name()))
		of = field.Message()
	}
	return path, field
}
