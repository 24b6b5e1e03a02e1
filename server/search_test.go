package server_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// numbersFound walks through all pages of a search.
func numbersFound(t *testing.T, c pb.ApplicationServiceClient, req *pb.SearchApplicationsRequest) (pages [][]string) {
	t.Helper()
	req.Parent = "agencies/own"
	for {
		res, err := c.SearchApplications(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		page := []string{}
		for _, a := range res.GetApplications() {
			page = append(page, a.GetApplicationNo())
		}
		pages = append(pages, page)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return pages
		}
	}
}

func TestSearchApplications(t *testing.T) {
	o := newOffice(t, today)
	for i := range 5 {
		in := handedOver(fmt.Sprintf("2026-06-%02d", i+1))
		if i%2 == 1 {
			in.Applicant = &pb.Applicant{Kind: pb.Applicant_BUSINESS, DisplayName: "某市ＡＢＣ建设公司", Phone: fmt.Sprintf("010-1234567%d", i)}
			in.Description, in.Remark = "征地、补偿方案", ""
		}
		o.register(t, in)
	}
	own := []string{"2026-00005", "2026-00003", "2026-00001"}
	firm := []string{"2026-00004", "2026-00002"}
	for _, tt := range []struct {
		name string
		req  *pb.SearchApplicationsRequest
		want [][]string
	}{
		{"a word, newest first", &pb.SearchApplicationsRequest{Words: "经费"}, [][]string{own}},
		{"pages", &pb.SearchApplicationsRequest{Words: "经费", PageSize: 2}, [][]string{own[:2], own[2:]}},
		{"a page that just fits", &pb.SearchApplicationsRequest{Words: "经费", PageSize: 3}, [][]string{own}},
		{"a line break within", &pb.SearchApplicationsRequest{Words: "改造的经费"}, [][]string{own}},
		{"width, case and signs", &pb.SearchApplicationsRequest{Words: "abc建设 征地补偿"}, [][]string{firm}},
		{"the remark", &pb.SearchApplicationsRequest{Words: "内部备注"}, [][]string{own}},
		{"a number", &pb.SearchApplicationsRequest{Words: "2026-00004"}, [][]string{firm[:1]}},
		{"a phone in one word", &pb.SearchApplicationsRequest{Words: "01012345671"}, [][]string{firm[1:]}},
		{"a phone", &pb.SearchApplicationsRequest{Phone: "010 12345673"}, [][]string{firm[:1]}},
		{"an identity number", &pb.SearchApplicationsRequest{IdNumber: "000000000000000001"}, [][]string{own}},
		{"a name of one character", &pb.SearchApplicationsRequest{DisplayName: "甲"}, [][]string{own}},
		{"a filter", &pb.SearchApplicationsRequest{Words: "经费", Filter: "receive_date >= 2026-06-02 AND receive_date < 2026-06-05"}, [][]string{own[1:2]}},
		{"another kind", &pb.SearchApplicationsRequest{Words: "经费", Filter: "applicant_kind = BUSINESS"}, [][]string{{}}},
		{"another channel", &pb.SearchApplicationsRequest{Words: "经费", Filter: "channel = FAX"}, [][]string{{}}},
		{"nothing", &pb.SearchApplicationsRequest{Words: "飞碟"}, [][]string{{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := numbersFound(t, o.officer, tt.req); !slices.EqualFunc(got, tt.want, slices.Equal) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSearchFollows: an act, a correction and a conclusion are found at once, and the
// index that follows in the background changes nothing but how much is read.
func TestSearchFollows(t *testing.T) {
	o := newOffice(t, today)
	o.register(t, handedOver("2026-06-01"))
	count := func() string {
		return strings.Join(numbersFound(t, o.officer, &pb.SearchApplicationsRequest{Words: "经费", Filter: "state = RECEIVED"})[0], " ")
	}
	before := count()
	index := server.Indexing{Store: o.store, Now: time.Now}
	if _, err := index.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := count(); before != "2026-00001" || after != before {
		t.Errorf("found %q before the index and %q with it", before, after)
	}
	res, err := o.officer.SearchApplications(t.Context(), &pb.SearchApplicationsRequest{Parent: "agencies/own", Words: "经费"})
	if err != nil || res.GetUnindexedCount() != 0 {
		t.Errorf("%d unindexed, %v", res.GetUnindexedCount(), err)
	}
	if err := index.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != before {
		t.Errorf("found %q when the index was forgotten", got)
	}
	if done, err := index.Run(t.Context()); err != nil {
		t.Errorf("%d indexed again, %v", done, err)
	}
}

// TestIndexReachesEveryAgency: more agencies lag than are listed at once, and those first in
// order go on lagging, because somebody works in them.
func TestIndexReachesEveryAgency(t *testing.T) {
	const agencies, turn = 1010, 8
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	received := []workflow.Act{{Action: workflow.ActSubmit, Channel: workflow.InPerson, Kind: workflow.Business, Date: calendar.New(2026, 6, 1)}}
	log := func(id string, number int) error {
		a, events, _, err := rules.Enter(workflow.Application{Agency: id, ApplicationNo: strconv.Itoa(number)}, received, workflow.Person{}, day(t, today))
		if err != nil {
			return err
		}
		return store.Update(t.Context(), id, func(w storage.Writer) error {
			return insertAll(w, rules, []workflow.Application{a}, [][]workflow.Event{events})
		})
	}
	var ids []string
	var all sync.WaitGroup
	for i := range agencies {
		id := fmt.Sprintf("a%04d", i)
		ids = append(ids, id)
		all.Go(func() {
			err := store.Update(t.Context(), "", func(w storage.Writer) error {
				return w.InsertAgency(storage.Agency{ID: id, Revision: 1}, storage.Event{Object: storage.AgencyObject(id), Revision: 1})
			})
			if err := errors.Join(err, log(id, 0)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	lagging := func(after string) (list []string) {
		t.Helper()
		if err := store.View(t.Context(), func(r storage.Reader) (err error) {
			list, err = r.Lagging(after, 1000)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := lagging(ids[999]); len(list) != agencies-1000 {
		t.Fatalf("%d agencies lag after the first 1,000: the test shows nothing", len(list))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	turns := 0
	_, err = server.Indexing{Store: store, Now: time.Now, Progress: func(int64) {
		from := turns * turn % 1000
		if turns++; turns > 2*len(ids)/turn {
			cancel() // they had all twice
		}
		for _, id := range ids[from : from+turn] {
			all.Go(func() {
				if err := log(id, turns); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}}.Run(ctx)
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if rest := lagging(ids[999]); len(rest) > 0 {
		t.Errorf("%d agencies never had their turn: %v", len(rest), rest)
	}
}

// TestIndexFollows: the service itself brings its index up to date, without being asked.
func TestIndexFollows(t *testing.T) {
	o := newOffice(t, today)
	o.register(t, handedOver("2026-06-01"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		var lagging []string
		err := o.store.View(ctx, func(r storage.Reader) (err error) {
			lagging, err = r.Lagging("", 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(lagging) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the index does not follow")
		}
	}
}

func TestSearchRefuses(t *testing.T) {
	o := newOffice(t, today)
	o.agency(t, "other", "")
	stranger := pb.NewApplicationServiceClient(o.conn(t, workflow.Officer, "other"))
	o.register(t, handedOver("2026-06-01"))
	if res, err := stranger.SearchApplications(t.Context(), &pb.SearchApplicationsRequest{Parent: "agencies/other", Words: "经费"}); err != nil || len(res.GetApplications()) != 0 {
		t.Errorf("another agency finds %v, %v", res, err)
	}
	for _, tt := range []struct {
		name   string
		client pb.ApplicationServiceClient
		req    *pb.SearchApplicationsRequest
		code   codes.Code
		reason pb.Reason
		field  string
	}{
		{"nothing to look for", o.officer, &pb.SearchApplicationsRequest{Filter: "state = RECEIVED"}, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "words"},
		{"a single character", o.officer, &pb.SearchApplicationsRequest{Words: "经"}, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "words"},
		{"too many words", o.officer, &pb.SearchApplicationsRequest{Words: strings.Repeat("经费 ", 11)}, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "words"},
		{"a bad filter", o.officer, &pb.SearchApplicationsRequest{Words: "经费", Filter: "colour = red"}, codes.InvalidArgument, pb.Reason_INVALID_FILTER, "filter"},
		{"a number in the filter", o.officer, &pb.SearchApplicationsRequest{Words: "经费", Filter: "application_no = 1"}, codes.InvalidArgument, pb.Reason_INVALID_FILTER, "filter"},
		{"a token that is none", o.officer, &pb.SearchApplicationsRequest{Words: "经费", PageToken: "x"}, codes.InvalidArgument, pb.Reason_INVALID_PAGE_TOKEN, "page_token"},
		{"a negative page", o.officer, &pb.SearchApplicationsRequest{Words: "经费", PageSize: -1}, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "page_size"},
		{"a statistician", o.statistician, &pb.SearchApplicationsRequest{Words: "经费"}, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED, ""},
		{"an auditor", o.auditor, &pb.SearchApplicationsRequest{Words: "经费"}, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED, ""},
		{"a stranger", stranger, &pb.SearchApplicationsRequest{Words: "经费"}, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.Parent = "agencies/own"
			_, err := tt.client.SearchApplications(t.Context(), tt.req)
			if got := wantRefusal(t, err, tt.code, tt.reason); got.field != tt.field {
				t.Errorf("at %q, want %q", got.field, tt.field)
			}
		})
	}
}

// TestVerifyNamesWhatTheIndexLacks: a verification names the application that fell out of
// the index, and finds nothing once the index was made anew.
func TestVerifyNamesWhatTheIndexLacks(t *testing.T) {
	dir := t.TempDir()
	e := startIn(t, dir, today)
	e.agency(t, "own", "")
	apps := pb.NewApplicationServiceClient(e.conn(t, workflow.Officer, "own"))
	for i := range 3 {
		_, err := apps.CreateApplication(t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/own", Application: handedOver(fmt.Sprintf("2026-06-%02d", i+1))})
		if err != nil {
			t.Fatal(err)
		}
	}
	findings := func() (list []string) {
		t.Helper()
		_, err := verify.Verify(t.Context(), e.store, verify.Config{
			Rules: func(a storage.Agency) workflow.Rules {
				return workflow.Rules{Calendar: calendar.Embedded(), Settings: a.Settings}
			},
			Report: func(f verify.Finding) { list = append(list, f.Agency+" "+f.Object+" "+string(f.Check)) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	index := server.Indexing{Store: e.store, Now: time.Now}
	if _, err := index.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := findings(); len(got) != 0 {
		t.Errorf("a sound index: %q", got)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "gongkai.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `DELETE FROM search WHERE rowid = 2`); err != nil {
		t.Fatal(err)
	}
	if got := findings(); !slices.Equal(got, []string{"own application/2 index"}) {
		t.Errorf("an index that lacks the second application: %q", got)
	}
	if err := index.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := index.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := findings(); len(got) != 0 {
		t.Errorf("made anew: %q", got)
	}
}
