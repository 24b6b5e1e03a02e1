package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// unsure answers calls of one method that their outcome is unknown, as the service does.
type unsure struct {
	grpc.ClientConnInterface
	methods string
}

func (u unsure) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if !strings.Contains(u.methods, method) {
		return u.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
	}
	st, err := status.New(codes.Unavailable, "the outcome is unknown; send the same request_id again").WithDetails(
		&errdetails.ErrorInfo{Reason: pb.Reason_OUTCOME_UNKNOWN.String(), Domain: "disclosure.gongkai"},
		&errdetails.LocalizedMessage{Locale: "zh-CN", Message: "无法确认是否已保存；请用同一request_id重试"})
	if err != nil {
		return err
	}
	return st.Err()
}

// Where nobody knows whether a form was done, the page says what a person does about it,
// and names no field of the API.
func TestUnknownOutcomeTellsAPerson(t *testing.T) {
	o := open(t, func(c *web.Config) {
		c.Conn = unsure{c.Conn, pb.ApplicationService_CreateApplication_FullMethodName + pb.QueueService_ListFeeds_FullMethodName}
	})
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_SUPERVISOR, "jyj"))
	for lang, says := range map[string]struct{ form, page string }{
		"zh-CN": {"至多办理一次", "请稍后刷新本页"},
		"en":    {"done at most once", "Reload this page"},
	} {
		v.header.Set("Accept-Language", lang)
		form := v.get("/register").with(url.Values{
			"application.channel": {"IN_PERSON"}, "application.arrive_date": {"2026-06-29"}, "application.description": {"示例"},
			"application.applicant.kind": {"NATURAL_PERSON"}, "application.applicant.display_name": {"张三"},
			"application.applicant.phone": {"13800000000"}, "do": {"register"},
		})
		for want, s := range map[string]*sheet{says.form: v.post("/register", form), says.page: v.get("/calendar/feeds")} {
			main := ""
			for _, text := range s.nodes("main") {
				main = text
			}
			if s.status != http.StatusServiceUnavailable || !strings.Contains(main, want) || strings.Contains(main, "request_id") {
				t.Errorf("in %s answered %d: %s", lang, s.status, main)
			}
		}
	}
}
