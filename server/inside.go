package server

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/test/bufconn"
)

// RemoteHeader is the metadata by which a client within the process names the address of
// its own client, for there the connection's own says nothing. On any other connection it
// is ignored, so that nobody can claim an address.
const RemoteHeader = "gongkai-remote"

// insideBuffer is what may be under way on the connection within the process.
const insideBuffer = 1 << 20

// inside listens for the connections within the process, through which the desk and the
// JSON interface call the service like any other client.
type inside struct{ *bufconn.Listener }

// insideAddress is the address that only connections within the process have.
type insideAddress struct{}

func (insideAddress) Network() string { return "inside" }
func (insideAddress) String() string  { return "inside" }

type insideConn struct{ net.Conn }

func (insideConn) RemoteAddr() net.Addr { return insideAddress{} }

// Accept is net.Listener's.
func (l inside) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return insideConn{c}, nil
}

// Inside opens a connection to the server within its process. Calls on it pass the same
// interceptors as all others; they are answered once Serve runs. What a caller may name
// beside its token is where it came from, by RemoteHeader and AgentHeader.
func (s *Server) Inside() (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("passthrough:///inside",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.inside.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(insideMessage), grpc.MaxCallSendMsgSize(insideMessage)),
		grpc.WithStaticStreamWindowSize(window), grpc.WithStaticConnWindowSize(window))
	if err != nil {
		return nil, fmt.Errorf("connecting within the process: %w", err)
	}
	return conn, nil
}

// insideMessage is the largest message within the process: a page of a thousand
// applications with long texts.
const insideMessage = 64 << 20

// remoteAddress is from where a call came, HOST:PORT; empty where nobody says.
func remoteAddress(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	if _, within := p.Addr.(insideAddress); !within {
		return p.Addr.String()
	}
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get(RemoteHeader); len(v) == 1 {
		return v[0]
	}
	return ""
}

// transport speaks TLS with the world, and plainly within the process.
type transport struct {
	credentials.TransportCredentials
}

// ServerHandshake is credentials.TransportCredentials's.
func (t transport) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if _, within := c.RemoteAddr().(insideAddress); within {
		return insecure.NewCredentials().ServerHandshake(c)
	}
	return t.TransportCredentials.ServerHandshake(c)
}

// Clone is credentials.TransportCredentials's.
func (t transport) Clone() credentials.TransportCredentials {
	return transport{t.TransportCredentials.Clone()}
}
