package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// pieces answer an export, and break off if told to.
func pieces(name string, err error, data ...string) grpctest.Answer {
	return func(grpctest.Call) ([]proto.Message, error) {
		var list []proto.Message
		for i, d := range data {
			m := &pb.ExportReportResponse{Data: []byte(d)}
			if i == 0 {
				m.FileName, m.MediaType = name, "text/csv"
			}
			list = append(list, m)
		}
		return list, err
	}
}

func TestReportExport(t *testing.T) {
	broken := status.Error(codes.Aborted, "the register changed")
	for _, tt := range []struct {
		name   string
		answer grpctest.Answer
		args   string // %s is the directory
		code   int
		files  map[string]string // afterwards; old.csv is there from the beginning
		stdout string
	}{
		{"a file", pieces("a-2025-table-2021.csv", nil, "one,", "two"), "-f %s/new.csv", 0, map[string]string{"old.csv": "old", "new.csv": "one,two"}, "new.csv"},
		{"stdout", pieces("a-2025-table-2021.csv", nil, "one,", "two"), "-f - --format csv", 0, map[string]string{"old.csv": "old"}, "one,two"},
		{"an existing file", nil, "-f %s/old.csv", exitUsage, map[string]string{"old.csv": "old"}, ""},
		{"forced", pieces("a.csv", nil, "one"), "-f %s/old.csv --force", 0, map[string]string{"old.csv": "one"}, "old.csv"},
		{"broken off", pieces("a.csv", broken, "one"), "-f %s/new.csv", exitState, map[string]string{"old.csv": "old"}, ""},
		{"broken off over an existing file", pieces("a.csv", broken, "one"), "-f %s/old.csv --force", exitState, map[string]string{"old.csv": "old"}, ""},
		{"refused", fails(status.Error(codes.NotFound, "no")), "-f %s/new.csv", exitNotFound, map[string]string{"old.csv": "old"}, ""},
		{"no format", nil, "-f %s/new", exitUsage, map[string]string{"old.csv": "old"}, ""},
		{"another ending", nil, "-f %s/new.docx --format csv", exitUsage, map[string]string{"old.csv": "old"}, ""},
		{"no directory", pieces("a.csv", nil, "one"), "-f %s/none/new.csv", exitUsage, map[string]string{"old.csv": "old"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "old.csv"), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			var server *grpctest.Server // none: what is refused before any call
			if tt.answer != nil {
				server = grpctest.Serve(t, tt.answer)
			}
			args := "report export --agency a --year 2025 --form table-2021 " + strings.ReplaceAll(tt.args, "%s", dir)
			got := invoke(t, server, strings.Fields(args)...)
			if got.code != tt.code || !strings.Contains(got.stdout, tt.stdout) {
				t.Errorf("exit code %d, want %d: %s%s", got.code, tt.code, got.stdout, got.stderr)
			}
			list, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != len(tt.files) {
				t.Errorf("%d files are there: %v", len(list), list)
			}
			for name, want := range tt.files {
				if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
					t.Errorf("%s holds %q, want %q: %v", name, text, want, err)
				}
			}
		})
	}
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	for name, safe := range map[string]bool{
		"jyj-2025-table-2021.xlsx": true, "jyj-2025-codes-2014-rollup.docx": true, "a-2025-table-2019.csv": true, "a-2025-table-2019.html": true,
		"": false, "..": false, "../a.csv": false, "/etc/a.csv": false, `..\a.csv`: false, "C:a.csv": false, ".a.csv": false, "-a.csv": false,
		"a.csv.exe": false, "a.exe": false, "a.csv\n": false, "a\x00.csv": false, "教育局.csv": false, strings.Repeat("a", 300) + ".csv": false,
	} {
		got, err := safeName(name)
		if (err == nil) != safe || safe && got != name {
			t.Errorf("%q: %q, %v", name, got, err)
		}
		var f *failure
		if !safe && !errors.As(err, &f) {
			t.Errorf("%q is refused by %T", name, err)
		}
	}
}

// TestReportExportNames takes no name from the service that leads out of the directory.
func TestReportExportNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	args := strings.Fields("report export --agency a --year 2025 --form table-2021 --format csv -o json")
	if got := invoke(t, grpctest.Serve(t, pieces("../out.csv", nil, "one")), args...); got.code != exitOther || !strings.Contains(got.stderr, "-f") {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	if got := invoke(t, grpctest.Serve(t, pieces("a-2025-table-2021.csv", nil, "one")), args...); got.code != 0 || !strings.Contains(got.stdout, `"a-2025-table-2021.csv"`) {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("files: %v %v", list, err)
	}
}
