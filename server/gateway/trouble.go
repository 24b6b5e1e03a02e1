package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// trouble is an error as JSON.
type trouble struct {
	Code       string            `json:"code"`
	Reason     string            `json:"reason"`
	Message    string            `json:"message"`
	Violations []violation       `json:"field_violations"`
	Metadata   map[string]string `json:"metadata"`
	Details    []json.RawMessage `json:"details"`
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// errorHandler is runtime's.
func (g *gateway) errorHandler(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	g.fail(w, r, err)
}

// fail answers with an error.
func (g *gateway) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody waits for it
	}
	st, at := statusOf(err, callerIn(r.Context()).english)
	h := w.Header()
	for _, d := range st.Details() {
		if again, ok := d.(*errdetails.RetryInfo); ok {
			seconds := max(1, int((again.GetRetryDelay().AsDuration()+time.Second-1)/time.Second))
			h.Set("Retry-After", strconv.Itoa(seconds))
		}
	}
	if at == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="gongkai"`)
	}
	body, err := json.Marshal(newTrouble(st.Err()))
	if err != nil { // of texts alone
		g.Log.LogAttrs(r.Context(), slog.LevelError, "writing an error", slog.String("error", err.Error()))
		at = http.StatusInternalServerError
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(at)
	_, _ = w.Write(body) // whoever went away needs none
}

// statusOf is an error in the form of the service, and its status of HTTP.
func statusOf(err error, english bool) (*status.Status, int) {
	f, ok := errors.AsType[*fault](err)
	st := status.Convert(err)
	if !ok && client.Reason(err) == "" {
		f = foreign(st)
	}
	if f == nil {
		return st, httpStatus(st)
	}
	st = f.in(english)
	if f.Status != 0 {
		return st, f.Status
	}
	return st, httpStatus(st)
}

// mismatch is how the generated code refuses what stands in an address.
var mismatch = regexp.MustCompile(`^type mismatch, parameter: ([a-z_.]+), error: `)

// foreign is an error of the generated code, or of grpc itself, as a fault; nil for one
// that says enough.
func foreign(st *status.Status) *fault {
	if f := faultIn(st.Message()); f != nil {
		return f
	}
	if at := mismatch.FindStringSubmatch(st.Message()); at != nil {
		return invalid(at[1], "格式不对；请核对地址", "it is malformed; check the address")
	}
	switch st.Code() {
	case codes.InvalidArgument, codes.OutOfRange:
		return malformed("请求无法读取：%s", "the request cannot be read: %s", st.Message())
	case codes.DeadlineExceeded, codes.Canceled:
		return &fault{Code: codes.DeadlineExceeded, Reason: pb.Reason_DEADLINE_TOO_SHORT, ZH: "办理超时；改动请用同一request_id重试", EN: "it took too long; send a change again with the same request_id"}
	case codes.Unavailable:
		return &fault{Code: codes.Unavailable, Reason: pb.Reason_OUTCOME_UNKNOWN, ZH: "服务正在启动或者停止；请稍后用同一request_id重试", EN: "the service is starting or stopping; send the same request_id again later"}
	case codes.ResourceExhausted:
		return tooLarge(insideMessage)
	default: // says enough
		return nil
	}
}

// insideMessage is the largest message of the connection within the process.
const insideMessage = 64 << 20

// httpStatus names a code for HTTP. What is not possible as things stand is a conflict: the
// request is well-formed and may succeed another day.
func httpStatus(st *status.Status) int {
	switch {
	case client.ReasonIs(st.Err(), pb.Reason_MESSAGE_TOO_LARGE):
		return http.StatusRequestEntityTooLarge
	case st.Code() == codes.FailedPrecondition:
		return http.StatusConflict
	}
	return runtime.HTTPStatusFromCode(st.Code())
}

func newTrouble(err error) trouble {
	st := status.Convert(err)
	t := trouble{
		Code: code.Code(st.Code()).String(), Reason: client.Reason(err), Message: client.Message(err),
		Violations: []violation{}, Metadata: client.Metadata(err), Details: []json.RawMessage{},
	}
	if t.Metadata == nil {
		t.Metadata = map[string]string{}
	}
	for _, v := range client.Violations(err) {
		t.Violations = append(t.Violations, violation{v.GetField(), v.GetDescription()})
	}
	for _, d := range st.Proto().GetDetails() {
		if text, err := protojson.Marshal(d); err == nil {
			t.Details = append(t.Details, text)
		}
	}
	return t
}

// streamError words an error that ends lines of JSON.
func streamError(ctx context.Context, err error) *status.Status {
	st, _ := statusOf(err, callerIn(ctx).english)
	return st
}

// routingError answers an address or method that there is not.
func (g *gateway) routingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, at int) {
	f := &fault{
		Code: codes.NotFound, Status: http.StatusNotFound, Reason: pb.Reason_RESOURCE_NOT_FOUND,
		ZH: "没有该接口地址；全部地址见" + documentPath, EN: "there is no such address; all of them are in " + documentPath,
	}
	if at == http.StatusMethodNotAllowed && r.Context().Value(probing{}) == nil {
		allowed := strings.Join(g.allowedMethods(r), ", ")
		w.Header().Set("Allow", allowed)
		f = &fault{
			Code: codes.Unimplemented, Status: at, Reason: pb.Reason_MESSAGE_MALFORMED,
			ZH: "该地址不支持这种请求方式；支持的是" + allowed, EN: "this address does not take that method; it takes " + allowed,
		}
	}
	g.fail(w, r, f)
}
