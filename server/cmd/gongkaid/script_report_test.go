package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// find FILE ID STATUS [LEFT RIGHT]: the finding of a check, just one of that id.
func find(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 && len(args) != 5 {
		ts.Fatalf("usage: find FILE ID STATUS [LEFT RIGHT]")
	}
	var answer struct {
		Findings []struct {
			ID, Status  string
			Left, Right json.RawMessage
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &answer))
	var found []string
	for _, f := range answer.Findings {
		if f.ID != args[1] {
			continue
		}
		line := f.Status
		if len(args) == 5 {
			line += fmt.Sprintf(" %s %s", f.Left, f.Right)
		}
		found = append(found, line)
	}
	if want := strings.Join(args[2:], " "); len(found) != 1 || found[0] != want {
		ts.Fatalf("%s is %q, want %s", args[1], found, want)
	}
}

// cells AGENCY YEAR FORM opens every cell of a report that is not 0 and demands as many
// entries as it counts, none where it was entered, and that something is counted at all.
func cells(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cells AGENCY YEAR FORM")
	}
	which := []string{"--agency", args[0], "--year", args[1], "--form", args[2], "-o", "json"}
	ts.Check(ts.Exec("gongkai", append([]string{"report"}, which...)...))
	figures, err := at(parsed(ts, "stdout"), "/figures")
	ts.Check(err)
	counted := 0
	for _, cell := range cellKeys(figures) {
		value, err := at(figures, cell.path)
		ts.Check(err)
		want, err := textOf(value)
		ts.Check(err)
		if want == "0" || want == "null" {
			continue
		}
		ts.Check(ts.Exec("gongkai", append([]string{"report", "cell", "--cell", cell.key}, which...)...))
		var got struct {
			Value        any
			Entered      bool
			Applications []string
			Remedies     []any
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
		entries := len(got.Applications) + len(got.Remedies)
		if has, err := textOf(got.Value); err != nil || has != want {
			ts.Fatalf("%s opens as %s, the report has %s (%v)", cell.key, has, want, err)
		}
		if got.Entered && entries != 0 || !got.Entered && strconv.Itoa(entries) != want {
			ts.Fatalf("%s is %s (entered: %v) and opens into %d entries", cell.key, want, got.Entered, entries)
		}
		counted += entries
	}
	if counted == 0 {
		ts.Fatalf("nothing is counted in the report")
	}
}

// cellKey is a cell as --cell names it, and where its figure stands.
type cellKey struct{ key, path string }

// cellKeys are those of figures that could hold cases: every block but table 二. 7000
// is an amount.
func cellKeys(figures any) []cellKey {
	var keys []cellKey
	blocks, _ := figures.(map[string]any)
	for block, inside := range blocks {
		rows, _ := inside.(map[string]any)
		for row, value := range rows {
			columns, wide := value.(map[string]any)
			switch {
			case block == "t2" || row == "7000":
			case !wide && block == "codes":
				keys = append(keys, cellKey{row, block + "/" + row})
			case !wide:
				keys = append(keys, cellKey{block + "/" + row, block + "/" + row})
			}
			for column := range columns {
				keys = append(keys, cellKey{row + "/" + column, block + "/" + row + "/" + column})
			}
		}
	}
	return keys
}

// ledgerRows N FILE writes a ledger of N closed applications, twenty of each day.
func ledgerRows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ledgerrows N FILE")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	bases := []string{"disclosed.provided", "unavailable.nonexistent", "refused.registry_query", "not_processed.petition"}
	kinds := []string{"自然人", "商业企业", "法律服务机构"}
	first := time.Date(2021, 1, 4, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	b.WriteString("application_no,channel,receive_date,applicant_kind,applicant_name,basis,reply_date,delivery_mode,delivery_date\n")
	for i := range n {
		received := first.AddDate(0, 0, i/20)
		replied := received.AddDate(0, 0, i%20+1).Format(time.DateOnly)
		fmt.Fprintf(&b, "H-%06d,当面,%s,%s,示例%d,%s,%s,邮寄,%s\n", i+1, received.Format(time.DateOnly), kinds[i%len(kinds)], i+1,
			bases[i%len(bases)], replied, replied)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// tour DIR writes the blocks of README's tour of ten commands as DIR/1.sh, DIR/2.sh …, with
// the script's own directory for /tmp, for the rest as they stand there.
func tour(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tour DIR")
	}
	root, ok := ts.Value(rootKey{}).(string)
	if !ok {
		ts.Fatalf("the script was not set up")
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	ts.Check(err)
	_, section, found := strings.Cut(string(readme), "\n## A tour of ten commands\n")
	if !found {
		ts.Fatalf("README has no tour of ten commands")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := strings.Split(section, "```")
	for i := 1; i < len(blocks); i += 2 {
		code, isShell := strings.CutPrefix(blocks[i], "sh\n")
		if !isShell {
			continue
		}
		code = strings.ReplaceAll(code, "/tmp/", ts.Getenv("WORK")+"/")
		name := filepath.Join(ts.MkAbs(args[0]), strconv.Itoa(i/2+1)+".sh")
		ts.Check(os.WriteFile(name, []byte(code), 0o600))
	}
}
