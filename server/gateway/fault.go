package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	pb "gongkai/proto/disclosure/v1"
)

// domain is that of every ErrorInfo.
const domain = "disclosure.gongkai"

// fault is what the gateway itself refuses, before there is a call.
type fault struct {
	Code   codes.Code
	Status int // of HTTP; 0: the one of its code
	Reason pb.Reason
	Field  string
	ZH, EN string
}

// mark begins the text of a fault. The generated code keeps nothing of an error but its
// text, so a fault travels in that and is read again where errors are answered.
const mark = "gateway fault "

func (f *fault) Error() string {
	text, err := json.Marshal(f)
	if err != nil {
		return f.EN
	}
	return mark + string(text)
}

// faultIn finds the fault in the text of an error.
func faultIn(text string) *fault {
	text, ok := strings.CutPrefix(text, mark)
	f := &fault{}
	if !ok || json.Unmarshal([]byte(text), f) != nil {
		return nil
	}
	return f
}

// invalid is a field that is malformed; zh and en take the same arguments.
func invalid(field, zh, en string, args ...any) *fault {
	return &fault{Code: codes.InvalidArgument, Reason: pb.Reason_FIELD_INVALID, Field: field, ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// malformed is a request that cannot be read.
func malformed(zh, en string, args ...any) *fault {
	f := invalid("", zh, en, args...)
	f.Reason = pb.Reason_MESSAGE_MALFORMED
	return f
}

func tooLarge(limit int64) *fault {
	const mib = 1 << 20
	return &fault{
		Code: codes.ResourceExhausted, Status: http.StatusRequestEntityTooLarge, Reason: pb.Reason_MESSAGE_TOO_LARGE,
		ZH: fmt.Sprintf("请求超过%.3g MiB；请缩短内容或者分批发送", float64(limit)/mib),
		EN: fmt.Sprintf("the request is over %.3g MiB; shorten it or send it in parts", float64(limit)/mib),
	}
}

// in writes a fault as the service writes its own: the caller's language first.
func (f *fault) in(english bool) *status.Status {
	meta := map[string]string{}
	if f.Field != "" {
		meta["field"] = f.Field
	}
	first, second := &errdetails.LocalizedMessage{Locale: "zh-CN", Message: f.ZH}, &errdetails.LocalizedMessage{Locale: "en", Message: f.EN}
	if english {
		first, second = second, first
	}
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: f.Reason.String(), Domain: domain, Metadata: meta}, first, second}
	if f.Field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: f.Field, Description: first.GetMessage(), Reason: f.Reason.String(), LocalizedMessage: first,
		}}})
	}
	st := status.New(f.Code, f.EN)
	if with, err := st.WithDetails(details...); err == nil {
		st = with
	}
	return st
}
