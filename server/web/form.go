package web

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// The hidden inputs of every form.
const (
	tokenField   = "form_token"
	requestField = "request_id"
)

// problem is one thing wrong with a form: at an input, or, where Field is empty, with the
// whole.
type problem struct{ Field, ID, Message string }

// form is what a form holds and what is wrong with it. The names of its inputs are the
// paths of the fields of the request, application.applicant.display_name, so that a
// refusal finds its input; array elements are written actions[0].
type form struct {
	Token     string // shown in every form, proves that it is ours
	Owner     string // whose form it is, once the sign-in is over
	RequestID string // makes a second click or a reload repeat nothing
	Problems  []problem

	lang   language
	values url.Values
	labels map[string]string // of its inputs, by their names
}

// form is what was sent, or, on a page that nothing was sent to, the query, so that a link
// can fill a form in. It is made once a page.
func (p *page) form() *form {
	if p.sent != nil {
		return p.sent
	}
	secret := p.token
	if secret == "" {
		secret = p.desk.stranger(p.w, p.r)
	}
	p.sent = &form{Token: formToken(secret), lang: p.lang, values: p.r.URL.Query()}
	if p.r.PostForm != nil {
		p.sent.values = p.r.PostForm
	}
	if p.sent.RequestID = p.sent.values.Get(requestField); uuid.Validate(p.sent.RequestID) != nil {
		p.sent.RequestID = uuid.NewString()
	}
	return p.sent
}

// Fresh is a request id for one form of a page: that of the form which was sent and has to
// be mended, else a new one for each.
func (f *form) Fresh() string {
	if len(f.Problems) > 0 {
		return f.RequestID
	}
	return uuid.NewString()
}

// Value is what an input holds, as typed.
func (f *form) Value(name string) string { return f.values.Get(name) }

// set fills an input in.
func (f *form) set(name, value string) {
	f.values = maps.Clone(f.values)
	f.values.Set(name, value)
}

// wrong notes what is wrong at an input; an empty name means the whole.
func (f *form) wrong(name string, said text) {
	f.Problems = append(f.Problems, problem{name, inputID(name), said.in(f.lang)})
}

// need notes what to enter where nothing was, so that all that is missing is said at once.
func (f *form) need(name string, said text) {
	if strings.TrimSpace(f.Value(name)) == "" {
		f.wrong(name, said)
	}
}

// Problem is what is wrong at an input, empty if nothing.
func (f *form) Problem(name string) string {
	for _, p := range f.Problems {
		if p.Field == name {
			return p.Message
		}
	}
	return ""
}

// inputID is the id of an input in the page.
func inputID(name string) string {
	if name == "" {
		return ""
	}
	return "f-" + strings.NewReplacer(".", "-", "[", "-", "]", "").Replace(name)
}

// refused notes what the service refused a form for, and tells whether it was something
// that whoever filled it in can mend; anything else is no matter of the form.
func (f *form) refused(err error) bool {
	s, ok := status.FromError(err)
	if !ok {
		return false
	}
	switch s.Code() {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.AlreadyExists, codes.Aborted, codes.ResourceExhausted:
	default:
		return false
	}
	if client.ReasonIs(err, pb.Reason_REQUEST_ID_REUSED) {
		f.RequestID = uuid.NewString()
		f.wrong("", text{"这张表单已经提交过，内容与现在不同；请核对，仍要办理的再次提交", "This form was sent before, with other content: look at it, and send it again if it is still wanted"})
		return true
	}
	violations := client.Violations(err)
	for _, v := range violations {
		f.Problems = append(f.Problems, problem{v.GetField(), inputID(v.GetField()), v.GetDescription()})
	}
	if len(violations) == 0 {
		at := client.Metadata(err)["field"]
		f.Problems = append(f.Problems, problem{at, inputID(at), client.Message(err)})
	}
	return true
}

// into fills a request with what the inputs hold, by the paths that their names are. Empty
// inputs leave their field unset; inputs that are no field are left alone. It tells
// whether all could be read, and notes what could not.
func (f *form) into(m proto.Message) bool {
	before := len(f.Problems)
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if name == requestField {
			continue
		}
		if values := f.values[name]; slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			if why := put(m.ProtoReflect(), strings.Split(name, "."), values); why != nil {
				f.wrong(name, *why)
			}
		}
	}
	r := m.ProtoReflect()
	if field := r.Descriptor().Fields().ByName(requestField); field != nil {
		r.Set(field, protoreflect.ValueOfString(f.RequestID))
	}
	return len(f.Problems) == before
}

// maxElements bounds the elements of an array that a form fills.
const maxElements = 100

// put sets the field at a path. A path that the message does not know is no field; why
// says what is wrong with the value.
func put(m protoreflect.Message, path, values []string) (why *text) {
	name, index, indexed := strings.Cut(strings.TrimSuffix(path[0], "]"), "[")
	field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	if field == nil || field.IsMap() {
		return nil
	}
	if len(path) == 1 && !indexed {
		return putValue(m, field, values)
	}
	if field.Kind() != protoreflect.MessageKind || indexed != field.IsList() || len(path) == 1 {
		return nil
	}
	if !indexed {
		return put(m.Mutable(field).Message(), path[1:], values)
	}
	n, err := strconv.Atoi(index)
	if err != nil || n < 0 || n >= maxElements {
		return nil
	}
	list := m.Mutable(field).List()
	for list.Len() <= n {
		list.AppendMutable()
	}
	return put(list.Get(n).Message(), path[1:], values)
}

func putValue(m protoreflect.Message, field protoreflect.FieldDescriptor, values []string) (why *text) {
	if field.Kind() == protoreflect.MessageKind {
		return nil
	}
	if !field.IsList() {
		v, why := scalar(field, strings.TrimSpace(values[len(values)-1]))
		if why == nil {
			m.Set(field, v)
		}
		return why
	}
	list := m.Mutable(field).List()
	for _, value := range values {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		v, why := scalar(field, value)
		if why != nil {
			return why
		}
		list.Append(v)
	}
	return nil
}

// scalar reads a value as its field holds it.
func scalar(field protoreflect.FieldDescriptor, value string) (v protoreflect.Value, why *text) {
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(strings.ReplaceAll(value, "\r\n", "\n")), nil
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(value == "true" || value == "on"), nil
	case protoreflect.EnumKind:
		if e := field.Enum().Values().ByName(protoreflect.Name(value)); e != nil {
			return protoreflect.ValueOfEnum(e.Number()), nil
		}
		return v, &text{"请从列出的选项中选择", "Choose one of those listed"}
	case protoreflect.Int32Kind:
		if n, err := strconv.ParseInt(value, 10, 32); err == nil {
			return protoreflect.ValueOfInt32(int32(n)), nil
		}
		return v, notWhole(value)
	case protoreflect.Int64Kind:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return protoreflect.ValueOfInt64(n), nil
		}
		return v, notWhole(value)
	default:
		return v, &text{"该项不能在页面上填写", "This cannot be entered on a page"}
	}
}

func notWhole(value string) *text {
	return &text{fmt.Sprintf("应为整数，收到“%s”", value), fmt.Sprintf("must be a whole number, got %q", value)}
}
