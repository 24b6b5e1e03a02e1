package server_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/workflow"
)

// component is a part of an iCalendar text as RFC 5545 writes it.
type component struct {
	name  string
	props map[string]string // by name with parameters
	parts []*component
}

// parseCalendar reads iCalendar by the rules of RFC 5545 alone: CRLF after every line, at
// most 75 octets a line, folds undone, components nested.
func parseCalendar(text string) (*component, error) {
	if !strings.HasSuffix(text, "\r\n") || strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		return nil, errors.New("a line does not end in CRLF")
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			return nil, fmt.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	root := &component{}
	stack := []*component{root}
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		top := stack[len(stack)-1]
		switch {
		case !ok:
			return nil, fmt.Errorf("no property: %q", line)
		case name == "BEGIN":
			c := &component{name: value, props: map[string]string{}}
			top.parts = append(top.parts, c)
			stack = append(stack, c)
		case name == "END":
			if top.name != value {
				return nil, fmt.Errorf("%s ends %s", value, top.name)
			}
			stack = stack[:len(stack)-1]
		case top == root:
			return nil, fmt.Errorf("%s stands outside", name)
		default:
			if _, twice := top.props[name]; twice {
				return nil, fmt.Errorf("%s twice in %s", name, top.name)
			}
			top.props[name] = value
		}
	}
	if len(stack) != 1 || len(root.parts) != 1 || root.parts[0].name != "VCALENDAR" {
		return nil, errors.New("not one calendar")
	}
	return root.parts[0], nil
}

// unescaped undoes the escapes of TEXT values, one by one.
func unescaped(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			out.WriteByte('\n')
		} else {
			out.WriteByte(s[i])
		}
	}
	return out.String()
}

// feeds serves the feeds of a register over HTTP on a day.
func (e *env) feeds(t *testing.T, on string) *httptest.Server {
	t.Helper()
	s, err := server.New(server.Config{Store: e.store, Now: time.Now, Today: day(t, on), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Feeds())
	t.Cleanup(h.Close)
	return h
}

// fetch asks for an address; header lines are KEY: VALUE.
func fetch(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		k, v, _ := strings.Cut(line, ": ")
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestFeedShowsDeadlines(t *testing.T) {
	o := newOffice(t, today)
	c := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "own"))
	o.register(t, handedOver("2026-05-06"))                                                                                              // overdue since 06-03
	due := o.register(t, handedOver("2026-06-12"), action(&pb.Assign{AssignDate: "2026-06-12", Holder: "规划科, 二处; 三室"}))                  // 2026-07-13
	o.register(t, handedOver("2026-06-15"), action(&pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-06-29", ReceiveDate: "2026-06-29"})) // clock stands
	o.register(t, handedOver("2026-06-15"), action(&pb.NotifyFee{ReceiveDate: "2026-06-18", AmountFen: 100, Tariff: "PER_PAGE"}))        // no date
	o.register(t, handedOver("2026-06-15"), action(&pb.AskReasons{NotifyDate: "2026-06-16"}), action(&pb.ReceiveReasons{ReceiveDate: "2026-06-17", Accepted: true}),
		action(&pb.Defer{NotifyDate: "2026-06-18", DueDate: "2027-01-15", Reason: "数量大"}))
	whole, err := c.CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own"})
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own", Holder: "规划科, 二处; 三室"})
	if err != nil {
		t.Fatal(err)
	}
	h := o.feeds(t, today)
	res, body := fetch(t, h.URL+whole.GetPath())
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || res.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	cal, err := parseCalendar(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	var got []string
	for _, e := range cal.parts {
		got = append(got, e.name+" "+e.props["DTSTART;VALUE=DATE"]+" "+unescaped(e.props["SUMMARY"])+" "+e.props["STATUS"]+fmt.Sprint(" ", len(e.parts)))
		for _, p := range []string{"UID", "DTSTAMP", "DESCRIPTION", "DTEND;VALUE=DATE"} {
			if e.props[p] == "" {
				t.Errorf("no %s: %v", p, e.props)
			}
		}
	}
	want := []string{
		"VEVENT 20260602 【超期】2026-00001 答复期限（已登记） CONFIRMED 0",
		"VEVENT 20260713 2026-00002 答复期限（已登记） CONFIRMED 2",
		"VEVENT 20260804 2026-00003 答复期限（征求意见中），期限停计，最迟日 TENTATIVE 2",
		"VEVENT 20270115 2026-00005 答复期限（延迟答复） CONFIRMED 2",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, personal := range []string{"测试甲", "测试路", "经费决算", "内部备注", "example.invalid"} {
		if strings.Contains(strings.ReplaceAll(body, "\r\n ", ""), personal) {
			t.Errorf("the feed tells %s", personal)
		}
	}
	var alarms []string
	for _, a := range cal.parts[1].parts {
		alarms = append(alarms, a.name+" "+a.props["ACTION"]+" "+a.props["TRIGGER;VALUE=DATE-TIME"])
	}
	// 2026-07-13 is a Monday: three workdays before is Wednesday, one is Friday; 09:00 in Shanghai.
	if diff := gocmp.Diff([]string{"VALARM DISPLAY 20260708T010000Z", "VALARM DISPLAY 20260710T010000Z"}, alarms); diff != "" {
		t.Errorf("alarms -want +got:\n%s", diff)
	}
	_, text := fetch(t, h.URL+one.GetPath())
	mine, err := parseCalendar(text)
	if err != nil || len(mine.parts) != 1 || !strings.Contains(mine.parts[0].props["SUMMARY"], due.GetApplicationNo()) {
		t.Fatalf("%v: %s", err, text)
	}
	if name := unescaped(mine.props["X-WR-CALNAME"]); name != "政府信息公开答复期限 own 规划科, 二处; 三室" {
		t.Errorf("named %s", name)
	}
	checkTags(t, o, h.URL+one.GetPath(), res.Header.Get("ETag"), due.GetName(), cal.parts[1].props["UID"])
}

// checkTags: an unchanged calendar is not sent again; a change gives another tag, and the
// same event.
func checkTags(t *testing.T, o *office, url, other, name, uid string) {
	t.Helper()
	res, _ := fetch(t, url)
	tag := res.Header.Get("ETag")
	if tag == "" || tag == other {
		t.Errorf("tags %s and %s", tag, other)
	}
	for _, given := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if res, body := fetch(t, url, "If-None-Match: "+given); res.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s: %s", given, res.Status)
		}
	}
	o.act(t, name, action(&pb.Extend{Workdays: 5, NotifyDate: "2026-06-20"}))
	res, body := fetch(t, url, "If-None-Match: "+tag)
	cal, err := parseCalendar(body)
	if err != nil || res.StatusCode != http.StatusOK || cal.parts[0].props["UID"] != uid || cal.parts[0].props["DTSTART;VALUE=DATE"] != "20260720" {
		t.Errorf("after the extension: %s %v %s", res.Status, err, body)
	}
}

// TestFeedLines: long texts are folded between characters and read back as they were.
func TestFeedLines(t *testing.T) {
	o := newOffice(t, today)
	holder := strings.Repeat("政务公开办公室", 20) + `;,\ Ä😀`
	in := handedOver("2026-06-12")
	in.ApplicationNo = `甲,乙;丙\丁` + strings.Repeat("0123456789", 8)
	o.register(t, in, action(&pb.Assign{AssignDate: "2026-06-12", Holder: holder}))
	f, err := pb.NewQueueServiceClient(o.conn(t, workflow.Officer, "own")).CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own", Holder: holder})
	if err != nil {
		t.Fatal(err)
	}
	_, body := fetch(t, o.feeds(t, today).URL+f.GetPath())
	cal, err := parseCalendar(body)
	if err != nil || len(cal.parts) != 1 {
		t.Fatalf("%v\n%s", err, body)
	}
	if got := unescaped(cal.props["X-WR-CALNAME"]); !strings.HasSuffix(got, " "+holder) {
		t.Errorf("named %s", got)
	}
	if got := unescaped(cal.parts[0].props["SUMMARY"]); !strings.HasPrefix(got, in.GetApplicationNo()+" ") {
		t.Errorf("summary %s", got)
	}
}

func TestFeedOpensToItsTokenAlone(t *testing.T) {
	dir := t.TempDir()
	var path, other string
	t.Run("create", func(t *testing.T) {
		e := startIn(t, dir, today)
		e.agency(t, "own", "")
		e.agency(t, "other", "")
		c := pb.NewQueueServiceClient(e.conn(t, workflow.Officer, "own"))
		stranger := pb.NewQueueServiceClient(e.conn(t, workflow.Supervisor, "other"))
		req := &pb.CreateFeedRequest{Parent: "agencies/own", RequestId: uuid.NewString()}
		f, err := c.CreateFeed(t.Context(), req)
		if err != nil || f.GetName() != "agencies/own/feeds/1" || f.GetRevoked() {
			t.Fatalf("%v, %v", f, err)
		}
		path = f.GetPath()
		_, err = c.CreateFeed(t.Context(), req)
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
		second, err := c.CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own", Holder: "规划科"})
		if err != nil || second.GetName() != "agencies/own/feeds/2" {
			t.Fatalf("%v, %v", second, err)
		}
		other = second.GetPath()
		_, err = c.CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own", Holder: "a\nb"})
		wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
		list, err := c.ListFeeds(t.Context(), &pb.ListFeedsRequest{Parent: "agencies/own"})
		if err != nil || len(list.GetFeeds()) != 2 || list.GetFeeds()[0].GetPath() != "" || list.GetFeeds()[1].GetHolder() != "规划科" {
			t.Fatalf("%v, %v", list, err)
		}
		for name, call := range map[string]func() error{
			"create": func() error {
				_, err := stranger.CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own"})
				return err
			},
			"list": func() error {
				_, err := stranger.ListFeeds(t.Context(), &pb.ListFeedsRequest{Parent: "agencies/own"})
				return err
			},
			"delete": func() error {
				_, err := stranger.DeleteFeed(t.Context(), &pb.DeleteFeedRequest{Name: "agencies/own/feeds/1"})
				return err
			},
			"no feed": func() error {
				_, err := c.DeleteFeed(t.Context(), &pb.DeleteFeedRequest{Name: "agencies/own/feeds/3"})
				return err
			},
			"no number": func() error {
				_, err := c.DeleteFeed(t.Context(), &pb.DeleteFeedRequest{Name: "agencies/own/feeds/01"})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) { wantRefusal(t, call(), codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND) })
		}
		noToken(t, e, path)
	})
	e := startIn(t, dir, today)
	h := e.feeds(t, today)
	if res, _ := fetch(t, h.URL+path); res.StatusCode != http.StatusOK {
		t.Fatalf("after a restart: %s", res.Status)
	}
	for name, wrong := range map[string]string{
		"another token":    path[:len(path)-5] + "x.ics",
		"another's token":  strings.Replace(other, "/2/", "/1/", 1),
		"another agency":   strings.Replace(path, "/own/", "/other/", 1),
		"no agency":        strings.Replace(path, "/own/", "/none/", 1),
		"no suffix":        strings.TrimSuffix(path, ".ics"),
		"no token":         "/feeds/own/1/.ics",
		"number of old":    strings.Replace(path, "/1/", "/01/", 1),
		"NUL":              strings.Replace(path, "/own/", "/o%00n/", 1),
		"bytes":            strings.Replace(path, "/own/", "/%ff/", 1),
		"something else":   "/",
		"the hash":         "/feeds/own/1/" + storedHash(t, e) + ".ics",
		"a longer address": path + "/x",
	} {
		if res, body := fetch(t, h.URL+wrong); res.StatusCode != http.StatusNotFound || body != "404 page not found\n" {
			t.Errorf("%s: %s %q", name, res.Status, body)
		}
	}
}

// storedHash is what the register keeps of the token of feed 1.
func storedHash(t *testing.T, e *env) (hash string) {
	t.Helper()
	if err := e.store.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Events("own", "feed/1")
		_, rest, _ := strings.Cut(string(list[0].Facts), `"token":"`)
		hash, _, _ = strings.Cut(rest, `"`)
		return err
	}); err != nil || len(hash) != 64 {
		t.Fatalf("hash %q, %v", hash, err)
	}
	return hash
}

// noToken looks for the token of an address in all that the register wrote of feeds.
func noToken(t *testing.T, e *env, path string) {
	t.Helper()
	token := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".ics")
	if err := e.store.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Latest("own", "feed/", "", 10)
		for _, x := range list {
			if strings.Contains(string(x.Facts)+string(x.Personal), token) {
				t.Errorf("the register holds the token: %s", x.Facts)
			}
		}
		if len(list) != 2 {
			t.Errorf("%d feeds", len(list))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestFeedEnds(t *testing.T) {
	o := newOffice(t, today)
	conn, who := o.person(t, workflow.Officer, "own")
	c := pb.NewQueueServiceClient(conn)
	h := o.feeds(t, today)
	var feeds []*pb.Feed
	for range 2 {
		f, err := c.CreateFeed(t.Context(), &pb.CreateFeedRequest{Parent: "agencies/own"})
		if err != nil {
			t.Fatal(err)
		}
		feeds = append(feeds, f)
		if res, _ := fetch(t, h.URL+f.GetPath()); res.StatusCode != http.StatusOK {
			t.Fatal(res.Status)
		}
	}
	supervisor := pb.NewQueueServiceClient(o.conn(t, workflow.Supervisor, "own"))
	for range 2 { // revoking again changes nothing
		f, err := supervisor.DeleteFeed(t.Context(), &pb.DeleteFeedRequest{Name: feeds[0].GetName()})
		if err != nil || !f.GetRevoked() || f.GetActor() != who || f.GetPath() != "" {
			t.Fatalf("%v, %v", f, err)
		}
	}
	if res, _ := fetch(t, h.URL+feeds[0].GetPath()); res.StatusCode != http.StatusNotFound {
		t.Errorf("revoked: %s", res.Status)
	}
	if _, err := pb.NewPrincipalServiceClient(o.admin).DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: who}); err != nil {
		t.Fatal(err)
	}
	if res, _ := fetch(t, h.URL+feeds[1].GetPath()); res.StatusCode != http.StatusNotFound {
		t.Errorf("of a person removed: %s", res.Status)
	}
	list, err := supervisor.ListFeeds(t.Context(), &pb.ListFeedsRequest{Parent: "agencies/own"})
	if err != nil || len(list.GetFeeds()) != 2 || !list.GetFeeds()[0].GetRevoked() {
		t.Errorf("%v, %v", list, err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+feeds[1].GetPath(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusMethodNotAllowed || res.Body.Close() != nil {
		t.Errorf("POST: %v, %v", res, err)
	}
}
