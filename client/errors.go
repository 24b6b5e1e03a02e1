package client

import (
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
)

// Reason says why the service refused a call: the name of a value of the enum
// disclosure.v1.Reason, such as SECOND_EXTENSION. It is empty for errors of another
// origin, such as a broken connection.
func Reason(err error) string {
	if info := detail[*errdetails.ErrorInfo](err); info != nil {
		return info.GetReason()
	}
	return ""
}

// ReasonIs tells whether the service gave that reason.
func ReasonIs(err error, reason pb.Reason) bool { return Reason(err) == reason.String() }

// Metadata gives what varies in an error, such as the article or the last day.
func Metadata(err error) map[string]string {
	return detail[*errdetails.ErrorInfo](err).GetMetadata()
}

// Message is the error for people: the service's text in the language asked for, else
// the text of the status, else that of the error.
func Message(err error) string {
	if err == nil {
		return ""
	}
	if local := detail[*errdetails.LocalizedMessage](err); local.GetMessage() != "" {
		return local.GetMessage()
	}
	var called interface{ GRPCStatus() *status.Status }
	if errors.As(err, &called) {
		return called.GRPCStatus().Message() // without what the error was wrapped in
	}
	return err.Error()
}

// Violations are the fields that the service found fault with, by path.
func Violations(err error) []*errdetails.BadRequest_FieldViolation {
	return detail[*errdetails.BadRequest](err).GetFieldViolations()
}

// detail finds the first detail of a type, nil if there is none.
func detail[T any](err error) T {
	var none T
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return none
	}
	for _, d := range s.Details() {
		if found, ok := d.(T); ok {
			return found
		}
	}
	return none
}
