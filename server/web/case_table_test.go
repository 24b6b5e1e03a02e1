package web_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// neededFields are the fields of the messages of a proto file that its comments call
// required, as message.field.
func neededFields(t *testing.T, file string) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile("../../proto/disclosure/v1/" + file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	message, needed := "", false
	begins, field := regexp.MustCompile(`^message (\w+) \{`), regexp.MustCompile(`^  (?:repeated )?[\w.]+ (\w+) = \d+;`)
	for line := range strings.Lines(string(raw)) {
		switch {
		case begins.MatchString(line):
			message, needed = begins.FindStringSubmatch(line)[1], false
		case strings.HasPrefix(line, "  // Required."):
			needed = true
		case field.MatchString(line):
			out[message+"."+field.FindStringSubmatch(line)[1]] = needed
			needed = false
		}
	}
	return out
}

// TestDialogsHoldEveryField compares the dialogs with the messages of the API: each field
// of each act has an input, which is required where the API says so.
func TestDialogsHoldEveryField(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		message    protoreflect.MessageDescriptor
		remedies   bool
	}{
		{"applications", "action.proto", (&pb.Action{}).ProtoReflect().Descriptor(), false},
		{"remedies", "remedy.proto", (&pb.RemedyAction{}).ProtoReflect().Descriptor(), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			needed, shown := neededFields(t, tt.file), web.ShownSteps(tt.remedies)
			acts := tt.message.Oneofs().Get(0).Fields()
			if acts.Len() != len(shown) {
				t.Errorf("%d dialogs for %d acts", len(shown), acts.Len())
			}
			for i := range acts.Len() {
				act := acts.Get(i)
				inputs, ok := shown[string(act.Name())]
				if !ok {
					t.Errorf("no dialog for %s", act.Name())
				}
				want, got := map[string]bool{}, map[string]bool{}
				for j := range act.Message().Fields().Len() {
					f := act.Message().Fields().Get(j)
					if f.Name() != "amendments" { // chosen from the history
						want[string(f.Name())] = needed[string(act.Message().Name())+"."+string(f.Name())]
					}
				}
				for _, in := range inputs {
					got[in.Name] = in.Must
					if in.Zh == "" || in.En == "" {
						t.Errorf("%s.%s lacks a label in one language", act.Name(), in.Name)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-API +dialog):\n%s", act.Name(), diff)
				}
			}
		})
	}
}

// TestActsAreCalledAsInTheLaw holds the names of acts and the bases of one Regulation to
// those of the service.
func TestActsAreCalledAsInTheLaw(t *testing.T) {
	for _, spec := range workflow.Specs() {
		if spec.Action == workflow.ActSubmit {
			continue
		}
		zh, en := web.ShownStep(string(spec.Action))
		if zh != spec.ZH || en == "" {
			t.Errorf("%s is called %q, %q; the service says %q", spec.Action, zh, en, spec.ZH)
		}
	}
	var old []string
	for _, row := range outcome.Rows() {
		if row.Only2008 {
			old = append(old, string(row.Basis))
		}
	}
	slices.Sort(old)
	shown := web.Bases2008()
	slices.Sort(shown)
	if diff := cmp.Diff(old, shown); diff != "" {
		t.Errorf("bases of 2008 (-service +desk):\n%s", diff)
	}
}

// TestCitations holds what the desk cites to what the service writes.
func TestCitations(t *testing.T) {
	for _, regime := range []workflow.Regime{workflow.R2008, workflow.R2019} {
		for _, row := range workflow.Transitions(regime) {
			if got, want := web.Cited(row.Basis), workflow.CiteZH(row.Basis); got != want {
				t.Errorf("%q is cited as %q, want %q", row.Basis, got, want)
			}
		}
	}
	if got := web.Cited("36(3), 16(1)"); got != "第36条(3)、第16条(1)" {
		t.Errorf("bare numbers are cited as %q", got)
	}
}

func TestYuan(t *testing.T) {
	for _, tt := range []struct {
		name, yuan, fen string
		ok              bool
	}{
		{"whole", "12", "1200", true},
		{"one decimal", "12.5", "1250", true},
		{"two decimals", "0.05", "5", true},
		{"three decimals", "1.234", "", false},
		{"negative", "-1", "", false},
		{"sign within", "1.-5", "", false},
		{"words", "一百", "", false},
		{"no whole part", ".5", "", false},
		{"too large", "99999999999999999999", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if fen, ok := web.Fen(tt.yuan); fen != tt.fen || ok != tt.ok {
				t.Errorf("%q is %q, %v; want %q, %v", tt.yuan, fen, ok, tt.fen, tt.ok)
			}
		})
	}
}
