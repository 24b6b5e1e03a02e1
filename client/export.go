package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// Export is one run that writes a ledger.
type Export struct {
	// Agency is the id of the agency.
	Agency string
	Sheet  ledger.Sheet
	// Headings is zh (or empty) for Chinese headings and values, key for keys.
	Headings string
	// Workbook writes XLSX instead of CSV.
	Workbook bool
	// Filter and Words narrow which applications are written; as in the API.
	Filter, Words string
	// Progress, if set, is called with the rows written so far.
	Progress func(rows int64)
}

// Export writes one sheet as a file that Import reads again, and returns how many rows it
// has. After an error the output is not complete and must be thrown away.
func (c *Client) Export(ctx context.Context, run Export, output io.Writer) (rows int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open := ledger.NewCSV
	if run.Workbook {
		open = ledger.NewXLSX
	}
	out := &struct{ io.Writer }{output}
	writer := open(out, run.Sheet, ledger.Options{Headings: run.Headings})
	defer func() {
		if err != nil { // a workbook is written at the end, and nobody needs half of one
			out.Writer = io.Discard
		}
		if closed := writer.Close(); closed != nil && err == nil {
			err = fmt.Errorf("export ledger: %w", closed)
		}
	}()
	stream, err := c.Ledgers.ExportLedger(ctx, &pb.ExportLedgerRequest{
		Parent: "agencies/" + run.Agency, Sheet: string(run.Sheet), Headings: run.Headings,
		Filter: run.Filter, Words: run.Words,
	})
	if err != nil {
		return 0, fmt.Errorf("export ledger: %w", err)
	}
	rows, err = run.write(writer, stream)
	if err != nil {
		return rows, fmt.Errorf("export ledger: %w", err)
	}
	return rows, nil
}

// write writes rows as they come.
func (e Export) write(writer *ledger.Writer, stream pb.LedgerService_ExportLedgerClient) (rows int64, err error) {
	var keys []string
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if keys == nil {
			keys = part.GetKeys()
		}
		for _, row := range part.GetRows() {
			if err := writeRow(writer, keys, row); err != nil {
				return rows, fmt.Errorf("row %d: %w", row.GetRow(), err)
			}
			rows++
		}
		if e.Progress != nil {
			e.Progress(rows)
		}
	}
}

// writeRow writes one row; a cell without a key would be lost and is an error.
func writeRow(writer *ledger.Writer, keys []string, row *pb.LedgerRow) error {
	if len(row.GetCells()) > len(keys) {
		return fmt.Errorf("%d cells for %d keys", len(row.GetCells()), len(keys))
	}
	cells := make(map[string]string, len(keys))
	for i, text := range row.GetCells() {
		cells[keys[i]] = text
	}
	return writer.Write(cells)
}
