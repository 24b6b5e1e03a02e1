package clerk_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
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

// TestRelayThatHangsUp: what a relay took is sent, however the line ends, and though it
// refused one of the addresses.
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
			case strings.HasPrefix(line, "RCPT TO:<gone@"):
				fmt.Fprint(c, "550 no such mailbox\r\n")
			case line == "DATA":
				data = true
				fmt.Fprint(c, "354 go on\r\n")
			default:
				fmt.Fprint(c, "250 yes\r\n")
			}
		}
	}()
	r := list
	r.Email = []string{"gone@example.invalid", "office@example.invalid"}
	now := func() time.Time { return time.Unix(1_780_000_000, 0) }
	if err := clerk.Mail(slog.New(slog.DiscardHandler), l.Addr().String(), "gongkai@example.invalid", now)(t.Context(), r); err != nil {
		t.Errorf("taken by the relay, got %v", err)
	}
}

// TestLongListFits: 企业微信 takes 2,048 bytes and refuses more, so that the agency with most
// late cases would be told nothing.
func TestLongListFits(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			Text struct{ Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		got = body.Text.Content
	}))
	defer s.Close()
	r := list
	r.Webhook, r.Lines = s.URL, nil
	for range 200 {
		r.Lines = append(r.Lines, "2026-00001 已登记，应于2026-06-02前答复，已超期")
	}
	if err := clerk.Webhook(s.Client())(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got, "\n")
	if n := len(got); n > 2048 || n < 1900 || lines[len(lines)-1] != "名单未列全，其余请在系统中查看" || lines[len(lines)-2] != r.Lines[0] {
		t.Errorf("%d bytes, ending in %q", n, lines[len(lines)-2:])
	}
}
