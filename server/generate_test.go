package server_test

import (
	"bytes"
	"encoding/csv"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/generate"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
)

// ledgerRows reads a ledger that was generated.
func ledgerRows(t *testing.T, file *bytes.Buffer) []cells {
	t.Helper()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []cells
	for _, line := range lines[1:] {
		row := cells{}
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// reportsOf are the annual reports of the years that a generated register covers.
func reportsOf(t *testing.T, e *env, parent string) (out []*pb.AnnualReport) {
	t.Helper()
	c := pb.NewReportServiceClient(e.conn(t, workflow.Supervisor, generate.AgencyID(0)))
	for year := int32(2021); year <= 2026; year++ {
		rep, err := c.ComputeAnnualReport(t.Context(), &pb.ComputeAnnualReportRequest{Parent: parent, Year: year, Form: "table-2021"})
		if err != nil {
			t.Fatal(err)
		}
		rep.AgencyDisplayName = "" // the one that is imported into has its own
		out = append(out, rep)
	}
	return out
}

// TestGeneratedLedger: the ledger that is generated is imported without a refusal, and
// what comes of it counts as the register that is generated does, year by year.
func TestGeneratedLedger(t *testing.T) {
	config := generate.Config{Cases: 1500, Agencies: 1, Seed: 3, Today: day(t, today)}
	var list, others bytes.Buffer
	if err := generate.Ledger(&list, &others, config); err != nil {
		t.Fatal(err)
	}
	imported := start(t, today)
	imported.agency(t, generate.AgencyID(0), "")
	clerk := imported.conn(t, workflow.Officer, generate.AgencyID(0))
	got := brought(t, clerk, generate.AgencyID(0), false, applications(ledgerRows(t, &list)...), remedies(ledgerRows(t, &others)...))
	for _, r := range got.refused {
		t.Errorf("refused: %v", r)
	}
	if got.GetImported() < int64(config.Cases)*104/100 {
		t.Errorf("%d rows imported; %d cases have more remedies than that", got.GetImported(), config.Cases)
	}
	verified(t, imported.store)

	path := filepath.Join(t.TempDir(), "gongkai.db")
	store, err := sqlite.OpenBulk(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := generate.Register(t.Context(), store, config); err != nil {
		t.Fatal(err)
	}
	verified(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	written := startOn(t, path, today)
	written.trusted(t)
	parent := "agencies/" + generate.AgencyID(0)
	want := reportsOf(t, written, parent)
	if diff := cmp.Diff(want, reportsOf(t, imported, parent), protocmp.Transform()); diff != "" {
		t.Errorf("the ledger counts otherwise than the register (-register +ledger)\n%s", diff)
	}
}
