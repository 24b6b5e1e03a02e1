package ledger_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gongkai/client/ledger"
)

// sound reads to the end and checks what must hold of any file.
func sound(t *testing.T, r *ledger.Reader) {
	t.Helper()
	last, header := 1, r.Header()
	for {
		row, issues, err := r.Next()
		if err != nil {
			var file *ledger.FileError
			if !errors.Is(err, io.EOF) && !errors.As(err, &file) {
				t.Fatalf("bare error %v", err)
			}
			return
		}
		if row.Number <= last || len(row.Cells) != len(header.Keys) {
			t.Fatalf("row %d after %d, %d cells", row.Number, last, len(row.Cells))
		}
		last = row.Number
		for i, text := range row.Cells {
			if !utf8.ValidString(text) || strings.Contains(text, "\x00") || len(text) > 2*ledger.MaxCell {
				t.Fatalf("%s is %q", header.Keys[i], text)
			}
		}
		for _, issue := range issues {
			if issue.ZH == "" || issue.EN == "" || issue.Reason == "" || !utf8.ValidString(issue.ZH+issue.EN) {
				t.Fatalf("issue %+v", issue)
			}
		}
		if len(issues) == 0 {
			rewrite(t, row)
		}
	}
}

// rewrite writes a row that was read and reads it again.
func rewrite(t *testing.T, row ledger.Row) {
	t.Helper()
	want := row.Map()
	var out bytes.Buffer
	w := ledger.NewCSV(&out, ledger.Figures, ledger.Options{})
	if err := w.Write(want); errors.Is(err, ledger.ErrCell) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := open(out.Bytes(), ledger.Figures)
	if err != nil {
		t.Fatal(err)
	}
	again, issues, err := r.Next()
	if errors.Is(err, io.EOF) && (len(want) == 0 || want["year"] == "年度") {
		return // an empty row, or the headings once more
	}
	if err != nil || len(issues) > 0 {
		t.Fatal(issues, err)
	}
	for key, text := range want {
		if got := again.Cell(key); got != text {
			t.Fatalf("%s: %q became %q", key, text, got)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"年度,代码,数值\n2020,3100,1\n",
		"\ufeffyear;code;value\r\n2020;'=1;\"a\"\"b\r\n\"\r\n",
		"year\tcode\tvalue\r2020\t\t",
		"\xc4\xea\xb6\xc8,\xb4\xfa\xc2\xeb,\xca\xfd\xd6\xb5\n2020,\x90\x30\x81\x30,\xff\n",
		"year,code,value\n1,2,3,4\n\n\"open",
		"year,code,value\n\x00,\xff,\xe4\xb8\n",
		"\xff\xfey\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ledger.NewCSVReader(bytes.NewReader(data), ledger.Figures)
		if err == nil {
			sound(t, r)
		}
	})
}

// FuzzXLSX fuzzes the parts, packed anew each time: a mutated archive would hardly ever
// unpack.
func FuzzXLSX(f *testing.F) {
	const head = `<row r="1"><c r="A1" t="str"><v>year</v></c><c r="B1" t="str"><v>code</v></c><c r="C1" t="s"><v>0</v></c></row>`
	const styles = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-804]yyyy\-mm"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`
	f.Add(head+`<row r="2"><c r="A2"><v>46083</v></c><c r="C2" t="inlineStr"><is><t>'=1</t></is></c></row>`, styles, `<sst><si><t>value</t></si></sst>`)
	f.Add(head+`<row><c><f>1</f></c><c t="e"><v>#N/A</v></c><c t="b"><v>1</v></c><c/><c r="ZZ2"><v>1e300</v></c></row>`, "<a/>", `<sst><si><r><t>val</t></r><r><t>ue</t></r></si></sst>`)
	f.Add(head+`<row r="2"><c t="d"><v>2026-03-02</v></c><c t="s"><v>-1</v></c><c t="str"><v>_x0000_</v></c></row>`, styles, `<sst><si><t>value</t><rPh><t>x</t></rPh></si></sst>`)
	f.Fuzz(func(t *testing.T, rows, styles, shared string) {
		data := pack(t, rows, map[string]string{"xl/styles.xml": styles, "xl/shared.xml": shared})
		r, err := open(data, ledger.Figures)
		var file *ledger.FileError
		switch {
		case err == nil:
			sound(t, r)
		case !errors.As(err, &file):
			t.Fatalf("bare error %v", err)
		}
	})
}

// FuzzArchive feeds raw bytes to the zip reader.
func FuzzArchive(f *testing.F) {
	f.Add(pack(f, xlsxHead, nil))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := open(data, ledger.Applications); err == nil {
			if _, _, err := all(r); err != nil && !errors.Is(err, ledger.ErrFormat) && !errors.Is(err, ledger.ErrLimit) {
				t.Fatal(err)
			}
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2026-03-02", "2026/3/2", "2026年3月2日", "20260302", "２０２６．３．２", "2026-02-30", "2026-03-02T10:00", "", "年月日", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		iso, err := ledger.ParseDate(text)
		if err != nil {
			if iso != "" || !errors.Is(err, ledger.ErrDate) {
				t.Fatalf("%q, %v", iso, err)
			}
			return
		}
		day, err := time.Parse(time.DateOnly, iso)
		if err != nil || day.Format(time.DateOnly) != iso || day.Year() < 1 {
			t.Fatalf("%q → %q: %v", text, iso, err)
		}
		if again, err := ledger.ParseDate(iso); again != iso || err != nil {
			t.Fatalf("%q → %q → %q, %v", text, iso, again, err)
		}
	})
}
