package attachment_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"gongkai/server/attachment"
)

// clamd answers as clamd does: FOUND if the stream holds EICAR, and whatever else it is told
// to answer.
func clamd(t *testing.T, network, address, answer string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				text := answer
				content, err := instream(conn)
				switch {
				case err != nil:
					text = "INSTREAM size limit exceeded. ERROR\x00"
				case text == "" && bytes.Contains(content, []byte("EICAR")):
					text = "stream: Eicar-Signature FOUND\x00"
				case text == "":
					text = "stream: OK\x00"
				}
				_, _ = io.WriteString(conn, text) // the scanner sees what comes of it
			}()
		}
	}()
	return l.Addr().String()
}

func instream(conn net.Conn) (content []byte, err error) {
	r := bufio.NewReader(conn)
	if command, err := r.ReadString(0); err != nil || command != "zINSTREAM\x00" {
		return nil, errors.New("another command")
	}
	for {
		var n uint32
		if err := binary.Read(r, binary.BigEndian, &n); err != nil {
			return nil, err
		}
		if n == 0 {
			return content, nil
		}
		part := make([]byte, n)
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, err
		}
		content = append(content, part...)
	}
}

func TestClamd(t *testing.T) {
	scan := func(ctx context.Context, address, content string) (string, error) {
		return attachment.Clamd(address)(ctx, strings.NewReader(content))
	}
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "clamd.sock")} {
		at := clamd(t, network, address, "")
		for content, want := range map[string]string{
			"":                           "",
			"clean":                      "",
			strings.Repeat("x", 200_000): "",
			`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`: "Eicar-Signature",
			strings.Repeat("x", 100_000) + "EICAR":                                 "Eicar-Signature",
		} {
			if found, err := scan(t.Context(), at, content); found != want || err != nil {
				t.Errorf("%s: of %d bytes: %q, %v", network, len(content), found, err)
			}
		}
	}
	for _, answer := range []string{"INSTREAM size limit exceeded. ERROR\x00", "stream:  FOUND\x00", "stream: OKAY\x00", "\x00", strings.Repeat("stream: OK", 1000)} {
		if found, err := scan(t.Context(), clamd(t, "tcp", "127.0.0.1:0", answer), "clean"); err == nil || found != "" {
			t.Errorf("the answer %.40q lets it pass: %q, %v", answer, found, err)
		}
	}
	if found, err := scan(t.Context(), filepath.Join(t.TempDir(), "none.sock"), "clean"); err == nil || found != "" {
		t.Errorf("a scanner that is down lets it pass: %q, %v", found, err)
	}
}

// TestClamdSilent: a scanner that never answers is left when the caller is.
func TestClamdSilent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.CopyN(io.Discard, conn, 10)
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	}()
	if found, err := attachment.Clamd(l.Addr().String())(ctx, strings.NewReader("clean")); !errors.Is(err, context.Canceled) || found != "" {
		t.Errorf("got %q, %v", found, err)
	}
}
