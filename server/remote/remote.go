// Package remote says from where a request over HTTP came: of the connection, or, where a
// proxy stands before the service, what that proxy wrote. It resolves no names.
package remote

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// header is what a proxy appends its client's address to.
const header = "X-Forwarded-For"

// Address is the caller's address, HOST:PORT. Behind a proxy that is the last entry of the
// header, which alone the proxy wrote itself; where that is none that can be read, it is
// empty: the address of the proxy would make everybody a caller from this machine, and an
// earlier entry is whatever the caller claims.
func Address(r *http.Request, proxied bool) string {
	if !proxied {
		return r.RemoteAddr
	}
	address, ok := entry(last(r.Header.Values(header)))
	if !ok {
		return ""
	}
	return netip.AddrPortFrom(address, 0).String()
}

// last is the last entry that is not empty: empty ones say nothing (RFC 9110, 5.6.1).
func last(lines []string) string {
	for _, one := range slices.Backward(strings.Split(strings.Join(lines, ","), ",")) {
		if text := strings.Trim(one, " \t"); text != "" {
			return text
		}
	}
	return ""
}

// entry reads an address as proxies write it: alone, in brackets, or with a port.
func entry(text string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if text, ok = strings.CutSuffix(inner, "]"); !ok {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}
