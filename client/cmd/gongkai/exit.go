package main

import (
	"errors"
	"fmt"
	"io/fs"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gongkai/client"
	"gongkai/client/ledger"
)

// The exit codes, which scripts rely on.
const (
	exitFound    = 1 // a FAIL finding, refused rows
	exitUsage    = 2
	exitInvalid  = 3 // INVALID_ARGUMENT
	exitNotFound = 4 // NOT_FOUND
	exitAccess   = 5 // UNAUTHENTICATED, PERMISSION_DENIED
	exitState    = 6 // FAILED_PRECONDITION, ABORTED, ALREADY_EXISTS
	exitOther    = 7
)

// exitCodes by code of the call.
var exitCodes = map[codes.Code]int{
	codes.InvalidArgument:    exitInvalid,
	codes.NotFound:           exitNotFound,
	codes.Unauthenticated:    exitAccess,
	codes.PermissionDenied:   exitAccess,
	codes.FailedPrecondition: exitState,
	codes.Aborted:            exitState,
	codes.AlreadyExists:      exitState,
}

// failure is a failure that the CLI itself found.
type failure struct {
	code int
	text text
	err  error
}

func (f *failure) Error() string {
	if f.err != nil {
		return fmt.Sprintf("%s: %v", f.text, f.err)
	}
	return f.text.String()
}

func (f *failure) Unwrap() error { return f.err }

// usage is a failure of how the command was written.
func usage(t text) error { return &failure{code: exitUsage, text: t} }

// errFound ends a command whose output already says what was found.
var errFound = &failure{code: exitFound}

// exit reports an error and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, errFound) {
		a.explainError(err)
	}
	return a.code(err)
}

// code is the exit code of an error.
func (a *app) code(err error) int {
	if own, ok := errors.AsType[*failure](err); ok {
		return own.code
	}
	if errors.As(err, new(*ledger.FileError)) {
		return exitInvalid
	}
	var path *fs.PathError
	if errors.As(err, &path) && path.Op == "open" {
		return exitUsage
	}
	if s, ok := status.FromError(err); ok {
		if code, ok := exitCodes[s.Code()]; ok {
			return code
		}
		return exitOther
	}
	if !a.begun {
		return exitUsage
	}
	return exitOther
}

// explainError writes what went wrong, where, and the reason that scripts can match.
func (a *app) explainError(err error) {
	fmt.Fprintf(a.stderr, "gongkai: %s\n", visible(a.message(err)))
	for _, v := range client.Violations(err) {
		description := firstOf(v.GetLocalizedMessage().GetMessage(), v.GetDescription())
		fmt.Fprintf(a.stderr, "  %s: %s\n", visible(v.GetField()), visible(description))
	}
	if reason := client.Reason(err); reason != "" {
		fmt.Fprintf(a.stderr, "  %s\n", visible(reason))
	}
}

// message words an error: what the CLI or a ledger says in both languages, what the
// service says in the language asked for.
func (a *app) message(err error) string {
	if _, ok := errors.AsType[*failure](err); ok {
		return err.Error()
	}
	prefix := ""
	if source, ok := errors.AsType[*client.SourceError](err); ok {
		prefix = source.Name + ": "
	}
	if file, ok := errors.AsType[*ledger.FileError](err); ok {
		return prefix + text{file.ZH, file.EN}.String()
	}
	s, isStatus := status.FromError(err)
	switch {
	case isStatus && client.Reason(err) == "" && s.Code() == codes.Unavailable:
		return text{"无法连接服务，请检查地址、网络和加密设置", "the service cannot be reached; check address, network and encryption"}.String() + ": " + client.Message(err)
	case isStatus:
		return client.Message(err)
	case !a.begun:
		return "用法有误 usage: " + err.Error()
	}
	return err.Error()
}
