package clerk_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gongkai/server/clerk"
)

// TestRefusedWithStatusOK: these services refuse with status 200 and a code, and the
// address holds a key that belongs in no log.
func TestRefusedWithStatusOK(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"errcode":40058,"errmsg":"content exceeds the maximum"}`)
	}))
	r := list
	r.Webhook = s.URL + "/send?key=SECRET"
	send := clerk.Webhook(s.Client())
	if err := send(t.Context(), r); err == nil || !strings.Contains(err.Error(), "40058 content exceeds") {
		t.Errorf("refused, got %v", err)
	}
	s.Close()
	if err := send(t.Context(), r); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("nobody there, got %v", err)
	}
}

// TestRelayThatHangsUp: what a relay took is sent, however the line ends.
func TestRelayThatHangsUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, "220 relay\r\n")
		data := false
		for lines := bufio.NewScanner(c); lines.Scan(); {
			switch line := lines.Text(); {
			case data && line == ".":
				fmt.Fprint(c, "250 queued\r\n")
				return
			case data:
			case line == "DATA":
				data = true
				fmt.Fprint(c, "354 go on\r\n")
			default:
				fmt.Fprint(c, "250 yes\r\n")
			}
		}
	}()
	r := list
	r.Email = []string{"office@example.invalid"}
	now := func() time.Time { return time.Unix(1_780_000_000, 0) }
	if err := clerk.Mail(l.Addr().String(), "gongkai@example.invalid", now)(t.Context(), r); err != nil {
		t.Errorf("taken by the relay, got %v", err)
	}
}
