// Package gateway answers the API as JSON over HTTP, for those without gRPC. It is a client
// of the service like any other: each request becomes one call on the connection it is
// given, with the caller's own bearer token, and passes the same interceptors. What the
// addresses are stands in proto/gateway.yaml, from which grpc-gateway's code is generated;
// files that are given out or taken in have handlers here, because base64 in lines of JSON
// is of no use to whoever wants a file.
//
// The package knows no rule of the law, opens no store, reads no cookie, and hands nothing
// of a request on to the service but what allowed says. So no page of another site can act
// in anybody's name here, and nobody can claim what only this process may.
package gateway

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
)

// What a request may send. Who shows no token can only set up or sign in.
const (
	bodyLimit     = 6 << 20
	strangerLimit = 64 << 10
)

// documentPath is where the description of the interface lies.
const documentPath = "/v1/openapi.json"

// Config is what a gateway needs. Conn and Log are required.
type Config struct {
	// Conn leads to the service, within the process.
	Conn grpc.ClientConnInterface
	Log  *slog.Logger
	// Proxied tells that a proxy stands before the gateway and appends the caller's address
	// to X-Forwarded-For.
	Proxied bool
	// Dir is where files lie while they are taken in; empty: the system's place for such.
	Dir string
}

// gateway is the handler.
type gateway struct {
	Config
	mux      *runtime.ServeMux
	calls    conn
	document []byte
	places   chan struct{} // of files that are being taken in
}

// New makes the handler of everything below /v1/.
func New(c Config) (http.Handler, error) {
	if c.Conn == nil || c.Log == nil {
		return nil, errors.New("making the gateway: Conn and Log are required")
	}
	g := &gateway{Config: c, calls: conn{c.Conn}, places: make(chan struct{}, filesAtOnce)}
	var err error
	if g.document, err = document(); err != nil {
		return nil, fmt.Errorf("making the gateway: %w", err)
	}
	none := func(string) (string, bool) { return "", false }
	g.mux = runtime.NewServeMux(
		runtime.WithIncomingHeaderMatcher(none), // conn sends what is allowed
		runtime.WithOutgoingHeaderMatcher(func(key string) (string, bool) { return key, key == todayHeader || key == calendarHeader }),
		runtime.WithOutgoingTrailerMatcher(none),
		runtime.WithMarshalerOption("application/json", newCodec(true)),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec(false)),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved),
		runtime.WithErrorHandler(g.errorHandler),
		runtime.WithStreamErrorHandler(streamError),
		runtime.WithRoutingErrorHandler(g.routingError),
		runtime.WithDisablePathLengthFallback(), runtime.WithDisableHTTPMethodOverride(),
		runtime.WithMiddlewares(probed),
		runtime.SetQueryParameterParser(query{}),
	)
	if err := g.register(); err != nil {
		return nil, fmt.Errorf("making the gateway: %w", err)
	}
	return g, nil
}

// The headers by which the service tells what holds for an answer as a whole: the day of a
// test clock, and that lists are being put in order after a change of the calendar.
const (
	todayHeader    = "gongkai-today"
	calendarHeader = "gongkai-calendar"
)

// machineTime is the clock by which the deadlines of connections run; a test clock is none.
func machineTime() time.Time {
	return time.Now() //nolint:forbidigo // it decides nothing of the law
}

// guard sets the headers of every answer.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Authorization")
}

// ServeHTTP is http.Handler's.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header())
	c := g.callerOf(r)
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	r = r.WithContext(c.in(r.Context()))
	if r.URL.Path == documentPath && r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(g.document) // whoever went away needs none
		return
	}
	limit := int64(bodyLimit)
	if len(c.md.Get("authorization")) == 0 {
		limit = strangerLimit
	}
	c.body = body
	r.Body = http.MaxBytesReader(w, body, limit)
	if !utf8.ValidString(r.URL.Path) {
		g.fail(w, r, malformed("地址不是UTF-8文本", "the address is no text in UTF-8"))
		return
	}
	g.mux.ServeHTTP(w, r)
}

// probing marks a request that only asks whether there is a handler.
type probing struct{}

// probed keeps such a request from its handler.
func probed(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		if r.Context().Value(probing{}) != nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next(w, r, params)
	}
}

// allowedMethods are those that an address answers.
func (g *gateway) allowedMethods(r *http.Request) (methods []string) {
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		asked := r.Clone(withProbe(r))
		asked.Method, asked.Body = m, io.NopCloser(http.NoBody)
		var said recorder
		if g.mux.ServeHTTP(&said, asked); said.code == http.StatusNoContent {
			methods = append(methods, m)
		}
	}
	return methods
}

// recorder keeps the status of an answer only.
type recorder struct {
	header http.Header
	code   int
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(code int)        { r.code = code }
