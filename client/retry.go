package client

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "gongkai/proto/disclosure/v1"
)

// NewRequestID returns a UUID for the request_id of a call that changes something. Sent
// again with the same id, such a call returns its first result and changes nothing.
func NewRequestID() string { return uuid.NewString() }

const requestID protoreflect.Name = "request_id"

// fillRequestID gives a request_id to calls that take one and have none, so that gRPC
// may send them again. The caller's message stays as it is.
func fillRequestID(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if m, ok := request.(proto.Message); ok {
		field := m.ProtoReflect().Descriptor().Fields().ByName(requestID)
		if field != nil && m.ProtoReflect().Get(field).String() == "" {
			m = proto.Clone(m)
			m.ProtoReflect().Set(field, protoreflect.ValueOfString(NewRequestID()))
			request = m
		}
	}
	return invoke(ctx, method, request, reply, cc, opts...)
}

// The service config of gRPC, as far as it is used.
type (
	serviceConfig struct {
		MethodConfig []methodConfig `json:"methodConfig"`
	}
	methodConfig struct {
		Name        []methodName `json:"name"`
		Timeout     string       `json:"timeout"`
		RetryPolicy retryPolicy  `json:"retryPolicy"`
	}
	methodName struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	retryPolicy struct {
		MaxAttempts          int      `json:"maxAttempts"`
		InitialBackoff       string   `json:"initialBackoff"`
		MaxBackoff           string   `json:"maxBackoff"`
		BackoffMultiplier    float64  `json:"backoffMultiplier"`
		RetryableStatusCodes []string `json:"retryableStatusCodes"`
	}
)

// retryConfig makes gRPC send a call again, up to three times within some two seconds,
// while the service is UNAVAILABLE. A call without a deadline takes as long as the service
// allows at most, where it would otherwise get a sixth of that.
func retryConfig() string {
	config := methodConfig{
		Name: repeatable(), Timeout: "60s",
		RetryPolicy: retryPolicy{
			MaxAttempts: 4, InitialBackoff: "0.2s", MaxBackoff: "1s", BackoffMultiplier: 2,
			RetryableStatusCodes: []string{"UNAVAILABLE"},
		},
	}
	text, err := json.Marshal(serviceConfig{[]methodConfig{config}})
	if err != nil {
		panic(err) // the type above has nothing that JSON lacks
	}
	return string(text)
}

// repeatable lists the methods that may be sent twice: those that take a request_id and
// those that change nothing. To create or delete a principal takes no request_id, and
// a stream is the caller's to begin again.
func repeatable() []methodName {
	var names []methodName
	protoregistry.GlobalFiles.RangeFilesByPackage(pb.File_disclosure_v1_application_proto.Package(), func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				if method.IsStreamingClient() || method.IsStreamingServer() {
					continue
				}
				if changesNothing(method) || method.Input().Fields().ByName(requestID) != nil {
					names = append(names, methodName{string(service.FullName()), string(method.Name())})
				}
			}
		}
		return true
	})
	return names
}

// changesNothing goes by the verb of the method (AIP-130).
func changesNothing(method protoreflect.MethodDescriptor) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Compute", "Check", "Explain", "AddWorkdays", "Advise", "Compare", "Diff", "Find", "Preview", "Search"}, func(verb string) bool {
		return strings.HasPrefix(string(method.Name()), verb)
	})
}
