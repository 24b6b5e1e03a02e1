package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// BenchmarkGet reads an agency: over JSON and HTTP, by the handler alone, and by gRPC over
// loopback. (To read an application records that a person was shown, which costs a commit.)
func BenchmarkGet(b *testing.B) {
	o := newOffice(b, nil)
	const name = "agencies/own"
	request := func() *http.Request {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, o.url+"/v1/"+name, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+o.tokens["own/OFFICER"])
		return r
	}
	b.Run("http", func(b *testing.B) {
		for b.Loop() {
			res, err := http.DefaultClient.Do(request())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
				b.Fatal(res.Status, err)
			}
			_ = res.Body.Close()
		}
	})
	b.Run("handler", func(b *testing.B) {
		for b.Loop() {
			w := httptest.NewRecorder()
			if o.handler.ServeHTTP(w, request()); w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
	})
	b.Run("grpc", func(b *testing.B) {
		agencies := pb.NewAgencyServiceClient(o.dial(o.tokens["own/OFFICER"]))
		for b.Loop() {
			if _, err := agencies.GetAgency(b.Context(), &pb.GetAgencyRequest{Name: name}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
