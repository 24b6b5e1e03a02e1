package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// typed runs the CLI with something on its stdin.
func typed(t *testing.T, server *grpctest.Server, stdin string, env map[string]string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	getenv := func(key string) string {
		if key == "GONGKAI_SERVER" {
			return server.Address
		}
		return env[key]
	}
	code := run(t.Context(), args, getenv, strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// TestSignIn: the token goes to the file alone, whatever lay there, and none is sent.
func TestSignIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		stdin    string
		flags    []string
		password string
	}{
		{"a line of stdin", " Tq7 #vMxe \r\n", nil, " Tq7 #vMxe "},
		{"without a newline", "Tq7#vMxe", nil, "Tq7#vMxe"},
		{"stdin by name", "Tq7#vMxe\nmore\n", []string{"--password-file", "-"}, "Tq7#vMxe"},
		{"a file", "", []string{"--password-file", write(t, "password", "口令Tq7#\n")}, "口令Tq7#"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, answers(&pb.SignInResponse{Token: "gs_new", SignIn: "principals/zhao/signIns/1"}))
			file := filepath.Join(t.TempDir(), "token")
			env := map[string]string{"GONGKAI_TOKEN_FILE": file}
			for range 2 { // the second time the file is there
				got := typed(t, server, tt.stdin, env, append([]string{"account", "sign-in", "zhao", "--code", "123456"}, tt.flags...)...)
				if got.code != 0 || strings.Contains(got.stdout+got.stderr, "gs_new") || !strings.Contains(got.stdout, "principals/zhao/signIns/1") {
					t.Errorf("got %+v", got)
				}
			}
			text, err := os.ReadFile(file)
			if err != nil || string(text) != "gs_new\n" {
				t.Errorf("file holds %q, %v", text, err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info, err)
			}
			for _, call := range server.Calls() {
				request, _ := call.Requests[0].(*pb.SignInRequest)
				if request.GetAccount() != "zhao" || request.GetPassword() != tt.password || request.GetOneTimeCode() != "123456" || len(call.Header.Get("authorization")) > 0 {
					t.Errorf("sent %v with %v", request, call.Header)
				}
			}
		})
	}
}

// TestPasswords: two passwords come as two lines, in the order in which they are asked for.
func TestPasswords(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, answers(&pb.Account{Principal: "principals/zhao"}))
	got := typed(t, server, "old one\nnew one\n", nil, "account", "password")
	if got.code != 0 {
		t.Fatalf("got %+v", got)
	}
	request, _ := server.Calls()[0].Requests[0].(*pb.ChangePasswordRequest)
	if request.GetCurrentPassword() != "old one" || request.GetNewPassword() != "new one" || request.GetRequestId() == "" {
		t.Errorf("sent %v", request)
	}
	for _, stdin := range []string{"", "old one\n"} {
		if got := typed(t, server, stdin, nil, "account", "password"); got.code != exitUsage || !strings.Contains(got.stderr, "口令") {
			t.Errorf("%q: %+v", stdin, got)
		}
	}
	if n := len(server.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestAccountUsage(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, answers(&pb.Account{}))
	for _, args := range [][]string{
		{"account", "set-up", "zhao"},
		{"account", "set-up", "zhao", "--secret-file", filepath.Join(t.TempDir(), "none")},
		{"account", "sign-in", "zhao"}, // no file for the token
		{"account", "end"},
		{"account", "end", "1", "--others"},
		{"account", "confirm"},
	} {
		if got := typed(t, server, "x\n", nil, args...); got.code != exitUsage {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if n := len(server.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
