package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// A batch is closed at either bound, whichever comes first: the service takes at most
// 200 rows into one transaction, and a message must stay below its size limit.
const (
	batchRows = 200
	batchText = 1 << 20
	rowText   = 3 << 20
)

// Import is one run over ledger files.
type Import struct {
	// Agency is the id of the agency.
	Agency string
	// DryRun judges every row and changes nothing.
	DryRun bool
	// Sources in the order in which they are sent; applications before remedies.
	Sources []Source
	// Progress, if set, is called from the goroutine of the caller, now and then.
	Progress func(Progress)
}

// Source is one opened ledger. The caller closes its Reader.
type Source struct {
	// Name of the file, for messages.
	Name   string
	Sheet  ledger.Sheet
	Reader *ledger.Reader
}

// Progress tells how far an import has come.
type Progress struct {
	// Rows judged by the service.
	Rows int64
	// Done of Total bytes have been read from the files; Total is 0 if a size is unknown.
	Done, Total int64
}

// Balance is the outcome of an import.
type Balance struct {
	// Read counts the rows of the files, refused ones included.
	Read, Imported, Unchanged, RefusedRows int64
	// Dated rows have a day of receipt, classified ones a basis.
	Dated, Classified int64
	// Refused says of each refused row what is wrong, in the order of the files.
	Refused, Warnings  []*pb.RowProblem
	DueDateDifferences []*pb.DueDateDifference
	// UnknownColumns are headings that stand for nothing; their cells were not sent.
	UnknownColumns []string
	// Reports that would follow, of a dry run.
	Reports []*pb.AnnualReportFigures
}

// Import sends ledgers row by row. Rows whose text cannot be trusted are refused here and
// not sent; the service judges the others. Where a file or the connection breaks off, the
// balance of the rows judged so far comes with the error: they are imported, and
// running the import again finishes it and doubles nothing.
func (c *Client) Import(ctx context.Context, run Import) (*Balance, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.Ledgers.ImportLedger(ctx)
	if err != nil {
		return nil, fmt.Errorf("import ledger: %w", err)
	}
	s := &sender{stream: stream, run: run, english: c.language == string(English)}
	sent := make(chan error, 1)
	go func() { sent <- s.sendAll() }()

	balance := &Balance{}
	received := balance.receive(stream, func() {
		if run.Progress != nil {
			run.Progress(Progress{balance.Read, s.done.Load(), s.total.Load()})
		}
	})
	if received != nil {
		cancel() // nobody will read what is still to be sent
	}
	sendErr := <-sent
	s.settle(balance)
	if received != nil {
		return balance, fmt.Errorf("import ledger: %w", received)
	}
	return balance, sendErr
}

// receive takes the answers up to the summary.
func (b *Balance) receive(stream pb.LedgerService_ImportLedgerClient, progress func()) error {
	done := false
	for {
		answer, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && done:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("the service ended the import without a summary")
		case err != nil:
			return err
		}
		b.Refused = append(b.Refused, answer.GetRefused()...)
		b.Warnings = append(b.Warnings, answer.GetWarnings()...)
		b.DueDateDifferences = append(b.DueDateDifferences, answer.GetDueDateDifferences()...)
		b.Reports = append(b.Reports, answer.GetReports()...)
		b.Read, b.Imported, b.Unchanged = answer.GetRead(), answer.GetImported(), answer.GetUnchanged()
		b.RefusedRows = answer.GetRefusedCount()
		b.Dated, b.Classified = answer.GetDated(), answer.GetClassified()
		done = answer.GetDone()
		progress()
	}
}

// sender reads the files and sends them; what it finds fault with is kept for the balance.
type sender struct {
	stream  pb.LedgerService_ImportLedgerClient
	run     Import
	english bool

	done, total atomic.Int64
	before      int64 // bytes of the sources already read

	refused, warnings []*pb.RowProblem
	refusedRows       int64
	unknown           []string
}

// sendAll sends everything. A file that breaks off ends the sending in an orderly way,
// so that the service still says what became of the rows before.
func (s *sender) sendAll() error {
	s.measure()
	err := s.send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Header{Header: &pb.ImportHeader{
		Parent: "agencies/" + s.run.Agency, DryRun: s.run.DryRun,
	}}})
	for i := 0; err == nil && i < len(s.run.Sources); i++ {
		err = s.sendSource(&s.run.Sources[i])
	}
	if errors.Is(err, io.EOF) {
		err = nil // the stream has ended; Recv says why
	}
	if closed := s.stream.CloseSend(); closed != nil && err == nil {
		err = fmt.Errorf("import ledger: %w", closed)
	}
	return err
}

// send returns io.EOF once the stream has ended.
func (s *sender) send(m *pb.ImportLedgerRequest) error { return s.stream.Send(m) }

// measure adds up the sizes of the sources; one of unknown size makes all unknown.
func (s *sender) measure() {
	var sum int64
	for _, source := range s.run.Sources {
		_, total := source.Reader.Progress()
		if total == 0 {
			return
		}
		sum += total
	}
	s.total.Store(sum)
}

// sendSource sends one sheet.
func (s *sender) sendSource(source *Source) error {
	if err := s.begin(source); err != nil {
		return err
	}
	batch, size := &pb.RowBatch{}, 0
	flush := func() error {
		done, _ := source.Reader.Progress()
		s.done.Store(s.before + done)
		if len(batch.Rows) == 0 {
			return nil
		}
		err := s.send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Rows{Rows: batch}})
		batch, size = &pb.RowBatch{}, 0
		return err
	}
	for {
		row, issues, err := source.Reader.Next()
		if err != nil {
			return s.finish(source, err, flush())
		}
		text := textSize(row)
		if len(issues) > 0 || text > rowText {
			s.refuse(source, row, issues)
			continue
		}
		if len(batch.Rows) == batchRows || size+text > batchText {
			if err := flush(); err != nil {
				return err
			}
		}
		batch.Rows = append(batch.Rows, &pb.LedgerRow{Row: int32(row.Number), Cells: row.Cells})
		size += text
	}
}

// begin names the sheet and reports headings that are not read.
func (s *sender) begin(source *Source) error {
	header := source.Reader.Header()
	headings := make([]string, len(header.Keys))
	for i, key := range header.Keys {
		headings[i] = header.Known[key]
	}
	s.unknown = append(s.unknown, header.Unknown...)
	for _, heading := range header.Unused {
		s.warnings = append(s.warnings, &pb.RowProblem{
			File: source.Name, Row: 1, Column: heading, Reason: ledger.ReasonInvalid,
			Message: s.choose("该列与另一列含义相同，未读取。如应以本列为准，请删除另一列。",
				"means the same as another column and was not read; remove the other one if this one counts"),
		})
	}
	return s.send(&pb.ImportLedgerRequest{Part: &pb.ImportLedgerRequest_Sheet{Sheet: &pb.SheetStart{
		Sheet: string(source.Sheet), File: source.Name, Keys: header.Keys, Headings: headings,
	}}})
}

// finish ends a sheet: by its end, or by what made it unreadable.
func (s *sender) finish(source *Source, ended, flushed error) error {
	done, total := source.Reader.Progress()
	s.before += max(done, total)
	if flushed != nil {
		return flushed
	}
	if errors.Is(ended, io.EOF) {
		return nil
	}
	return &SourceError{Name: source.Name, Err: ended}
}

// refuse keeps the faults of a row that is not sent.
func (s *sender) refuse(source *Source, row ledger.Row, issues []ledger.Issue) {
	s.refusedRows++
	if len(issues) == 0 {
		issues = []ledger.Issue{{
			Row: row.Number, Reason: ledger.ReasonTooLarge,
			ZH: "整行内容超过3 MiB。请缩短内容。", EN: "the row is longer than 3 MiB; shorten it",
		}}
	}
	for _, issue := range issues {
		s.refused = append(s.refused, &pb.RowProblem{
			File: source.Name, Row: int32(issue.Row), Column: issue.Column,
			Value: issue.Value, Reason: issue.Reason, Message: s.choose(issue.ZH, issue.EN),
		})
	}
}

// settle merges what was found here into the balance, in the order of files and rows.
func (s *sender) settle(b *Balance) {
	b.Read += s.refusedRows
	b.RefusedRows += s.refusedRows
	b.UnknownColumns = s.unknown
	place := map[string]int{}
	for i, source := range s.run.Sources {
		place[source.Name] = i
	}
	order := func(x, y *pb.RowProblem) int {
		if d := place[x.GetFile()] - place[y.GetFile()]; d != 0 {
			return d
		}
		return int(x.GetRow()) - int(y.GetRow())
	}
	b.Refused = append(b.Refused, s.refused...)
	b.Warnings = append(b.Warnings, s.warnings...)
	slices.SortStableFunc(b.Refused, order)
	slices.SortStableFunc(b.Warnings, order)
}

func (s *sender) choose(zh, en string) string {
	if s.english {
		return en
	}
	return zh
}

// SourceError says which file could not be read to its end. It wraps a
// *ledger.FileError, or the error of the file system.
type SourceError struct {
	Name string
	Err  error
}

// Error names the file.
func (e *SourceError) Error() string { return fmt.Sprintf("read %s: %v", e.Name, e.Err) }

// Unwrap gives the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// textSize is what the cells of a row weigh.
func textSize(row ledger.Row) int {
	size := 0
	for _, text := range row.Cells {
		size += len(text)
	}
	return size
}
