// Package grpctest serves any method of the API for the tests of the client: it records
// what was sent and answers as the test says. It judges nothing, so it shows what the
// client sends and what it makes of answers, not what the service does.
package grpctest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Call is one call as it arrived.
type Call struct {
	// Method is the short name, such as GetApplication.
	Method   string
	Requests []proto.Message
	Header   metadata.MD
}

// Answer says what a call gets: messages, then a status.
type Answer func(Call) ([]proto.Message, error)

// Server is a running server.
type Server struct {
	// Address is HOST:PORT on loopback.
	Address string

	mu    sync.Mutex
	calls []Call
}

// Serve starts a server that ends with the test.
func Serve(t testing.TB, answer Answer, options ...grpc.ServerOption) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String()}
	server := grpc.NewServer(append(options, grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		return s.handle(stream, answer)
	}))...)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// Calls returns what has arrived so far, in order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// handle reads all that is sent, records it and answers.
func (s *Server) handle(stream grpc.ServerStream, answer Answer) error {
	full, _ := grpc.MethodFromServerStream(stream)
	method, err := find(full)
	if err != nil {
		return status.Error(codes.Unimplemented, err.Error())
	}
	call := Call{Method: string(method.Name())}
	call.Header, _ = metadata.FromIncomingContext(stream.Context())
	for {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
		if err != nil {
			return err
		}
		request := kind.New().Interface()
		if err := stream.RecvMsg(request); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		call.Requests = append(call.Requests, request)
	}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	messages, err := answer(call)
	for _, m := range messages {
		if err := stream.SendMsg(m); err != nil {
			return err
		}
	}
	return err
}

// find looks a method up among the generated files.
func find(full string) (protoreflect.MethodDescriptor, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(full, "/"), "/", "."))
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, err
	}
	method, ok := d.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no method", full)
	}
	return method, nil
}

// Methods lists every method of the API.
func Methods(t testing.TB, pkg protoreflect.FullName) []protoreflect.MethodDescriptor {
	t.Helper()
	var methods []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				methods = append(methods, service.Methods().Get(j))
			}
		}
		return true
	})
	if len(methods) == 0 {
		t.Fatalf("package %s has no methods", pkg)
	}
	return methods
}
