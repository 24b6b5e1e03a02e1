package clerk

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"strings"
	"time"
)

// sendTimeout bounds one attempt on one way.
const sendTimeout = 30 * time.Second

// Mail sends by e-mail through a relay, HOST:PORT, that takes mail from this machine
// without a password; STARTTLS is used where the relay offers it.
// Where it refuses some of the addresses the others get the list all the same.
func Mail(log *slog.Logger, relay, from string, now func() time.Time) Sender {
	return func(ctx context.Context, r Reminder) error {
		if len(r.Email) == 0 {
			return nil
		}
		refused := func(err error) {
			log.WarnContext(ctx, "the relay refuses an address for reminders", "agency", r.Agency, "error", err)
		}
		if err := deliver(ctx, relay, from, r.Email, letter(from, r, now()), refused); err != nil {
			return fmt.Errorf("mailing the list of %s: %w", r.Day, err)
		}
		return nil
	}
}

// deliver hands one message to the relay, within the time of one attempt: smtp.SendMail
// would wait for a relay that says nothing for ever.
func deliver(ctx context.Context, relay, from string, to []string, message []byte, refused func(error)) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	host, _, err := net.SplitHostPort(relay)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", relay)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // a read that waits fails
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer func() { _ = c.Close() }() // after Quit it is closed already
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if err := c.Mail(from); err != nil {
		return err
	}
	if err := recipients(c, to, refused); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	// The relay has it: however the line ends, the list is not sent again.
	_ = c.Quit()
	return nil
}

// recipients names the addresses; it fails if the relay takes none of them.
func recipients(c *smtp.Client, to []string, refused func(error)) (err error) {
	taken := false
	for _, address := range to {
		if err = c.Rcpt(address); err != nil {
			refused(err)
		}
		taken = taken || err == nil
	}
	if taken {
		return nil
	}
	return err
}

// letter is the message as it travels. The same list has the same Message-ID, so that one
// that is sent twice can be told.
func letter(from string, r Reminder, now time.Time) []byte {
	body := base64.StdEncoding.EncodeToString([]byte(strings.Join(r.Lines, "\r\n") + "\r\n"))
	subject := strings.ReplaceAll(mime.BEncoding.Encode("utf-8", r.Subject), "?= =?", "?=\r\n =?") // folded between its words
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s.%s@gongkai.invalid>\r\n",
		from, strings.Join(r.Email, ">, <"), subject, now.Format(time.RFC1123Z), r.Day, r.Agency)
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	const line = 76
	for len(body) > line {
		b.WriteString(body[:line] + "\r\n")
		body = body[line:]
	}
	b.WriteString(body + "\r\n")
	return b.Bytes()
}

// Webhook posts the list as the text message that 企业微信 and 钉钉 take.
func Webhook(client *http.Client) Sender {
	return func(ctx context.Context, r Reminder) error {
		if r.Webhook == "" {
			return nil
		}
		body, err := json.Marshal(map[string]any{
			"msgtype": "text", "text": map[string]string{"content": content(r)},
		})
		if err != nil {
			return fmt.Errorf("writing the message: %w", err)
		}
		ctx, cancel := context.WithTimeout(ctx, sendTimeout)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Webhook, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("posting the list of %s: %w", r.Day, err)
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		resp, err := client.Do(req)
		if whole, ok := errors.AsType[*url.Error](err); ok {
			err = whole.Err // without the address, in which the key stands
		}
		if err != nil {
			return fmt.Errorf("posting the list of %s: %w", r.Day, err)
		}
		raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return fmt.Errorf("posting the list of %s: %w", r.Day, err)
		}
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("posting the list of %s: %s: %w", r.Day, resp.Status, errRefused)
		}
		return refusedIn(raw, r.Day)
	}
}

// maxContent is the most bytes of a text that 企业微信 takes; 钉钉 takes more.
const maxContent = 2048

// content is the list as a text, cut at a line where it would be too long.
func content(r Reminder) string {
	const rest = "\n名单未列全，其余请在系统中查看"
	text := r.Subject + "\n" + strings.Join(r.Lines, "\n")
	if len(text) <= maxContent {
		return text
	}
	text = text[:maxContent-len(rest)]
	return text[:max(0, strings.LastIndexByte(text, '\n'))] + rest
}

// refusedIn reads an answer: these services refuse with status 200 and a code.
func refusedIn(raw []byte, day string) error {
	var answer struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if json.Unmarshal(raw, &answer) == nil && answer.Code != 0 {
		return fmt.Errorf("posting the list of %s: %d %s: %w", day, answer.Code, answer.Message, errRefused)
	}
	return nil
}

var errRefused = errors.New("the receiver refused it")

// Both sends every way; what arrived one way is sent again if another failed.
func Both(ways ...Sender) Sender {
	return func(ctx context.Context, r Reminder) error {
		var all error
		for _, send := range ways {
			all = errors.Join(all, send(ctx, r))
		}
		return all
	}
}
