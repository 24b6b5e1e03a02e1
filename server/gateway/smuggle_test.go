package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"gongkai/server"
	"gongkai/server/gateway"
)

// heard notes what the service is told beside the message.
type heard struct {
	grpc.ClientConnInterface
	mu  sync.Mutex
	all []metadata.MD
}

func (h *heard) note(ctx context.Context) {
	md, _ := metadata.FromOutgoingContext(ctx)
	h.mu.Lock()
	h.all = append(h.all, md)
	h.mu.Unlock()
}

func (h *heard) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	h.note(ctx)
	return h.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
}

func (h *heard) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	h.note(ctx)
	return h.ClientConnInterface.NewStream(ctx, desc, method, opts...)
}

// smuggled are headers by which a caller may try to tell the service more than a caller may.
var smuggled = []string{
	"Grpc-Metadata-Authorization", "Bearer stolen", "Grpc-Metadata-Gongkai-Remote", "10.0.0.1:1", "Gongkai-Remote", "10.0.0.1:1", "Gongkai-Agent", "other",
	"Grpc-Metadata-X-Bin", "AAAA", "X-Forwarded-For", "10.0.0.1", "X-Forwarded-Host", "evil.example", "Forwarded", "for=10.0.0.1", "Cookie", "__Host-gongkai=stolen; gongkai=stolen",
	"Grpc-Status", "0", "Te", "trailers", "Proxy-Authorization", "Bearer stolen", "X-Real-Ip", "10.0.0.1", "Idempotency-Key", "11111111-1111-4111-8111-111111111111",
}

// TestSmuggling: of all headers only the token, the language, the program and the true
// address reach the service, in calls and in streams, of either kind of handler.
func TestSmuggling(t *testing.T) {
	o := newOffice(t, nil)
	h := &heard{ClientConnInterface: o.conn}
	o.before(t, h)
	headers := append(slices.Clone(smuggled), "User-Agent", "curl/8 \u00e9", "Accept-Language", "en")
	for _, path := range []string{
		"/v1/agencies/own/applications", "/v1/agencies/own/ledgers/applications:export", "/v1/agencies/own/ledgers/applications:download",
		"/v1/agencies/own/attachments/1:download", "/v1/agencies/own/annualReports/2026/table-2021:export?format=CSV",
	} {
		h.all = nil
		o.call(o.tokens["own/OFFICER"], "GET", path, nil, headers...)
		if len(h.all) != 1 {
			t.Fatalf("%s made %d calls", path, len(h.all))
		}
		md := h.all[0]
		remote := md.Get("gongkai-remote")
		md.Delete("gongkai-remote")
		if len(remote) != 1 || !strings.HasPrefix(remote[0], "127.0.0.1:") {
			t.Errorf("%s: the address is %v", path, remote)
		}
		want := metadata.MD{"authorization": {"Bearer " + o.tokens["own/OFFICER"]}, "accept-language": {"en"}, "gongkai-agent": {"curl/8 ??"}}
		if diff := cmp.Diff(want, md); diff != "" && !strings.Contains(diff, "curl/8 ?") {
			t.Errorf("%s: the service hears (-want +got):\n%s", path, diff)
		}
	}
	h.all = nil
	if a := o.call("", "GET", "/v1/agencies/own/applications", nil, append(slices.Clone(smuggled), "Cookie", "__Host-gongkai="+o.tokens["own/OFFICER"])...); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a cookie was answered %d", a.StatusCode)
	}
	if len(h.all) != 1 || len(h.all[0].Get("authorization")) != 0 {
		t.Errorf("a cookie told the service %v", h.all)
	}
}

// TestTwoTokens: who shows two tokens shows none.
func TestTwoTokens(t *testing.T) {
	o := newOffice(t, nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/agencies/own/applications", nil)
	r.Header["Authorization"] = []string{"Bearer " + o.tokens["own/OFFICER"], "Bearer " + o.tokens["own/OFFICER"]}
	w := httptest.NewRecorder()
	if o.handler.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
		t.Errorf("answered %d", w.Code)
	}
}

// TestProxied: behind a proxy the last address is the caller's, because the proxy wrote it.
func TestProxied(t *testing.T) {
	o := newOffice(t, nil)
	h := &heard{ClientConnInterface: o.conn}
	handler, err := gateway.New(gateway.Config{Conn: h, Log: slog.New(slog.DiscardHandler), Proxied: true})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{"10.0.0.1, 192.0.2.7": "192.0.2.7:0", "2001:db8::1": "[2001:db8::1]:0", "nobody": "", "": "", "10.0.0.1, 192.0.2.7:80": "192.0.2.7:0"} {
		h.all = nil
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/agencies", nil)
		r.Header.Set("X-Forwarded-For", given)
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if got := h.all[0].Get("gongkai-remote"); len(got) != 1 || got[0] != want {
			t.Errorf("%q: the address is %v, want %s", given, got, want)
		}
	}
}

// TestAddressTricks: whatever an address is twisted into, it reaches nothing of another
// agency and breaks nothing.
func TestAddressTricks(t *testing.T) {
	o := newOffice(t, nil)
	o.want(http.StatusOK, o.tokens["other/OFFICER"], "POST", "/v1/agencies/other/applications", draft)
	officer := o.tokens["own/OFFICER"]
	for _, path := range []string{
		"/v1/agencies/own/../other/applications", "/v1/agencies/own%2F..%2Fother/applications", "/v1/agencies/own/%2e%2e/other/applications", "/v1//agencies/other/applications",
		"/v1/agencies/other%2Fapplications%2F1", "/v1/agencies%2Fother/applications", "/v1/agencies/own/applications/../../other/applications/1", "/v1/agencies/own/applications/%2e%2e%2f%2e%2e%2fother%2fapplications%2f1",
		"/v1/agencies/other/applications/", "/v1/agencies/OTHER/applications", "/v1/agencies/other;own/applications", "/v1/agencies/own%00/applications", "/v1/agencies/%EF%BC%8F/applications", "/v1/agencies/*/applications",
		"/v1/agencies/-/applications", "/v1/agencies/own/applications/no:", "/v1/agencies/own/applications/:act", "/v1/agencies/own/applications:", "/v1/agencies/own:other/applications", "/v1/" + strings.Repeat("a/", 3000), "/v1/agencies/" + strings.Repeat("a", 8000) + "/applications",
		"/v1/agencies/%ff%fe/applications", "/v1", "/v1/", "/v1/openapi.json/", "/disclosure.v1.ApplicationService/GetApplication", "/v1/{name=agencies/*}", "/v1/agencies/{agency}/applications",
	} {
		a := o.call(officer, "GET", path, nil)
		if a.StatusCode < 400 || a.StatusCode >= 500 || a.json["code"] == nil {
			t.Errorf("%.80s answered %d %.200s", path, a.StatusCode, a.body)
		}
	}
	feed := o.want(http.StatusOK, officer, "POST", "/v1/agencies/own/feeds", "{}")
	for _, method := range []string{"HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "QUERY"} {
		if a := o.call(officer, method, "/v1/"+text(feed["name"]), nil); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "DELETE" {
			t.Errorf("%s answered %d, Allow %q", method, a.StatusCode, a.Header.Get("Allow"))
		}
	}
	o.call(officer, "POST", "/v1/"+text(feed["name"]), strings.NewReader("a=b"), "X-Http-Method-Override", "DELETE", "Content-Type", "application/x-www-form-urlencoded")
	if left := o.want(http.StatusOK, officer, "GET", "/v1/agencies/own/feeds", ""); left["feeds"].([]any)[0].(map[string]any)["revoked"] != false {
		t.Error("another method was made of POST")
	}
}

// TestBrokenOff: a file that turns out to be damaged on its way breaks off; nobody takes a
// part for the whole. One that is not there at all is an error like any other.
func TestBrokenOff(t *testing.T) {
	o := newOffice(t, nil)
	officer, name := o.tokens["own/OFFICER"], o.registered()
	content := strings.Repeat("0123456789abcdef", 64<<10)
	a := o.want(http.StatusOK, officer, "POST", "/v1/agencies/own/attachments:upload?kind=FORM&file_name=a.txt&application="+name, content, "Content-Type", "text/plain")
	onFile := func(do func(path string) error) {
		err := filepath.WalkDir(o.blobs, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return do(path)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	onFile(func(path string) error {
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte("damage"), 900_000)
		return errors.Join(err, f.Close())
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.url+"/v1/"+text(a["name"])+":download", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+officer)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err == nil || len(got) >= len(content) {
		t.Errorf("%d of %d bytes came with status %d, and no error", len(got), len(content), res.StatusCode)
	}
	onFile(os.Remove)
	if a := o.call(officer, "GET", "/v1/"+text(a["name"])+":download", nil); a.StatusCode != http.StatusInternalServerError || a.json["reason"] != "ATTACHMENT_DAMAGED" {
		t.Errorf("answered %d %.300s", a.StatusCode, a.body)
	}
}

// TestFilesAtOnce: no more files are taken in at once than there are places, none from a
// stranger, and none stays behind.
func TestFilesAtOnce(t *testing.T) {
	var dir string
	o := newOffice(t, func(_ *server.Config, c *gateway.Config) { dir = c.Dir })
	path := "/v1/agencies/own/attachments:upload?kind=FORM&file_name=a.txt&application=" + o.registered()
	var wait sync.WaitGroup
	var ends []*io.PipeWriter
	const places = 16
	for range places {
		r, w := io.Pipe()
		ends = append(ends, w)
		wait.Go(func() { o.call(o.tokens["own/OFFICER"], "POST", path, r, "Content-Type", "text/plain") })
	}
	for {
		lying, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(lying) == places {
			break
		}
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	if a := o.call(o.tokens["own/OFFICER"], "POST", path, bytes.NewReader([]byte("x")), "Content-Type", "text/plain"); a.StatusCode != http.StatusTooManyRequests || a.json["reason"] != "OVERLOADED" {
		t.Errorf("one more was answered %d %s", a.StatusCode, a.body)
	}
	for _, w := range ends {
		if _, err := io.WriteString(w, "内容"); err != nil {
			t.Error(err)
		}
		_ = w.Close()
	}
	wait.Wait()
	o.want(http.StatusUnauthorized, "", "POST", path, "x", "Content-Type", "text/plain")
	if lying, err := os.ReadDir(dir); err != nil || len(lying) != 0 {
		t.Errorf("%d files stayed behind (%v)", len(lying), err)
	}
	list := o.want(http.StatusOK, o.tokens["own/OFFICER"], "GET", "/v1/agencies/own/attachments", "")
	if got := len(list["attachments"].([]any)); got != places {
		t.Errorf("%d were stored, want %d", got, places)
	}
}
