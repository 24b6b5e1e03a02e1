package gateway

import (
	"context"
	"io"
	"net/http"
	"strings"

	"golang.org/x/text/language"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gongkai/client"
	"gongkai/server/remote"
)

// The metadata by which the service is told who calls the gateway; it reads them from
// within its process only.
const (
	remoteHeader = "gongkai-remote"
	agentHeader  = "gongkai-agent"
	agentLimit   = 400
)

// caller is what a request says of who calls.
type caller struct {
	md      metadata.MD // all that the service hears
	english bool
	retry   string        // Idempotency-Key
	unread  bool          // there are parameters beside a body, which nobody reads
	body    io.ReadCloser // before it was bounded
}

type callerKey struct{}

func (c *caller) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerIn is the caller of a request; everything below ServeHTTP has one.
func callerIn(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

func withProbe(r *http.Request) context.Context {
	return context.WithValue(r.Context(), probing{}, true)
}

// callerOf reads the headers that count. Everything else that a request brings, cookies and
// Grpc-Metadata-* above all, ends here.
func (g *gateway) callerOf(r *http.Request) *caller {
	c := &caller{md: metadata.MD{}, english: inEnglish(r.Header), retry: printable(r.Header.Get("Idempotency-Key"))}
	c.unread = r.URL.RawQuery != "" && r.Method != http.MethodGet && r.Method != http.MethodDelete
	for _, v := range r.Header.Values("Authorization") {
		c.md.Append("authorization", printable(v))
	}
	c.md.Set("accept-language", string(c.language()))
	c.md.Set(remoteHeader, remote.Address(r, g.Proxied))
	agent := printable(r.UserAgent())
	c.md.Set(agentHeader, agent[:min(len(agent), agentLimit)])
	return c
}

func (c *caller) language() client.Language {
	if c.english {
		return client.English
	}
	return client.Chinese
}

// readable are the languages in which Chinese or, last, English is the answer.
var readable = []language.Tag{language.Chinese, language.TraditionalChinese, language.English}

var languages = language.NewMatcher(readable)

// inEnglish tells whether a caller would rather read English.
func inEnglish(h http.Header) bool {
	tags, _, err := language.ParseAcceptLanguage(h.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return false
	}
	_, i, sure := languages.Match(tags...)
	return i == len(readable)-1 && sure != language.No
}

// printable leaves of a header what metadata may hold.
func printable(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, value)
}

// conn sends calls with what the caller's request may say, whatever else was attached to
// them on their way.
type conn struct{ grpc.ClientConnInterface }

// Invoke is grpc.ClientConnInterface's.
func (c conn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	from := callerIn(ctx)
	if from.unread {
		return malformed("问号后的参数不起作用；请写入JSON正文", "parameters after the question mark have no effect here; put them into the body")
	}
	if m, ok := args.(proto.Message); ok {
		if err := from.repeat(m.ProtoReflect()); err != nil {
			return err
		}
	}
	return c.ClientConnInterface.Invoke(metadata.NewOutgoingContext(ctx, from.md), method, args, reply, opts...)
}

// NewStream is grpc.ClientConnInterface's.
func (c conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.ClientConnInterface.NewStream(metadata.NewOutgoingContext(ctx, callerIn(ctx).md), desc, method, opts...)
}

// repeat makes an Idempotency-Key the request_id of a request that may have one.
func (c *caller) repeat(m protoreflect.Message) error {
	at := m.Descriptor().Fields().ByName("request_id")
	if c.retry == "" || at == nil {
		return nil
	}
	switch given := m.Get(at).String(); given {
	case "":
		m.Set(at, protoreflect.ValueOfString(c.retry))
	case c.retry:
	default:
		return invalid("request_id", "与Idempotency-Key不一致；请只给出其中一个", "it differs from Idempotency-Key; give one of them")
	}
	return nil
}
