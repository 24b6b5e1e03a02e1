package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// registrar is a LedgerService that records an import and takes every row but those whose
// number ends in "9".
type registrar struct {
	pb.UnimplementedLedgerServiceServer

	breakAt int  // answers UNAVAILABLE after so many messages
	silent  bool // ends without a summary

	received []*pb.ImportLedgerRequest
}

func (r *registrar) ImportLedger(stream pb.LedgerService_ImportLedgerServer) error {
	sum := &pb.ImportLedgerResponse{}
	file := ""
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		r.received = append(r.received, m)
		if len(r.received) == r.breakAt {
			return status.Error(codes.Unavailable, "down")
		}
		if m.GetSheet() != nil {
			file = m.GetSheet().GetFile()
		}
		sum.Refused = nil
		for _, row := range m.GetRows().GetRows() {
			sum.Read++
			if strings.HasSuffix(row.GetCells()[0], "9") {
				sum.RefusedCount++
				sum.Refused = append(sum.Refused, &pb.RowProblem{File: file, Row: row.GetRow(), Reason: "NUMBER_TAKEN"})
				continue
			}
			sum.Imported++
		}
		if err := stream.Send(sum); err != nil {
			return err
		}
	}
	if r.silent {
		return nil
	}
	sum.Refused, sum.Done = nil, true
	return stream.Send(sum)
}

func (r *registrar) ExportLedger(request *pb.ExportLedgerRequest, stream pb.LedgerService_ExportLedgerServer) error {
	switch request.GetParent() {
	case "agencies/broken":
		return errors.Join(stream.Send(&pb.ExportLedgerResponse{Keys: []string{"year", "code", "value"}}), status.Error(codes.Internal, "oops"))
	case "agencies/wide":
		return stream.Send(&pb.ExportLedgerResponse{Keys: []string{"year"}, Rows: []*pb.LedgerRow{{Row: 2, Cells: []string{"2025", "1110"}}}})
	case "agencies/new":
		return stream.Send(&pb.ExportLedgerResponse{Keys: []string{"colour"}, Rows: []*pb.LedgerRow{{Row: 2, Cells: []string{"red"}}}})
	}
	for i := range 3 {
		part := &pb.ExportLedgerResponse{Rows: []*pb.LedgerRow{{Row: int32(i + 2), Cells: []string{"2025", fmt.Sprint(1110 + i), "=1+1"}}}}
		if i == 0 {
			part.Keys = []string{"year", "code", "value"}
		}
		if err := stream.Send(part); err != nil {
			return err
		}
	}
	return nil
}

func serveRegistrar(t *testing.T, r *registrar, opts ...client.Option) *client.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterLedgerServiceServer(server, r)
	go server.Serve(listener) //nolint:errcheck // ends with the test
	t.Cleanup(server.Stop)
	return dial(t, listener.Addr().String(), opts...)
}

// source opens a CSV text.
func source(t *testing.T, name string, sheet ledger.Sheet, text string) client.Source {
	t.Helper()
	reader, err := ledger.NewReader(strings.NewReader(text), int64(len(text)), sheet)
	if err != nil {
		t.Fatal(err)
	}
	return client.Source{Name: name, Sheet: sheet, Reader: reader}
}

// numbered makes a ledger of n applications.
func numbered(n int) string {
	var text strings.Builder
	text.WriteString("申请编号,申请方式,申请人类型\n")
	for i := range n {
		fmt.Fprintf(&text, "%d,当面,自然人\n", i*10)
	}
	return text.String()
}

// shape says what was sent: sheets by name, batches by size.
func shape(received []*pb.ImportLedgerRequest) []string {
	var out []string
	for _, m := range received {
		switch {
		case m.GetHeader() != nil:
			out = append(out, fmt.Sprintf("header %s dry=%v", m.GetHeader().GetParent(), m.GetHeader().GetDryRun()))
		case m.GetSheet() != nil:
			out = append(out, fmt.Sprintf("sheet %s %s", m.GetSheet().GetSheet(), m.GetSheet().GetFile()))
		default:
			out = append(out, fmt.Sprintf("rows %d", len(m.GetRows().GetRows())))
		}
	}
	return out
}

func TestImportBatches(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("信", 150_000) // 450 kB a row: two to a batch
	tests := []struct {
		name    string
		sources func(t *testing.T) []client.Source
		dryRun  bool
		want    []string
		read    int64
	}{
		{"two hundred rows a batch", func(t *testing.T) []client.Source {
			return []client.Source{source(t, "a.csv", ledger.Applications, numbered(450))}
		}, false, []string{"header agencies/a dry=false", "sheet applications a.csv", "rows 200", "rows 200", "rows 50"}, 450},
		{"just two hundred", func(t *testing.T) []client.Source {
			return []client.Source{source(t, "a.csv", ledger.Applications, numbered(200))}
		}, true, []string{"header agencies/a dry=true", "sheet applications a.csv", "rows 200"}, 200},
		{"three sheets in order", func(t *testing.T) []client.Source {
			return []client.Source{
				source(t, "a.csv", ledger.Applications, numbered(1)),
				source(t, "r.csv", ledger.Remedies, "类型,提起日期\n行政复议,2026-03-02\n"),
				source(t, "f.csv", ledger.Figures, "年度,代码,数值\n2025,1110,3\n"),
			}
		}, false, []string{"header agencies/a dry=false", "sheet applications a.csv", "rows 1", "sheet remedies r.csv", "rows 1", "sheet figures f.csv", "rows 1"}, 3},
		{"no rows", func(t *testing.T) []client.Source {
			return []client.Source{source(t, "a.csv", ledger.Applications, numbered(0))}
		}, false, []string{"header agencies/a dry=false", "sheet applications a.csv"}, 0},
		{"long texts", func(t *testing.T) []client.Source {
			text := "申请编号,申请方式,申请人类型,申请内容\n" + strings.Repeat("1,当面,自然人,"+long+"\n", 5)
			return []client.Source{source(t, "a.csv", ledger.Applications, text)}
		}, false, []string{"header agencies/a dry=false", "sheet applications a.csv", "rows 2", "rows 2", "rows 1"}, 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &registrar{}
			c := serveRegistrar(t, r)
			var last client.Progress
			balance, err := c.Import(t.Context(), client.Import{
				Agency: "a", DryRun: test.dryRun, Sources: test.sources(t), Progress: func(p client.Progress) { last = p },
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, shape(r.received)); diff != "" {
				t.Error(diff)
			}
			if balance.Read != test.read || balance.Imported != test.read || balance.RefusedRows != 0 {
				t.Errorf("balance %+v", balance)
			}
			if last.Rows != test.read || last.Total == 0 || last.Done != last.Total {
				t.Errorf("last progress %+v", last)
			}
		})
	}
}

func TestImportMergesLocalIssues(t *testing.T) {
	t.Parallel()
	text := "受理时间,申请时间,申请编号,申请方式,申请人类型,颜色\n" +
		"2026-02-30,,1,当面,自然人,\n" + // no such day
		"2026-03-02,,29,当面,自然人,\n" + // refused by the service: its first cell is no number
		"2026-03-03,,3.3E+9,当面,自然人,\n" + // lost digits
		"2026-03-04,,4,当面,自然人,红\n"
	for _, language := range []client.Language{client.Chinese, client.English} {
		r := &registrar{}
		c := serveRegistrar(t, r, client.WithLanguage(language))
		figures := "年度,代码,数值\n2029,1110,3\n2025,1110,3,多余\n"
		balance, err := c.Import(t.Context(), client.Import{Agency: "a", Sources: []client.Source{
			source(t, "z.csv", ledger.Applications, text), source(t, "b.csv", ledger.Figures, figures),
		}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range balance.Refused {
			got = append(got, fmt.Sprintf("%s:%d %s %q %s", p.GetFile(), p.GetRow(), p.GetColumn(), p.GetValue(), p.GetReason()))
			if p.GetReason() == "FIELD_INVALID" && strings.ContainsAny(p.GetMessage(), "。") != (language == client.Chinese) {
				t.Errorf("message in the wrong language: %s", p.GetMessage())
			}
		}
		want := []string{
			`z.csv:2 受理时间 "2026-02-30" FIELD_INVALID`,
			`z.csv:4 申请编号 "3.3E+9" FIELD_INVALID`,
			`b.csv:2  "" NUMBER_TAKEN`,
			`b.csv:3 D "多余" FIELD_INVALID`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if balance.Read != 6 || balance.Imported != 2 || balance.RefusedRows != 4 {
			t.Errorf("read %d, imported %d, refused %d", balance.Read, balance.Imported, balance.RefusedRows)
		}
		if diff := cmp.Diff([]string{"颜色"}, balance.UnknownColumns); diff != "" {
			t.Error(diff)
		}
		if len(balance.Warnings) != 1 || balance.Warnings[0].GetColumn() != "申请时间" || balance.Warnings[0].GetRow() != 1 {
			t.Errorf("warnings %v", balance.Warnings)
		}
		wantSheet := &pb.SheetStart{
			Sheet: "applications", File: "z.csv",
			Keys:     []string{"receive_date", "application_no", "channel", "applicant_kind"},
			Headings: []string{"受理时间", "申请编号", "申请方式", "申请人类型"},
		}
		if diff := cmp.Diff(wantSheet, r.received[1].GetSheet(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestImportRefusesRowsTooLongForAMessage(t *testing.T) {
	t.Parallel()
	r := &registrar{}
	c := serveRegistrar(t, r)
	cell := strings.Repeat("a", 900_000)
	text := "application_no,channel,applicant_kind,description,remark,address,applicant_name\n1,当面,自然人," + strings.Repeat(cell+",", 3) + cell + "\n2,当面,自然人,,,,\n"
	balance, err := c.Import(t.Context(), client.Import{Agency: "a", Sources: []client.Source{source(t, "a.csv", ledger.Applications, text)}})
	if err != nil {
		t.Fatal(err)
	}
	if balance.Imported != 1 || len(balance.Refused) != 1 || balance.Refused[0].GetReason() != "MESSAGE_TOO_LARGE" || balance.Refused[0].GetRow() != 2 {
		t.Errorf("balance %+v", balance)
	}
}

func TestImportBreaksOff(t *testing.T) {
	t.Parallel()
	t.Run("the file", func(t *testing.T) {
		t.Parallel()
		c := serveRegistrar(t, &registrar{})
		balance, err := c.Import(t.Context(), client.Import{Agency: "a", Sources: []client.Source{
			source(t, "a.csv", ledger.Applications, numbered(3)+"4,\"当面,自然人\n"), source(t, "b.csv", ledger.Applications, numbered(2)),
		}})
		var of *client.SourceError
		if !errors.As(err, &of) || of.Name != "a.csv" || !errors.Is(err, ledger.ErrFormat) {
			t.Errorf("got %v, want the broken file named", err)
		}
		if balance.Imported != 3 {
			t.Errorf("the rows before count too: %+v", balance)
		}
	})
	t.Run("the service", func(t *testing.T) {
		t.Parallel()
		c := serveRegistrar(t, &registrar{breakAt: 4})
		balance, err := c.Import(t.Context(), client.Import{Agency: "a", Sources: []client.Source{source(t, "a.csv", ledger.Applications, numbered(100_000))}})
		if status.Code(err) != codes.Unavailable || balance.Imported != 200 {
			t.Errorf("got %v and %+v", err, balance)
		}
	})
	t.Run("without a summary", func(t *testing.T) {
		t.Parallel()
		c := serveRegistrar(t, &registrar{silent: true})
		if _, err := c.Import(t.Context(), client.Import{Agency: "a", Sources: []client.Source{source(t, "a.csv", ledger.Applications, numbered(1))}}); err == nil || !strings.Contains(err.Error(), "summary") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the caller", func(t *testing.T) {
		t.Parallel()
		c := serveRegistrar(t, &registrar{})
		ctx, cancel := context.WithCancel(t.Context())
		_, err := c.Import(ctx, client.Import{
			Agency: "a", Sources: []client.Source{source(t, "a.csv", ledger.Applications, numbered(100_000))},
			Progress: func(client.Progress) { cancel() },
		})
		if status.Code(err) != codes.Canceled {
			t.Errorf("got %v, want CANCELED", err)
		}
	})
}

func TestExport(t *testing.T) {
	t.Parallel()
	c := serveRegistrar(t, &registrar{})
	for _, workbook := range []bool{false, true} {
		var output bytes.Buffer
		progress := int64(0)
		rows, err := c.Export(t.Context(), client.Export{
			Agency: "a", Sheet: ledger.Figures, Workbook: workbook, Progress: func(n int64) { progress = n },
		}, &output)
		if err != nil || rows != 3 || progress != 3 {
			t.Fatalf("%d rows, progress %d, error %v", rows, progress, err)
		}
		reader, err := ledger.NewReader(bytes.NewReader(output.Bytes()), int64(output.Len()), ledger.Figures)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			row, issues, err := reader.Next()
			want := []string{"2025", fmt.Sprint(1110 + i), "=1+1"}
			if diff := cmp.Diff(want, row.Cells); err != nil || len(issues) > 0 || diff != "" {
				t.Errorf("row %d: %v %v %s", i, issues, err, diff)
			}
		}
	}
}

func TestExportFails(t *testing.T) {
	t.Parallel()
	c := serveRegistrar(t, &registrar{})
	tests := []struct {
		name, agency string
		sheet        ledger.Sheet
		headings     string
		want         string
	}{
		{"broken stream", "broken", ledger.Figures, "", "oops"},
		{"more cells than keys", "wide", ledger.Figures, "", "2 cells for 1 keys"},
		{"key of a newer service", "new", ledger.Figures, "", "no column"},
		{"unknown sheet", "a", "colours", "", "unknown kind of sheet"},
		{"unknown headings", "a", ledger.Figures, "fr", "neither zh nor key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Export(t.Context(), client.Export{Agency: test.agency, Sheet: test.sheet, Headings: test.headings}, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestImportOfAClosedFile(t *testing.T) {
	t.Parallel()
	c := serveRegistrar(t, &registrar{})
	reader, err := ledger.Open(write(t, "a.csv", numbered(1)), ledger.Applications)
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = c.Import(t.Context(), client.Import{Agency: "a", Sources: []client.Source{{Name: filepath.Base("a.csv"), Sheet: ledger.Applications, Reader: reader}}})
	if err == nil || !strings.Contains(err.Error(), "a.csv") {
		t.Errorf("got %v", err)
	}
}
