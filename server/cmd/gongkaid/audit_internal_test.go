package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wantAudited verifies a register in PostgreSQL against the checkpoints that its server
// left in a directory, and proves a record.
func wantAudited(t *testing.T, dsn, dir string) {
	t.Helper()
	audit := func(args ...string) string {
		t.Helper()
		var out, complaints strings.Builder
		if code := run(t.Context(), append([]string{"audit"}, args...), time.Now, &out, &complaints); code != exitOK {
			t.Errorf("audit %q: exit code %d\n%s%s", args, code, &out, &complaints)
		}
		return out.String()
	}
	key := strings.TrimSpace(audit("key", "--data", dir))
	of := []string{"--database", dsn, "--checkpoints", filepath.Join(dir, checkpointsFile), "--key", key}
	if out := audit(append([]string{"verify"}, of...)...); !strings.Contains(out, " 0 findings") || strings.Contains(out, "covering 0:") {
		t.Errorf("verified: %s", out)
	}
	if out := audit(append([]string{"prove", "--event", "1"}, of...)...); !strings.Contains(out, `"path"`) {
		t.Errorf("proven: %s", out)
	}
}
