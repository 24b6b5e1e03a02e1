package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// Whoever has shown no token gets no more time for the body of an upload than for any
// other: he could hold a connection for as long as he likes.
func TestStrangerUploadHasDeadline(t *testing.T) {
	o := open(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Server{Handler: o.handler, ReadHeaderTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: 2 * time.Second}
	go func() { _ = h.Serve(l) }()
	t.Cleanup(func() { _ = h.Close() })
	for _, path := range []string{"/import", "/rollup/unit", "/agencies/a/applications/b/attachments"} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n", path)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(6 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, bufio.NewReader(c)); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("POST %s: a stranger's body that never comes still holds the connection after six times the limit", path)
		}
	}
}

// deadlines notes what a page asks of its connection.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = append(d.read, at); return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = append(d.write, at); return nil }

// A long page has more time, but an end: the context stops no read or write that blocks.
func TestLongPageHasDeadline(t *testing.T) {
	o := open(t, nil)
	o.agency("gongan")
	token := o.hire(pb.Principal_OFFICER, "gongan")
	ask := func(token string) *deadlines {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ledger/export?year=2026", nil)
		if token != "" {
			r.AddCookie(&http.Cookie{Name: "gongkai", Value: o.signIn(token)})
		}
		d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		o.handler.ServeHTTP(d, r)
		return d
	}
	if d := ask(""); len(d.read)+len(d.write) > 0 {
		t.Errorf("a stranger's connection got other deadlines: read %v, write %v", d.read, d.write)
	}
	d := ask(token)
	if len(d.read) == 0 || len(d.write) == 0 {
		t.Fatalf("a long page set no deadlines: read %v, write %v", d.read, d.write)
	}
	for _, at := range append(d.read, d.write...) {
		if wait := time.Until(at); wait < time.Minute || wait > time.Hour {
			t.Errorf("a long page may take until %v", at)
		}
	}
}
