package server

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

func date(t testing.TB, text string) workflow.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFilters(t *testing.T) {
	d1, d2 := date(t, "2026-01-01"), date(t, "2026-03-31")
	for _, tt := range []struct {
		name, filter string
		want         selection
	}{
		{"none", "", selection{}},
		{"blanks", " \t\n", selection{}},
		{"state", "state = CLOSED", selection{query: storage.Query{States: []workflow.State{workflow.Closed}}}},
		{"without blanks", `state="CLOSED"`, selection{query: storage.Query{States: []workflow.State{workflow.Closed}}}},
		{
			"all at once", `channel = FAX AND applicant_kind = 'RESEARCH' AND basis = not_processed.repeat AND state = VOID`,
			selection{query: storage.Query{
				Channels: []workflow.Channel{workflow.Fax}, Kinds: []workflow.ApplicantKind{workflow.Research},
				Bases: []workflow.Basis{"not_processed.repeat"}, States: []workflow.State{workflow.Void},
			}},
		},
		{"holder", `holder = "规划\"科\"" AND state = CLOSED`, selection{query: storage.Query{Holder: `规划"科"`, States: []workflow.State{workflow.Closed}}}},
		{"number", `application_no = "2026-00001"`, selection{number: "2026-00001"}},
		{"number unquoted", `application_no = 2026-00001`, selection{number: "2026-00001"}},
		{"number with quotation marks", `application_no = "沪\"公\\开' 1号"`, selection{number: `沪"公\开' 1号`}},
		{"on a day", "receive_date = 2026-01-01", selection{query: storage.Query{ReceiveFrom: d1, ReceiveTo: d1}}},
		{"within days", "close_date >= 2026-01-01 AND close_date <= 2026-03-31", selection{query: storage.Query{CloseFrom: d1, CloseTo: d2}}},
		{"between days", "close_date > 2025-12-31 AND close_date < 2026-04-01", selection{query: storage.Query{CloseFrom: d1, CloseTo: d2}}},
		{"the narrower stands", "close_date < 2026-04-01 AND close_date <= 2026-06-30", selection{query: storage.Query{CloseTo: d2}}},
		{"nothing fits", "receive_date = 2026-03-31 AND receive_date <= 2026-01-01", selection{query: storage.Query{ReceiveFrom: d2, ReceiveTo: d1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseFilter(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(selection{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, filter, says string }{
		{"unknown field", "colour = red", "no field \"colour\"; there are state, channel, applicant_kind, basis, holder, application_no, receive_date, close_date"},
		{"personal data", `applicant.display_name = "某"`, "no field \"applicant.display_name\""},
		{"unknown operator", "state != CLOSED", "state does not take !=; it takes ="},
		{"has", "state:CLOSED", "state does not take :"},
		{"order of states", "state >= CLOSED", "state does not take >=; it takes ="},
		{"unequal dates", "receive_date != 2026-01-01", "receive_date does not take !=; it takes = < <= > >="},
		{"doubled operator", "receive_date == 2026-01-01", "receive_date does not take =="},
		{"unknown value", "state = OPEN", "state has no value \"OPEN\"; it may be SUBMITTED, RECEIVED"},
		{"the zero value", "channel = CHANNEL_UNSPECIFIED", "channel has no value"},
		{"lower case", "applicant_kind = research", "applicant_kind has no value \"research\""},
		{"unknown basis", "basis = disclosed", "no basis is called \"disclosed\""},
		{"no day", "receive_date >= 2026-02-30", "receive_date: \"2026-02-30\" is no day"},
		{"no number", `application_no = ""`, "application_no must not be empty"},
		{"no holder", `holder = ""`, "holder must not be empty"},
		{"or", "state = CLOSED OR state = VOID", "joined by AND only; wrong at \"OR state = VOID\""},
		{"not", "NOT state = CLOSED", "wrong at \"NOT state = CLOSED\""},
		{"minus", "-state = CLOSED", "\"-\" is not supported"},
		{"parentheses", "(state = CLOSED)", "\"(\" is not supported"},
		{"juxtaposed", "state = CLOSED channel = FAX", "joined by AND only; wrong at \"channel = FAX\""},
		{"lower-case and", "state = CLOSED and channel = FAX", "joined by AND only"},
		{"no value", "state =", "write field, operator, value"},
		{"no operator", "state", "wrong at \"state\""},
		{"an operator twice", "state = = CLOSED", "wrong at \"state = = CLOSED\""},
		{"ends with AND", "state = CLOSED AND", "write field, operator, value"},
		{"a quoted field", `"state" = CLOSED`, "write field, operator, value"},
		{"an open quotation", `state = "CLOSED`, "a quotation mark is not closed"},
		{"twice", "state = CLOSED AND state = VOID", "state is asked for twice"},
		{"number and more", "application_no = 1 AND state = VOID", "application_no cannot stand beside"},
		{"long", "state = " + strings.Repeat("X", maxFilter), "at most 1000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseFilter(tt.filter)
			var f *fault
			if !errors.As(err, &f) || f.reason != pb.Reason_INVALID_FILTER || f.field != "filter" {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(f.en, tt.says) || !strings.HasPrefix(f.zh, "filter有误：") {
				t.Errorf("got %q, %q; want %q", f.en, f.zh, tt.says)
			}
		})
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"", "state = CLOSED", `application_no="\"" AND`, "receive_date>=2026-01-01 AND receive_date<2027-01-01", "'", "\\", "a=!b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseFilter(text)
		var no *fault
		switch {
		case err != nil && (!errors.As(err, &no) || no.reason != pb.Reason_INVALID_FILTER):
			t.Errorf("%q: %v", text, err)
		case err == nil && strings.Trim(text, " \t\r\n") != "" && cmp.Equal(s, selection{}, cmp.AllowUnexported(selection{})):
			t.Errorf("%q admits everything", text)
		}
	})
}
