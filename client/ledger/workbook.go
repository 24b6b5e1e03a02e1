package ledger

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// workbook is what the parts beside the sheets say: which sheets may be meant, how cells
// are styled, which texts they share.
type workbook struct {
	archive  *archive
	sheets   []bookSheet
	named    bool // the one sheet is called by the kind of ledger
	date1904 bool
	styles   []style
	shared   []string
}

// bookSheet is a sheet that may be the one that is looked for.
type bookSheet struct{ name, part string }

// maxShared is the most shared texts: more than 100,000 rows can have.
const maxShared = 5_000_000

type relationships struct {
	List []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// byType gives the target of the first relationship whose type ends so. Types are URLs
// that differ between the transitional and the strict format in all but the end.
func (r relationships) byType(base, kind string) (string, bool) {
	for _, rel := range r.List {
		if strings.HasSuffix(rel.Type, "/"+kind) {
			return resolve(base, rel.Target), true
		}
	}
	return "", false
}

func (r relationships) byID(base, id string) (string, bool) {
	for _, rel := range r.List {
		if rel.ID == id {
			return resolve(base, rel.Target), true
		}
	}
	return "", false
}

type workbookXML struct {
	Properties struct {
		Date1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []sheetXML `xml:"sheets>sheet"`
}

type sheetXML struct {
	Name  string     `xml:"name,attr"`
	State string     `xml:"state,attr"`
	Attrs []xml.Attr `xml:",any,attr"`
}

// relation is the id under which the workbook's relationships know the sheet.
func (s sheetXML) relation() string {
	for _, a := range s.Attrs {
		if a.Name.Local == "id" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// readWorkbook reads all parts but the sheets.
func readWorkbook(a *archive, sheet Sheet) (*workbook, error) {
	main := "xl/workbook.xml"
	var root relationships
	if err := a.decode("_rels/.rels", &root); err != nil {
		return nil, err
	}
	if part, ok := root.byType("", "officeDocument"); ok {
		main = part
	}
	var book workbookXML
	if err := a.decode(main, &book); err != nil {
		return nil, err
	}
	var rels relationships
	if err := a.decode(path.Join(path.Dir(main), "_rels", path.Base(main)+".rels"), &rels); err != nil {
		return nil, err
	}
	w := &workbook{archive: a, date1904: isTrue(book.Properties.Date1904)}
	var chosen []sheetXML
	chosen, w.named = chooseSheets(book.Sheets, sheet)
	for _, s := range chosen {
		if part, ok := rels.byID(main, s.relation()); ok {
			w.sheets = append(w.sheets, bookSheet{s.Name, part})
		}
	}
	if w.sheets == nil {
		return nil, damaged(errors.New("no sheet"))
	}
	if part, ok := rels.byType(main, "styles"); ok {
		var s stylesXML
		if err := a.decode(part, &s); err != nil {
			return nil, err
		}
		w.styles = s.styles()
	}
	if part, ok := rels.byType(main, "sharedStrings"); ok {
		return w, w.readShared(a, part)
	}
	return w, nil
}

// chooseSheets finds the sheet that is called by the kind of ledger; where none is, the
// visible ones in order, which tell by their headings what they are.
func chooseSheets(sheets []sheetXML, sheet Sheet) (chosen []sheetXML, named bool) {
	for _, s := range sheets {
		if slices.Contains(sheetNames[sheet], fold(s.Name)) {
			return []sheetXML{s}, true
		}
		if s.State == "" || s.State == "visible" {
			chosen = append(chosen, s)
		}
	}
	return chosen, false
}

// readShared reads the texts that cells refer to by number.
func (w *workbook) readShared(a *archive, name string) error {
	part, guard, err := a.open(name)
	if err != nil {
		return err
	}
	if err := w.scanShared(xml.NewDecoder(guard)); err != nil {
		return errors.Join(damaged(err), part.Close())
	}
	return part.Close()
}

func (w *workbook) scanShared(d *xml.Decoder) error {
	var text richText
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			text.start(t.Name.Local)
		case xml.CharData:
			text.add(t)
		case xml.EndElement:
			if text.end(t.Name.Local) {
				if len(w.shared) == maxShared {
					return tooLarge("sharedStrings")
				}
				w.shared = append(w.shared, text.take())
			}
		}
	}
}

// isTrue reads an XML boolean.
func isTrue(text string) bool { return text == "1" || text == "true" }
