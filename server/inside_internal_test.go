package server

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// Only a connection within the process names its client's address; on any other the claim
// is not heard.
func TestRemoteAddressIsNotClaimed(t *testing.T) {
	from := func(addr net.Addr, claims ...string) context.Context {
		ctx := peer.NewContext(t.Context(), &peer.Peer{Addr: addr})
		md := metadata.MD{}
		md.Append(RemoteHeader, claims...)
		return metadata.NewIncomingContext(ctx, md)
	}
	world := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 4711}
	for _, x := range []struct {
		name string
		ctx  context.Context
		want string
	}{
		{"within, named", from(insideAddress{}, "198.51.100.1:80"), "198.51.100.1:80"},
		{"within, unnamed", from(insideAddress{}), ""},
		{"within, named twice", from(insideAddress{}, "198.51.100.1:80", "198.51.100.2:80"), ""},
		{"from the world, claimed", from(world, "198.51.100.1:80"), "192.0.2.7:4711"},
		{"from the world", from(world), "192.0.2.7:4711"},
		{"an address that reads like the one within", from(&net.UnixAddr{Name: "inside", Net: "inside"}, "198.51.100.1:80"), "inside"},
		{"nobody", t.Context(), ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := remoteAddress(x.ctx); got != x.want {
				t.Errorf("the address is %q, want %q", got, x.want)
			}
		})
	}
}
