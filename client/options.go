package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Language is a language of messages, as accept-language names it.
type Language string

// The languages of the service.
const (
	Chinese Language = "zh-CN"
	English Language = "en"
)

// What one message may hold. A page of a thousand applications with long texts is the
// largest that comes back; the service reads less than is sent here and says so itself.
const (
	maxReceive = 64 << 20
	maxSend    = 16 << 20
)

// window is what the service may send ahead of the reader. Where it is left to grpc to find
// out, each call costs a ping.
const window = 1 << 20

// Option changes how Dial connects.
type Option func(*settings) error

type settings struct {
	token    string
	language Language
	tls      *tls.Config
	own      []tls.Certificate
	insecure bool
	grpc     []grpc.DialOption
}

// WithToken sends a bearer token with every call.
func WithToken(token string) Option {
	return func(s *settings) error {
		token = strings.TrimSpace(token)
		for _, r := range token {
			if r <= ' ' || r > '~' {
				return errors.New("read token: it must be one line of printable ASCII")
			}
		}
		if token == "" {
			return errors.New("read token: it is empty")
		}
		s.token = token
		return nil
	}
}

// WithTokenFile sends the bearer token that the file holds.
func WithTokenFile(path string) Option {
	return func(s *settings) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read token: %w", err)
		}
		return WithToken(string(text))(s)
	}
}

// WithLanguage asks for messages in a language; the default is Chinese.
func WithLanguage(language Language) Option {
	return func(s *settings) error {
		if language != Chinese && language != English {
			return fmt.Errorf("choose language: %q is neither %s nor %s", language, Chinese, English)
		}
		s.language = language
		return nil
	}
}

// WithCAFile uses TLS, to a loopback address too, and trusts the certificates of a PEM
// file instead of the system's.
func WithCAFile(path string) Option {
	return func(s *settings) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read certificates: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return fmt.Errorf("read certificates: %s holds no PEM certificate", path)
		}
		return WithTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})(s)
	}
}

// WithTLS uses TLS as configured, to a loopback address too.
func WithTLS(config *tls.Config) Option {
	return func(s *settings) error {
		s.tls = config
		return nil
	}
}

// WithCertificate uses TLS, to a loopback address too, and shows the certificate of a
// machine, from PEM files, instead of a token. Its subjectAltName names the principal by a
// URI such as gongkai:agencies/jyj/principals/platform. A token that is given as well wins.
func WithCertificate(certificate, key string) Option {
	return func(s *settings) error {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return fmt.Errorf("read the own certificate: %w", err)
		}
		s.own = []tls.Certificate{pair}
		return nil
	}
}

// WithInsecure sends everything unencrypted, the token and personal data included. It
// is for networks that are protected otherwise.
func WithInsecure() Option {
	return func(s *settings) error {
		s.insecure = true
		return nil
	}
}

// WithDialOptions passes options on to grpc.NewClient.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) error {
		s.grpc = append(s.grpc, options...)
		return nil
	}
}

// dialOptions gives the options of the connection.
func (s *settings) dialOptions(target string) []grpc.DialOption {
	return append([]grpc.DialOption{
		grpc.WithTransportCredentials(s.transport(target)),
		grpc.WithPerRPCCredentials(headers{s.token, s.language}),
		grpc.WithDefaultServiceConfig(retryConfig()),
		grpc.WithChainUnaryInterceptor(fillRequestID),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceive), grpc.MaxCallSendMsgSize(maxSend)),
		grpc.WithStaticStreamWindowSize(window), grpc.WithStaticConnWindowSize(window),
	}, s.grpc...)
}

// transport chooses between TLS and plain text. What was asked for expressly wins.
func (s *settings) transport(target string) credentials.TransportCredentials {
	switch {
	case s.insecure:
		return insecure.NewCredentials()
	case s.tls == nil && s.own == nil && isLoopback(target):
		return insecure.NewCredentials()
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.tls != nil {
		config = s.tls.Clone()
	}
	config.Certificates = append(config.Certificates, s.own...)
	return credentials.NewTLS(config)
}

// isLoopback tells whether nothing that is sent to target leaves the machine. A name
// other than localhost is not trusted to point here.
func isLoopback(target string) bool {
	if strings.HasPrefix(target, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// headers puts token and language on every call. Whether the connection may carry a
// token in plain text is decided once, by transport.
type headers struct {
	token    string
	language Language
}

// GetRequestMetadata gives the headers; the name is gRPC's.
func (h headers) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	md := map[string]string{"accept-language": string(h.language)}
	if h.token != "" {
		md["authorization"] = "Bearer " + h.token
	}
	return md, nil
}

// RequireTransportSecurity lets the token pass where transport allowed plain text.
func (headers) RequireTransportSecurity() bool { return false }
