package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// fetch STATUS DIR PATH gets a path over HTTP from the server in DIR, from its feed listener
// if it has one, else from its desk, and demands a status; what came is in the file fetched.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fetch STATUS DIR PATH")
	}
	address := ""
	for line := range strings.SplitSeq(ts.ReadFile(args[1]+".stdout"), "\n") {
		if a, ok := strings.CutPrefix(line, "feeds "); ok {
			address = a // the latest start
		}
		if a, ok := strings.CutPrefix(line, "desk http://"); ok {
			address = strings.TrimSuffix(a, "/")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+args[2], nil)
	ts.Check(err)
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("fetched"), body, 0o600))
	if fmt.Sprint(res.StatusCode) != args[0] {
		ts.Fatalf("%s answers %s, want %s\n%s", args[2], res.Status, args[0], body)
	}
}
