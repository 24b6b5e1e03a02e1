package report_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/report"
)

// expected is a finding as the test data writes it.
type expected struct {
	ID     string
	Status report.Status
	Left   *report.Figure
	Right  *report.Figure
}

func brief(f report.Finding) expected {
	e := expected{ID: f.ID, Status: f.Status}
	if f.Left.Known {
		e.Left = &f.Left.Figure
	}
	if f.Right.Known {
		e.Right = &f.Right.Figure
	}
	return e
}

func check(t testing.TB, data string, form report.Form) []report.Finding {
	t.Helper()
	findings, err := report.Check([]byte(data), form)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// Each file says which findings it must have; of FAIL and UNCERTAIN it must have no
// others.
func TestCheckFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var file struct{ Expect []expected }
			if err := json.Unmarshal(data, &file); err != nil {
				t.Fatal(err)
			}
			got := map[string]report.Finding{}
			for _, f := range check(t, string(data), "") {
				if _, ok := got[f.ID]; ok {
					t.Errorf("two findings %s", f.ID)
				}
				if f.Message.ZH == "" || f.Message.EN == "" {
					t.Errorf("%s lacks a message", f.ID)
				}
				got[f.ID] = f
			}
			for _, want := range file.Expect {
				f := got[want.ID]
				if diff := cmp.Diff(want, brief(f)); diff != "" {
					t.Errorf("finding (-want +got):\n%s%s", diff, f.Message.EN)
				}
				delete(got, want.ID)
			}
			for id, f := range got {
				if f.Status == report.Fail || f.Status == report.Uncertain {
					t.Errorf("%s is %s: %s", id, f.Status, f.Message.EN)
				}
			}
		})
	}
}

func TestCheckOrderAndWording(t *testing.T) {
	data, err := os.ReadFile("testdata/check/table-2021-wrong.json")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range check(t, string(data), "") {
		b.WriteString(strings.Join([]string{f.ID, string(f.Status), f.Left.String(), f.Right.String(), f.Message.ZH, f.Message.EN}, " | ") + "\n")
	}
	golden(t, "findings.golden", b.String())
}

func TestCheckForm(t *testing.T) {
	const bare = `{"codes": {"3100": 2, "3110": 1, "3120": 0, "3130": 0, "3140": 0}}`
	for _, tc := range []struct {
		name, data string
		form       report.Form
		first      string
		status     report.Status
	}{
		{"bare figures with a form", bare, report.Codes2014, "A1", report.Fail},
		{"bare figures without", bare, "", "FORM", report.NotAssessable},
		{"a form in the manner of enums", bare, "CODES_2014", "A1", report.Fail},
		{"unknown form overrides", `{"format": "codes-2014", "figures": ` + bare + `}`, "table-1066", "FORM", report.NotAssessable},
		{"own documents say form", `{"form": "codes-2014", "figures": ` + bare + `}`, "", "A1", report.Fail},
		{"form of a wrong type", `{"format": 2014, "figures": ` + bare + `}`, "", "FORM", report.NotAssessable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := check(t, tc.data, tc.form)
			if f[0].ID != tc.first || f[0].Status != tc.status {
				t.Errorf("first finding %s %s, want %s %s", f[0].ID, f[0].Status, tc.first, tc.status)
			}
			if tc.first == "FORM" && len(f) != 1 {
				t.Errorf("%d findings beside FORM", len(f)-1)
			}
		})
	}
}

// A figure that a report itself calls missing is unknown; a mere null is 0.
func TestCheckMissingIsNotBlank(t *testing.T) {
	const figures = `"figures": {"codes": {"8300": null, "8310": 2, "8320": 0}}`
	status := func(data string) report.Status {
		for _, f := range check(t, data, report.Codes2014) {
			if f.ID == "A6" {
				return f.Status
			}
		}
		return ""
	}
	if got := status(`{"missing": ["8300"], ` + figures + `}`); got != report.NotAssessable {
		t.Errorf("A6 with 8300 missing is %s", got)
	}
	if got := status(`{` + figures + `}`); got != report.Fail {
		t.Errorf("A6 with 8300 blank is %s", got)
	}
}

func TestCheckAgainst(t *testing.T) {
	const now = `{"format": "table-2021", "year": 2024, "figures": {
		"rows": {"carriedIn": {"naturalPerson": 2, "business": 0, "total": 2}},
		"t2": {"t2.1.rules.made": 1, "t2.1.rules.repealed": 0, "t2.1.rules.inForce": 7}}}`
	const before = `{"format": "table-2021", "year": 2023, "figures": {
		"rows": {"carriedForward": {"naturalPerson": 2, "business": 1, "total": 3}}, "t2": {"t2.1.rules.inForce": 5}}}`
	for _, tc := range []struct {
		name, before string
		want         map[string]report.Status
	}{
		{"compared", before, map[string]report.Status{
			"B4/naturalPerson": report.Pass, "B4/business": report.Fail, "B4/research": report.NotAssessable,
			"B4/total": report.Fail, "T2/t2.1.rules": report.Uncertain,
		}},
		{"not the year before", strings.Replace(before, "2023", "2022", 1), map[string]report.Status{"B4": report.NotAssessable}},
		{"another form", `{"format": "codes-2014", "year": 2023, "figures": {}}`, map[string]report.Status{"B4": report.NotAssessable}},
		{"figures alone", `{"rows": {"carriedForward": {"total": 2}}}`, map[string]report.Status{"B4/total": report.Pass}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			findings, err := report.CheckAgainst([]byte(now), []byte(tc.before), "")
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]report.Status{}
			for _, f := range findings {
				if _, ok := tc.want[f.ID]; ok {
					got[f.ID] = f.Status
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, tc := range []struct{ name, data string }{
		{"nothing", ""},
		{"no JSON", "表三"},
		{"an array", `[]`},
		{"cut off", `{"figures": {"codes": {"3100": 1}`},
		{"two documents", `{"codes": {}} {"codes": {}}`},
		{"figures is a list", `{"format": "codes-2014", "figures": [1]}`},
		{"rows is a number", `{"format": "table-2021", "figures": {"rows": 3}}`},
		{"a row is a text", `{"format": "table-2021", "figures": {"rows": {"granted": "3"}}}`},
		{"a member twice", `{"format": "codes-2014", "figures": {"codes": {"3100": 1, "3100": 2}}}`},
		{"too deep", `{"format": "codes-2014", "figures": ` + strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000) + `}`},
		{"too long", `{"x": "` + strings.Repeat("x", report.MaxPublished) + `"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			findings, err := report.Check([]byte(tc.data), "")
			if !errors.Is(err, report.ErrPublished) || findings != nil {
				t.Errorf("%d findings, error %v; want ErrPublished", len(findings), err)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			bad, ok := errors.AsType[*report.PublishedError](err)
			if !ok || !regexp.MustCompile(`\p{Han}`).MatchString(bad.Message.ZH) || regexp.MustCompile(`[a-z] [a-z]`).MatchString(bad.Message.ZH) {
				t.Errorf("the Chinese of %v is no Chinese", err)
			}
		})
	}
}

// identityOf maps the way in which the published files name an identity to a finding.
func identityOf(id string) string {
	name, rest, _ := strings.Cut(id, ":")
	switch {
	case strings.HasPrefix(rest, " 4 outcomes"):
		return "C1/" + name
	case strings.HasPrefix(id, "3300="):
		return "A3"
	}
	return id
}

// publishedFile is what a published report says about itself.
type publishedFile struct {
	Partial    bool
	Identities struct {
		Fails []struct {
			ID          string
			Left, Right report.Figure
		}
		BlankReadAsZero int
	}
}

func TestCheckPublishedReports(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedReports(t), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var file publishedFile
			if err := json.Unmarshal(data, &file); err != nil {
				t.Fatal(err)
			}
			checkPublished(t, file, check(t, string(data), ""))
		})
	}
}

// checkPublished holds the findings against what the file says: exactly its errors, no
// name left unread, and in a whole report nothing that could not be judged but what
// needs more than the report.
func checkPublished(t *testing.T, file publishedFile, findings []report.Finding) {
	t.Helper()
	want := map[string]expected{}
	for _, f := range file.Identities.Fails {
		id := identityOf(f.ID)
		want[id] = expected{ID: id, Status: report.Fail, Left: &f.Left, Right: &f.Right}
	}
	got := map[string]expected{}
	count := map[report.Status]int{}
	for _, f := range findings {
		count[f.Status]++
		switch {
		case f.Status == report.Fail:
			got[f.ID] = brief(f)
		case f.ID == "KEYS":
			t.Errorf("names not read: %s", f.Message.EN)
		case f.Status == report.NotAssessable && !file.Partial && f.ID != "A10" && !strings.HasPrefix(f.ID, "F4/"):
			t.Errorf("%s of a whole report: %s", f.ID, f.Message.EN)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors printed in the report (-want +found):\n%s", diff)
	}
	if count[report.Pass] == 0 {
		t.Error("nothing was found to hold")
	}
	blank := slices.ContainsFunc(findings, func(f report.Finding) bool { return f.ID == "BLANK" })
	if blank != (file.Identities.BlankReadAsZero > 0) {
		t.Errorf("BLANK: %v", blank)
	}
}

func FuzzCheck(f *testing.F) {
	files, _ := filepath.Glob("testdata/check/*.json")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "")
	}
	f.Add([]byte(`{"figures": {"rows": {"granted": {"total": 1e400, "other": -0.0000001}}}}`), "table-2021")
	f.Fuzz(func(t *testing.T, data []byte, form string) {
		a, err := report.CheckAgainst(data, data, report.Form(form))
		if err != nil {
			if !errors.Is(err, report.ErrPublished) {
				t.Errorf("error %v is not ErrPublished", err)
			}
			return
		}
		b, _ := report.CheckAgainst(data, data, report.Form(form))
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("the same report gives other findings:\n%s", diff)
		}
		if len(a) == 0 {
			t.Error("no finding")
		}
	})
}

func FuzzParseKey(f *testing.F) {
	for _, key := range []string{"R2019|p|n", "C2019||n|disclosed.provided|t", "D2020|||||l|a|u", "O2021||b", "M2022"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		tuple, err := report.ParseKey(key)
		if err == nil && tuple.Key() != key {
			t.Errorf("%q reads as %+v, whose key is %q", key, tuple, tuple.Key())
		}
	})
}

func FuzzFigure(f *testing.F) {
	for _, s := range []string{"12", "-0.5", "1e3", "1.5E-6", "9223372036854.775807", "1e-24"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v report.Figure
		if json.Unmarshal([]byte(s), &v) != nil {
			return
		}
		var back report.Figure
		if err := json.Unmarshal([]byte(v.String()), &back); err != nil || back != v {
			t.Errorf("%q reads as %s, which reads as %s, %v", s, v, back, err)
		}
	})
}

func FuzzParseCell(f *testing.F) {
	for _, s := range []string{"granted/total", "3345", "t2.1.rules.made", "review", "/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range report.Forms() {
			got, err := report.ParseCell(form, "", 2019, s)
			if err != nil {
				if !errors.Is(err, report.ErrCell) && !errors.Is(err, report.ErrEntered) {
					t.Errorf("cell %q: %v", s, err)
				}
				continue
			}
			if again, err := report.ParseCell(form, "", 2019, got.Cell); err != nil || again.Cell != got.Cell {
				t.Errorf("cell %q is %q, which is %q, %v", s, got.Cell, again.Cell, err)
			}
		}
	})
}
