package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"gongkai/server"
	"gongkai/server/gateway"
)

// brokenOff sends the beginning of a body of which more was announced, and reads the answer.
func (o *office) brokenOff(token, path, contentType, begun string) int {
	o.t.Helper()
	conn, err := new(net.Dialer).DialContext(o.t.Context(), "tcp", strings.TrimPrefix(o.url, "http://"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, token, contentType, len(begun)+1000, begun)
	if err != nil {
		o.t.Fatal(err)
	}
	if half, ok := conn.(*net.TCPConn); !ok || half.CloseWrite() != nil {
		o.t.Fatal("the connection cannot be closed half")
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0 // none came
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// TestBrokenOffUploads: uploads that break off give their places back, and leave no file.
func TestBrokenOffUploads(t *testing.T) {
	var dir string
	o := newOffice(t, func(_ *server.Config, c *gateway.Config) { dir = c.Dir })
	path := "/v1/agencies/own/attachments:upload?kind=FORM&file_name=a.txt&application=" + o.registered()
	officer := o.tokens["own/OFFICER"]
	const places = 16
	for _, x := range []struct{ name, contentType, begun string }{
		{"a bare body", "text/plain", "半"},
		{"a form", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n半"},
		{"the head of a form", "multipart/form-data; boundary=b", "--b\r\nContent-Dispo"},
	} {
		for range places + 1 {
			if got := o.brokenOff(officer, path, x.contentType, x.begun); got != http.StatusBadRequest {
				t.Errorf("%s that breaks off is answered %d, want 400", x.name, got)
				break
			}
		}
	}
	for range places {
		o.brokenOff(officer, path, "text/plain", "半")
	}
	o.want(http.StatusOK, officer, "POST", path, "内容", "Content-Type", "text/plain")
	if lying, err := os.ReadDir(dir); err != nil || len(lying) != 0 {
		t.Errorf("%d files stayed behind (%v)", len(lying), err)
	}
}
