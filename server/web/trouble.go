package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// trouble ends a page with a status of HTTP, and says what was wrong and what to do.
type trouble struct {
	status int
	title  text
	advice text
}

func (t *trouble) Error() string { return t.title.en }

var (
	errSignIn  = &trouble{http.StatusUnauthorized, text{"请先登录", "Please sign in"}, text{"登录已经结束或者尚未登录；所提交的内容（文件、口令不予保留）没有保存。请登录后重新提交。", "Your sign-in is over, or you have not signed in yet. What you sent is not saved (files and passwords are never kept): sign in and send it again."}}
	errNotText = &trouble{http.StatusBadRequest, text{"提交的内容不是UTF-8文本", "What was sent is no text in UTF-8"}, text{"请使用本系统的页面填写；由其他程序提交的，请改为UTF-8编码。没有保存任何内容。", "Fill it in on a page of this service; another program must send UTF-8. Nothing was saved."}}
	errForeign = &trouble{http.StatusForbidden, text{"请求被拒绝：表单不是从本系统的页面提交的，或者已经过期", "Refused: the form was not sent from a page of this service, or it is too old"}, text{"请返回原页面，刷新后重新提交。没有保存任何内容。", "Go back, reload the page and send it again. Nothing was saved."}}
)

func missing() *trouble {
	return &trouble{http.StatusNotFound, text{"没有找到该页面或者记录", "There is no such page or record"}, text{"请核对地址，或者从首页重新进入。", "Check the address, or start again from the first page."}}
}

func internal(id string) *trouble {
	return &trouble{http.StatusInternalServerError, text{"系统内部错误，编号" + id, "Internal error " + id}, text{"请将编号告知管理员。没有保存任何未提示成功的内容。", "Tell the operator this number. Nothing was saved that was not said to be."}}
}

// unreadable is a body that is no form, or too large a one.
func unreadable(err error) *trouble {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		size := strconv.FormatInt(large.Limit>>10, 10)
		return &trouble{http.StatusRequestEntityTooLarge, text{"提交的内容过大：至多" + size + "KB", "Too much was sent: at most " + size + " KB"}, text{"请减少内容后重新提交。", "Send less."}}
	}
	if errors.Is(err, errParts) {
		most := strconv.Itoa(partsMost)
		return &trouble{http.StatusBadRequest, text{"提交的内容分成的部分过多：至多" + most + "个", "What was sent has too many parts: at most " + most}, text{"请使用本系统的页面提交，每类文件一个。没有保存任何内容。", "Send it from a page of this service, one file of each kind. Nothing was saved."}}
	}
	return &trouble{http.StatusBadRequest, text{"无法读取提交的内容", "What was sent cannot be read"}, text{"请返回原页面重新提交。", "Go back and send it again."}}
}

// answers are the statuses of the service as HTTP names them, each with its title. The
// service's own words stand below.
var answers = map[codes.Code]struct {
	status int
	title  text
}{
	codes.InvalidArgument:    {http.StatusBadRequest, text{"填写的内容有误", "Some entries are not valid"}},
	codes.NotFound:           {http.StatusNotFound, text{"没有找到该页面或者记录", "There is no such page or record"}},
	codes.PermissionDenied:   {http.StatusForbidden, text{"没有权限", "Not allowed"}},
	codes.FailedPrecondition: {http.StatusConflict, text{"现在不能这样办理", "This is not possible now"}},
	codes.AlreadyExists:      {http.StatusConflict, text{"已经存在", "It already exists"}},
	codes.Aborted:            {http.StatusConflict, text{"记录已被他人修改", "Someone else has changed it meanwhile"}},
	codes.ResourceExhausted:  {http.StatusTooManyRequests, text{"系统繁忙", "Too busy"}},
	codes.Unavailable:        {http.StatusServiceUnavailable, text{"服务暂时不可用", "The service is temporarily unavailable"}},
	codes.DeadlineExceeded:   {http.StatusGatewayTimeout, text{"办理超时", "It took too long"}},
	codes.Unimplemented:      {http.StatusNotFound, text{"没有该功能", "There is no such function"}},
	codes.Unknown:            {http.StatusInternalServerError, text{"系统内部错误", "Internal error"}},
	codes.Internal:           {http.StatusInternalServerError, text{"系统内部错误", "Internal error"}},
}

// halt ends a page with an error.
func (p *page) halt(err error) {
	if errors.Is(err, context.Canceled) && p.r.Context().Err() != nil {
		return // nobody waits for it
	}
	t, ok := errors.AsType[*trouble](err)
	called, isStatus := status.FromError(err)
	switch {
	case ok:
	case isStatus && called.Code() == codes.Unauthenticated:
		p.desk.setCookie(p.w, tokenCookie, "", -1)
		t = errSignIn
	case isStatus:
		t = p.answered(err, called.Code())
	default:
		id := p.desk.NewID()
		p.desk.Log.LogAttrs(p.ctx(), slog.LevelError, "internal error", slog.String("id", id), slog.String("page", p.route.pattern), slog.String("error", err.Error()))
		t = internal(id)
	}
	if unsettled(err) && p.r.URL.Path != accountPath {
		p.redirect(accountPath) // which says what is still to do
		return
	}
	if t == errSignIn && p.signInFirst() {
		return
	}
	p.status = t.status
	p.title = t.title.in(p.lang)
	if err := p.show("trouble", t.advice.in(p.lang)); err != nil {
		p.desk.Log.LogAttrs(p.ctx(), slog.LevelError, "showing an error", slog.String("error", err.Error()))
		http.Error(p.w, p.title, t.status)
	}
}

// unsettled tells that an account has something to do before anything else opens.
func unsettled(err error) bool {
	return client.ReasonIs(err, pb.Reason_PASSWORD_CHANGE_REQUIRED) || client.ReasonIs(err, pb.Reason_ENROLMENT_REQUIRED) ||
		client.ReasonIs(err, pb.Reason_SECOND_FACTOR_REQUIRED)
}

// answered is an error of the service as a page.
func (p *page) answered(err error, code codes.Code) *trouble {
	a, ok := answers[code]
	if !ok {
		a = answers[codes.Internal]
	}
	message := client.Message(err)
	advice := text{message, message}
	if client.ReasonIs(err, pb.Reason_OUTCOME_UNKNOWN) {
		advice = p.unknown()
	}
	if s, ok := status.FromError(err); ok {
		for _, d := range s.Details() {
			if r, ok := d.(*errdetails.RetryInfo); ok {
				seconds := max(1, int((r.GetRetryDelay().AsDuration()+time.Second-1)/time.Second))
				p.w.Header().Set("Retry-After", strconv.Itoa(seconds))
			}
		}
	}
	return &trouble{a.status, a.title, advice}
}

// unknown says at a browser what the service says in the words of its API: a form that is
// sent again carries the same request_id.
func (p *page) unknown() text {
	if p.r.Method == http.MethodPost {
		return text{"无法确认是否已保存。请稍后刷新本页并确认重新提交，或者返回原页面，内容不改，再次提交：同一张表单至多办理一次。", "It is not known whether it was saved. In a moment reload this page and confirm that the form is sent again, or go back and send it again unchanged: the same form is done at most once."}
	}
	return text{"请稍后刷新本页。", "Reload this page in a moment."}
}
