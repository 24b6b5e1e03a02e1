package attachment

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Scanner looks for what must not be kept. It returns the name of what it found, empty for
// nothing. An error means that nothing is known of the content, and that it is not taken.
type Scanner func(ctx context.Context, r io.Reader) (found string, err error)

// scanTime bounds one scan, beside the context.
const scanTime = time.Minute

// Clamd scans by a clamd (ClamAV) that listens on an address: HOST:PORT, or the path of a
// socket. It must take streams as long as the files are (StreamMaxLength).
func Clamd(address string) Scanner {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	return func(ctx context.Context, r io.Reader) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, scanTime)
		defer cancel()
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return "", fmt.Errorf("scan: %w", err)
		}
		defer conn.Close() //nolint:errcheck // the answer has come or will not come
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		answer, err := instream(conn, r)
		if err != nil {
			return "", fmt.Errorf("scan: %w", errors.Join(ctx.Err(), err))
		}
		return readAnswer(answer)
	}
}

// instream sends a content as clamd's INSTREAM takes it and reads the answer.
func instream(conn net.Conn, r io.Reader) (string, error) {
	const size = 64 << 10
	if _, err := conn.Write([]byte("zINSTREAM\x00")); err != nil {
		return "", err
	}
	piece := make([]byte, 4+size)
	for {
		n, err := io.ReadFull(r, piece[4:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return "", err
		}
		binary.BigEndian.PutUint32(piece, uint32(n))
		if _, err := conn.Write(piece[:4+n]); err != nil {
			return "", err
		}
		if n == 0 {
			break
		}
	}
	const most = 4 << 10
	answer, err := bufio.NewReader(io.LimitReader(conn, most)).ReadString(0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(answer, "\x00\r\n"), nil
}

// readAnswer reads "stream: OK" or "stream: NAME FOUND"; all else is no answer.
func readAnswer(answer string) (string, error) {
	rest, ok := strings.CutPrefix(answer, "stream: ")
	if ok && rest == "OK" {
		return "", nil
	}
	if name, found := strings.CutSuffix(rest, " FOUND"); ok && found && name != "" {
		return name, nil
	}
	return "", fmt.Errorf("scan: the scanner answered %.200q", answer)
}
