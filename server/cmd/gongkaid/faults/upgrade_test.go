package faults_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage/storagetest/pgtest"
)

// former has the program of this checkout write the registers that later programs must
// read. It was run when the schema was 0001.
var former = flag.Bool("former", false, "write testdata/schema-0001 by this program, which must know no later schema")

// What stands in testdata/schema-0001, for each engine: the register, its administrator's
// token, and what the former program answered.
const (
	formerRegister = "register.gz"
	formerToken    = "token"
	formerAnswers  = "answers"
)

func formerPath(engine, name string) string {
	return filepath.Join("testdata", "schema-0001", engine, name)
}

// answers asks for all that a register holds, one answer a line.
func answers(t *testing.T, target, admin string) (list []proto.Message) {
	t.Helper()
	ctx := t.Context()
	res, err := pb.NewPrincipalServiceClient(dial(t, target, admin)).CreatePrincipal(ctx, &pb.CreatePrincipalRequest{
		Parent: agency, PrincipalId: "reader", Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, target, res.GetToken())
	keep := func(m proto.Message, err error) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	apps, reports := pb.NewApplicationServiceClient(conn), pb.NewReportServiceClient(conn)
	for _, a := range all(t, target, res.GetToken()) {
		list = append(list, a)
		keep(apps.ListEvents(ctx, &pb.ListEventsRequest{Name: a.GetName()}))
		keep(apps.ExplainDeadline(ctx, &pb.ExplainDeadlineRequest{Name: a.GetName()}))
	}
	keep(pb.NewRemedyServiceClient(conn).ListRemedies(ctx, &pb.ListRemediesRequest{Parent: agency, PageSize: 1000}))
	keep(pb.NewAgencyServiceClient(conn).GetAgency(ctx, &pb.GetAgencyRequest{Name: agency}))
	keep(pb.NewOversightServiceClient(conn).GetNarrative(ctx, &pb.GetNarrativeRequest{Parent: agency, Year: 2026}))
	keep(pb.NewFreezeServiceClient(conn).GetFrozenReport(ctx, &pb.GetFrozenReportRequest{Name: agency + "/frozenReports/2025"}))
	keep(reports.ListFigures(ctx, &pb.ListFiguresRequest{Parent: agency, Year: 2026}))
	keep(reports.ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{Parent: agency, Year: 2026, Form: "table-2021"}))
	return list
}

// TestFormerRegister opens the register of a former program: it answers as it did, and
// agrees with its own history.
func TestFormerRegister(t *testing.T) {
	takesSeconds(t)
	t.Run("sqlite", func(t *testing.T) {
		s := formerProcess(t, "sqlite", "")
		if *former {
			writeFormer(t, s, "sqlite", func() []byte { return content(t, filepath.Join(s.data, "gongkai.db")) })
			return
		}
		if err := os.WriteFile(filepath.Join(s.data, "gongkai.db"), unpacked(t, "sqlite"), 0o600); err != nil {
			t.Fatal(err)
		}
		compareAnswers(t, s, "sqlite")
	})
	t.Run("postgres", func(t *testing.T) {
		p := pgtest.StartOwn(t)
		if *former {
			dsn := database(t, p)
			s := formerProcess(t, "postgres", dsn)
			writeFormer(t, s, "postgres", func() []byte { return tool(t, nil, "pg_dump", "--no-owner", "--dbname="+dsn) })
			return
		}
		compareAnswers(t, formerProcess(t, "postgres", formerDatabase(t, p, "former")), "postgres")
	})
}

// formerProcess is a server that has not started yet, with the former one's token.
func formerProcess(t *testing.T, engine, dsn string) *process {
	t.Helper()
	s := newProcess(t, "", dsn)
	if !*former {
		if err := os.WriteFile(filepath.Join(s.data, "admin.token"), content(t, formerPath(engine, formerToken)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// formerDatabase makes a database as the former program left it.
func formerDatabase(t *testing.T, p *pgtest.Server, name string) (dsn string) {
	t.Helper()
	dsn, err := p.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	tool(t, unpacked(t, "postgres"), "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output="+os.DevNull, dsn)
	return dsn
}

// tool runs a program that stands beside the server of PostgreSQL.
func tool(t *testing.T, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if list, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(list) > 0 {
		path, err = list[len(list)-1], nil
	}
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}

// reworded are texts that the program words anew. They stand in no register: each answer
// takes them from the rules of the program that gives it.
var reworded = strings.NewReplacer(`"SPC Art `, `"法释〔2025〕8号 Art `)

func compareAnswers(t *testing.T, s *process, engine string) {
	t.Helper()
	s.start()
	got := answers(t, s.address, s.token())
	lines := strings.Split(strings.TrimSuffix(string(content(t, formerPath(engine, formerAnswers))), "\n"), "\n")
	if len(lines) != len(got) {
		t.Fatalf("%d answers, there were %d", len(got), len(lines))
	}
	for i, line := range lines {
		want := got[i].ProtoReflect().New().Interface()
		if err := protojson.Unmarshal([]byte(reworded.Replace(line)), want); err != nil {
			t.Fatal(err)
		}
		// What the former program did not answer yet is not compared.
		diff := cmp.Diff(want, got[i], protocmp.Transform(), protocmp.IgnoreFields(&pb.TraceDay{}, "kind"), protocmp.IgnoreFields(&pb.Narrative{}, "etag"),
			protocmp.IgnoreFields(&pb.Conclusion{}, "workdays_taken"))
		if diff != "" {
			t.Errorf("answer %d differs (-former +now):\n%s", i, diff)
		}
	}
	s.signal(sigterm)
	checkRegister(t, s)
}

// writeFormer lets everything happen once, and keeps what came of it.
func writeFormer(t *testing.T, s *process, engine string, register func() []byte) {
	t.Helper()
	s.start()
	d := desks(t, s)[0]
	for _, use := range useCases {
		if err := use.do(context.Background(), d); err != nil {
			t.Errorf("%s: %v", use.name, err)
		}
	}
	s.kill() // the register as it stands is the one to answer from
	s.signal(sigterm)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(register())
	if err = errors.Join(err, z.Close(), os.MkdirAll(formerPath(engine, ""), 0o755)); err != nil {
		t.Fatal(err)
	}
	token := []byte(s.token())
	s.start()
	var lines bytes.Buffer
	for _, m := range answers(t, s.address, s.token()) {
		raw, err := protojson.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%s\n", raw)
	}
	for name, content := range map[string][]byte{formerRegister: packed.Bytes(), formerToken: token, formerAnswers: lines.Bytes()} {
		if err := os.WriteFile(formerPath(engine, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func unpacked(t *testing.T, engine string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(content(t, formerPath(engine, formerRegister))))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
