package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// domain is that of every ErrorInfo.
const domain = "disclosure.gongkai"

// fault is what a handler refuses for a reason of the interface rather than of the law.
type fault struct {
	reason pb.Reason
	zh, en string
	field  string
	meta   map[string]string
	retry  time.Duration // when to come again; 0: nobody knows
}

func (f *fault) Error() string { return f.en }

// failf makes a fault; zh and en take the same arguments.
func failf(reason pb.Reason, zh, en string, args ...any) *fault {
	args = clipped(args)
	return &fault{reason: reason, zh: fmt.Sprintf(zh, args...), en: fmt.Sprintf(en, args...)}
}

// listed is a list of what may be given: the only text of a message that is never cut.
type listed string

// clipped shortens what a message repeats of a request. A status travels in headers,
// several times over, and one that outgrows them ends the connection with all its calls.
func clipped(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch a := arg.(type) {
		case string:
			out[i] = clip(a)
		case error:
			out[i] = clip(a.Error())
		default:
			out[i] = arg
		}
	}
	return out
}

// invalid is a field that is missing or malformed.
func invalid(field, zh, en string, args ...any) *fault {
	f := failf(pb.Reason_FIELD_INVALID, zh, en, args...)
	f.field = field
	return f
}

// notFound is one answer for what does not exist and for what is another agency's.
func notFound() *fault {
	return failf(pb.Reason_RESOURCE_NOT_FOUND, "没有该记录，或者不属于本机关", "it does not exist, or belongs to another agency")
}

// located is an error that happened in one part of a request, such as actions[2].extend.
type located struct {
	path string
	err  error
}

func (l *located) Error() string { return l.path + ": " + l.err.Error() }
func (l *located) Unwrap() error { return l.err }

// within says in which part of the request an error happened.
func within(path string, err error) error {
	if err == nil {
		return nil
	}
	return &located{path: path, err: err}
}

// reasonCodes gives the code of every reason; those left out are FAILED_PRECONDITION.
var reasonCodes = map[pb.Reason]codes.Code{
	pb.Reason_TOKEN_INVALID:       codes.Unauthenticated,
	pb.Reason_ROLE_NOT_ALLOWED:    codes.PermissionDenied,
	pb.Reason_STEP_ROLE:           codes.PermissionDenied,
	pb.Reason_RESOURCE_NOT_FOUND:  codes.NotFound,
	pb.Reason_FIELD_INVALID:       codes.InvalidArgument,
	pb.Reason_INVALID_FILTER:      codes.InvalidArgument,
	pb.Reason_INVALID_PAGE_TOKEN:  codes.InvalidArgument,
	pb.Reason_MESSAGE_MALFORMED:   codes.InvalidArgument,
	pb.Reason_DATE_IN_FUTURE:      codes.InvalidArgument,
	pb.Reason_NOTICE_UNREADABLE:   codes.InvalidArgument,
	pb.Reason_OUT_OF_SCOPE:        codes.InvalidArgument,
	pb.Reason_AGENCY_CYCLE:        codes.InvalidArgument,
	pb.Reason_CELL_UNKNOWN:        codes.InvalidArgument,
	pb.Reason_FIGURE_UNKNOWN:      codes.InvalidArgument,
	pb.Reason_MESSAGE_TOO_LARGE:   codes.ResourceExhausted,
	pb.Reason_OVERLOADED:          codes.ResourceExhausted,
	pb.Reason_DEADLINE_TOO_SHORT:  codes.DeadlineExceeded,
	pb.Reason_STREAM_IDLE:         codes.DeadlineExceeded,
	pb.Reason_STALE_ETAG:          codes.Aborted,
	pb.Reason_ATTACHMENT_TYPE:     codes.InvalidArgument,
	pb.Reason_ATTACHMENT_MISMATCH: codes.InvalidArgument,
	pb.Reason_TEMPLATE_REFUSED:    codes.InvalidArgument,
	pb.Reason_ATTACHMENT_INFECTED: codes.InvalidArgument,
	pb.Reason_ATTACHMENT_DAMAGED:  codes.DataLoss,
	pb.Reason_TRANSFER_TOO_SLOW:   codes.DeadlineExceeded,
	pb.Reason_SCANNER_DOWN:        codes.Unavailable,
	pb.Reason_REQUEST_ID_REUSED:   codes.AlreadyExists,
	pb.Reason_NUMBER_TAKEN:        codes.AlreadyExists,
	pb.Reason_AGENCY_EXISTS:       codes.AlreadyExists,
	pb.Reason_PRINCIPAL_EXISTS:    codes.AlreadyExists,
	pb.Reason_OUTCOME_UNKNOWN:     codes.Unavailable,
	pb.Reason_STORE_UNREACHABLE:   codes.Unavailable,
	pb.Reason_INTERNAL_ERROR:      codes.Internal,

	pb.Reason_SIGN_IN_REFUSED:          codes.Unauthenticated,
	pb.Reason_ONE_TIME_CODE_REQUIRED:   codes.Unauthenticated,
	pb.Reason_SOURCE_LOCKED:            codes.ResourceExhausted,
	pb.Reason_PASSWORD_CHANGE_REQUIRED: codes.PermissionDenied,
	pb.Reason_ENROLMENT_REQUIRED:       codes.PermissionDenied,
	pb.Reason_PASSWORD_WEAK:            codes.InvalidArgument,
	pb.Reason_SINGLE_SIGN_ON_DOWN:      codes.Unavailable,
	pb.Reason_SINGLE_SIGN_ON_REFUSED:   codes.Unauthenticated,
	pb.Reason_IDENTITY_UNKNOWN:         codes.Unauthenticated,
	pb.Reason_IDENTITY_TAKEN:           codes.AlreadyExists,
	pb.Reason_SECOND_FACTOR_REQUIRED:   codes.PermissionDenied,
	pb.Reason_TERMINAL_NOT_ALLOWED:     codes.PermissionDenied,
	pb.Reason_PERSON_TAKEN:             codes.AlreadyExists,
}

func codeOf(reason pb.Reason) codes.Code {
	if c, ok := reasonCodes[reason]; ok {
		return c
	}
	return codes.FailedPrecondition
}

// storeFaults are what the store answers, in the words of the interface. ErrExists has
// no row: only the handler knows what was taken.
var storeFaults = []struct {
	err   error
	fault *fault
}{
	{storage.ErrNotFound, notFound()},
	{storage.ErrStale, failf(pb.Reason_STALE_ETAG, "记录已被他人修改；请重新读取后再办理", "it changed since it was read; read it again")},
	{storage.ErrOutcomeUnknown, failf(pb.Reason_OUTCOME_UNKNOWN, "无法确认是否已保存；请用同一request_id重试", "the outcome is unknown; send the same request_id again")},
	{storage.ErrFull, failf(pb.Reason_OVERLOADED, "存储空间已满或者只读，没有保存任何内容；请联系管理员", "the store is full or read-only and saved nothing; tell the operator")},
	{storage.ErrUnreachable, failf(pb.Reason_STORE_UNREACHABLE, "暂时无法连接数据库，没有办理；请稍后重试", "the database cannot be reached, nothing was done; try again later")},
	{storage.ErrBusy, overloaded(time.Second, "系统繁忙，没有保存任何内容；请稍后重试", "too much at once, nothing was saved; try again later")},
	{context.DeadlineExceeded, failf(pb.Reason_OVERLOADED, "读取超过5秒，已停止；请稍后重试，或者缩小范围", "it took more than five seconds to read and was stopped; try again later, or ask for less")},
	{storage.ErrClosed, failf(pb.Reason_OUTCOME_UNKNOWN, "服务正在停止；请稍后用同一request_id重试", "the service is stopping; send the same request_id again later")},
}

// refusesCaller reports whether a caller may not do what was asked, or sees nothing there.
func refusesCaller(reason pb.Reason) bool {
	code := codeOf(reason)
	return code == codes.PermissionDenied || code == codes.NotFound
}

// refusesAct reports whether what was asked is not possible as things stand.
func refusesAct(reason pb.Reason) bool { return codeOf(reason) == codes.FailedPrecondition }

// faultOf brings any error into the form of the interface; nil if it is none that a
// caller should see.
func faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if no, ok := errors.AsType[*workflow.Refusal](err); ok {
		out := &fault{reason: pb.Reason(pb.Reason_value[string(no.Reason)]), zh: no.ZH, en: no.EN, field: no.Field}
		if no.Article != "" {
			out.meta = map[string]string{"article": no.Article}
			out.zh, out.en = out.zh+"（"+workflow.CiteZH(no.Article)+"）", out.en+" ("+no.Article+")"
		}
		return out
	}
	for _, s := range storeFaults {
		if errors.Is(err, s.err) {
			return s.fault
		}
	}
	return nil
}

// statusOf is the only place where an error becomes a status.
func (s *Server) statusOf(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if st, ok := status.FromError(err); ok && faultOf(err) == nil {
		return st.Err() // of grpc itself: a stream that broke, a handler that was cancelled
	}
	f := faultOf(err)
	if ctx.Err() != nil && (f == nil || errors.Is(err, context.DeadlineExceeded)) {
		return status.FromContextError(ctx.Err()).Err()
	}
	if f == nil {
		id := s.newID()
		s.log.LogAttrs(ctx, slog.LevelError, "internal error", slog.String("id", id), slog.String("error", err.Error()))
		f = failf(pb.Reason_INTERNAL_ERROR, "系统内部错误，编号%s；请将编号告知管理员", "internal error %s; tell the operator this number", id)
		f.meta = map[string]string{"id": id}
	}
	path := f.field
	if at, ok := errors.AsType[*located](err); ok {
		path = strings.TrimSuffix(at.path+"."+f.field, ".")
	}
	return s.render(ctx, f, path)
}

// render writes a fault as a status with its details, the caller's language first.
func (s *Server) render(ctx context.Context, f *fault, path string) error {
	meta := map[string]string{}
	maps.Copy(meta, f.meta)
	if path != "" {
		meta["field"] = path
	}
	zh := &errdetails.LocalizedMessage{Locale: "zh-CN", Message: f.zh}
	en := &errdetails.LocalizedMessage{Locale: "en", Message: f.en}
	first, second := zh, en
	if langOf(ctx) == english {
		first, second = en, zh
	}
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: f.reason.String(), Domain: domain, Metadata: meta}, first, second,
	}
	code := codeOf(f.reason)
	if code == codes.InvalidArgument && path != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: path, Description: first.GetMessage(), Reason: f.reason.String(), LocalizedMessage: first,
		}}})
	}
	if f.retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retry)})
	}
	st := status.New(code, f.en)
	if with, err := st.WithDetails(details...); err == nil {
		st = with
	}
	return st.Err()
}
