package clerk_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/server/clerk"
)

var list = clerk.Reminder{
	Agency: "jyj", Day: "2026-06-30", Subject: "【依申请公开】测试局待办提醒 2026-06-30",
	Lines: []string{"2026-00001 办理中，应于2026-06-30前答复，剩余0个工作日", ".", strings.Repeat("长", 200)},
	Email: []string{"a@example.invalid", "b@example.invalid"},
}

// relay takes one message by SMTP and gives it to the channel; refuse is answered to DATA
// instead if it is not empty.
func relay(t *testing.T, refuse string) (string, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewScanner(conn)
		say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
		say("220 test")
		var message strings.Builder
		for data := false; in.Scan(); {
			line := in.Text()
			switch {
			case data && line == ".":
				data = false
				got <- message.String()
				say("250 kept")
			case data:
				message.WriteString(line + "\r\n")
			case line == "DATA" && refuse != "":
				say(refuse)
			case line == "DATA":
				data = true
				say("354 go on")
			case line == "QUIT":
				say("221 bye")
				return
			default:
				message.WriteString(line + "\r\n")
				say("250 yes")
			}
		}
	}()
	return l.Addr().String(), got
}

func TestMail(t *testing.T) {
	long := list
	long.Subject = "【依申请公开】" + strings.Repeat("局", 200) + "待办提醒 2026-06-30"
	for name, list := range map[string]clerk.Reminder{"usual": list, "of an agency with the longest name": long} {
		t.Run(name, func(t *testing.T) { mailed(t, list) })
	}
}

// mailed sends a list and reads it at the relay.
func mailed(t *testing.T, list clerk.Reminder) {
	t.Helper()
	address, got := relay(t, "")
	now := func() time.Time { return time.Date(2026, 6, 30, 1, 0, 0, 0, time.UTC) }
	if err := clerk.Mail(slog.New(slog.DiscardHandler), address, "gongkai@example.invalid", now)(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	raw := <-got
	start := strings.Index(raw, "From: ")
	if !strings.Contains(raw[:start], "RCPT TO:<a@example.invalid>") || !strings.Contains(raw[:start], "RCPT TO:<b@example.invalid>") {
		t.Errorf("the relay was told:\n%s", raw[:start])
	}
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(raw[start:]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != list.Subject {
		t.Errorf("subject %q (%v)", subject, err)
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if diff := cmp.Diff(strings.Join(list.Lines, "\r\n")+"\r\n", string(body)); diff != "" || err != nil {
		t.Errorf("body (%v):\n%s", err, diff)
	}
}

func TestMailRefused(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 6, 30, 1, 0, 0, 0, time.UTC) }
	address, _ := relay(t, "451 later")
	if err := clerk.Mail(slog.New(slog.DiscardHandler), address, "gongkai@example.invalid", now)(t.Context(), list); err == nil || !strings.Contains(err.Error(), "later") {
		t.Errorf("a relay that refuses: %v", err)
	}
	if err := clerk.Mail(slog.New(slog.DiscardHandler), "127.0.0.1:1", "gongkai@example.invalid", now)(t.Context(), list); err == nil {
		t.Error("a relay that is not there took the message")
	}
	none := list
	none.Email = nil
	if err := clerk.Mail(slog.New(slog.DiscardHandler), "127.0.0.1:1", "gongkai@example.invalid", now)(t.Context(), none); err != nil {
		t.Errorf("nobody to mail to: %v", err)
	}
}

func TestWebhook(t *testing.T) {
	status, posted := http.StatusOK, make(chan []byte, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted <- body
		w.WriteHeader(status)
	}))
	defer s.Close()
	r := list
	r.Webhook = s.URL
	if err := clerk.Webhook(s.Client())(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Type string `json:"msgtype"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if err := json.Unmarshal(<-posted, &got); err != nil || got.Type != "text" || !strings.HasPrefix(got.Text.Content, list.Subject+"\n2026-00001") {
		t.Errorf("posted %+v (%v)", got, err)
	}
	status = http.StatusInternalServerError
	if err := clerk.Webhook(s.Client())(t.Context(), r); err == nil {
		t.Error("a receiver that fails took the message")
	}
	if err := clerk.Webhook(s.Client())(t.Context(), list); err != nil {
		t.Errorf("nowhere to post to: %v", err)
	}
}
