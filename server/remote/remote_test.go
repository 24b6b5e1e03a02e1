package remote_test

import (
	"net/http"
	"net/netip"
	"testing"

	"gongkai/server/remote"
)

func TestAddress(t *testing.T) {
	for _, tt := range []struct {
		name    string
		proxied bool
		lines   []string
		want    string
	}{
		{"no proxy", false, nil, "192.0.2.9:4711"},
		{"no proxy, a claim", false, []string{"203.0.113.9"}, "192.0.2.9:4711"},
		{"one", true, []string{"203.0.113.9"}, "203.0.113.9:0"},
		{"a claim before it", true, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9:0"},
		{"a claim in a line before it", true, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9:0"},
		{"with a port", true, []string{"198.51.100.1:80, 203.0.113.9:51823"}, "203.0.113.9:0"},
		{"IPv6", true, []string{"2001:db8::7"}, "[2001:db8::7]:0"},
		{"IPv6 in brackets", true, []string{"[2001:db8::7]"}, "[2001:db8::7]:0"},
		{"IPv6 with a port", true, []string{"[2001:db8::7]:51823"}, "[2001:db8::7]:0"},
		{"IPv4 in IPv6", true, []string{"::ffff:203.0.113.9"}, "203.0.113.9:0"},
		{"an empty part", true, []string{"203.0.113.9, "}, "203.0.113.9:0"},
		{"empty parts and lines", true, []string{"203.0.113.9,,\t", ""}, "203.0.113.9:0"},
		{"an unknown one after a claim", true, []string{"198.51.100.1, unknown"}, ""},
		{"a broken one after a claim", true, []string{"198.51.100.1, [2001:db8::7"}, ""},
		{"a bracket too many", true, []string{"2001:db8::7]"}, ""},
		{"only commas", true, []string{" , ,"}, ""},
		{"none", true, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: "192.0.2.9:4711", Header: http.Header{"X-Forwarded-For": tt.lines}}
			if got := remote.Address(r, tt.proxied); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzAddress: whatever a header holds, the answer is an address or none.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"203.0.113.9", "[2001:db8::7]:1, x", ",", "[fe80::1%eth0]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := remote.Address(&http.Request{RemoteAddr: "x", Header: http.Header{"X-Forwarded-For": {line}}}, true)
		if at, err := netip.ParseAddrPort(got); got != "" && (err != nil || at.Addr().Zone() != "") {
			t.Errorf("%q gave %q", line, got)
		}
	})
}
