package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// printer writes results in one of the formats. CSV and JSON have the keys and values of
// the API in every language, so that scripts do not depend on it; tables are for people.
type printer struct {
	out          io.Writer
	format, lang string
}

func (a *app) printer() printer { return printer{a.stdout, a.output, a.lang} }

func (a *app) println() { fmt.Fprintln(a.stdout) }

// json writes a value. Chinese and signs stay as they are.
func (p printer) json(v any) error {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// message writes one message: its JSON, or a row for each field.
func (p printer) message(m proto.Message) error {
	if p.format == "json" {
		raw, err := messageJSON(m)
		if err != nil {
			return err
		}
		return p.json(raw)
	}
	var rows [][]string
	p.view().flatten(m.ProtoReflect(), "", func(path, value string) {
		rows = append(rows, []string{path, value})
	})
	if p.format == "csv" {
		return p.csv([]string{"field", "value"}, rows)
	}
	for i, row := range rows {
		rows[i][0] = pathLabel(row[0], p.lang)
	}
	return grid(p.out, nil, rows)
}

// messageJSON is a message with the names of the proto files and all its fields.
// protojson varies its white space on purpose; the encoder around it settles that.
func messageJSON(m proto.Message) (json.RawMessage, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return text, nil
}

// list writes messages as they come: a table once all are there, because its columns
// depend on them; CSV row by row; JSON as an object with one array under key.
func list[T proto.Message](p printer, key string, rows iter.Seq2[T, error], columns ...string) error {
	switch p.format {
	case "json":
		return listJSON(p.out, key, rows)
	case "csv":
		return listCSV(p, rows, columns)
	}
	var cells [][]string
	for m, err := range rows {
		if err != nil {
			return err
		}
		cells = append(cells, p.view().row(m, columns))
	}
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = label(c).in(p.lang)
	}
	return grid(p.out, header, cells)
}

func listCSV[T proto.Message](p printer, rows iter.Seq2[T, error], columns []string) error {
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = strings.ReplaceAll(strings.TrimPrefix(c, "deadline."), ".", "_")
	}
	w := csv.NewWriter(p.out)
	if err := w.Write(header); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for m, err := range rows {
		if err != nil {
			w.Flush()
			return err
		}
		if err := w.Write(guarded(p.view().row(m, columns))); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	return flush(w)
}

func listJSON[T proto.Message](out io.Writer, key string, rows iter.Seq2[T, error]) error {
	var buffer bytes.Buffer
	fmt.Fprintf(&buffer, "{\n  %q: [", key)
	separator := ""
	for m, err := range rows {
		if err != nil {
			return err
		}
		raw, err := messageJSON(m)
		if err != nil {
			return err
		}
		buffer.WriteString(separator + "\n    ")
		if err := json.Indent(&buffer, raw, "    ", "  "); err != nil {
			return fmt.Errorf("write JSON: %w", err)
		}
		separator = ","
		if _, err := buffer.WriteTo(out); err != nil {
			return fmt.Errorf("write JSON: %w", err)
		}
	}
	if separator != "" {
		buffer.WriteString("\n  ")
	}
	buffer.WriteString("]\n}\n")
	if _, err := buffer.WriteTo(out); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// csv writes rows under a header.
func (p printer) csv(header []string, rows [][]string) error {
	w := csv.NewWriter(p.out)
	if err := w.Write(header); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for _, row := range rows {
		if err := w.Write(guarded(row)); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	return flush(w)
}

func flush(w *csv.Writer) error {
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// rows writes a table or CSV of plain texts; headings are labels of fields in a table
// and the fields themselves in CSV.
func (p printer) rows(fields []string, rows [][]string) error {
	header := make([]string, len(fields))
	for i, f := range fields {
		header[i] = label(f).in(p.lang)
		if p.format == "csv" {
			header[i] = f[strings.LastIndexByte(f, '.')+1:]
		}
	}
	if p.format == "csv" {
		return p.csv(header, rows)
	}
	return grid(p.out, header, rows)
}

// view is how values are shown.
func (p printer) view() view { return view{lang: p.lang, raw: p.format == "csv"} }

// guarded makes the cells of a row safe for spreadsheets, which run what begins like a
// formula: an apostrophe in front keeps it text, as in ledger files. A number stays one.
func guarded(row []string) []string {
	cells := make([]string, len(row))
	for i, cell := range row {
		cells[i] = cell
		if runs(cell) {
			cells[i] = "'" + cell
		}
	}
	return cells
}

func runs(cell string) bool {
	if json.Valid([]byte(cell)) && strings.ContainsAny(cell, "0123456789") && strings.Trim(cell, "-0123456789.") == "" {
		return false
	}
	rest := strings.TrimLeft(cell, "' \u3000")
	return rest != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(rest)[0])
}
