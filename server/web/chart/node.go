package chart

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// node is an element of a drawing or table. Whatever comes from data enters it as an
// attribute or as text, and encoding/xml escapes both.
type node struct {
	start xml.StartElement
	words string
	kids  []*node
}

// el makes an element; attributes come as pairs of a name and a string or number.
func el(name string, attrs ...any) *node {
	n := &node{start: xml.StartElement{Name: xml.Name{Local: name}}}
	for i := 0; i+1 < len(attrs); i += 2 {
		n.set(fmt.Sprint(attrs[i]), attrs[i+1])
	}
	return n
}

func (n *node) set(name string, value any) *node {
	var words string
	switch v := value.(type) {
	case float64:
		words = num(v)
	case int:
		words = strconv.Itoa(v)
	case string:
		words = v
	default:
		words = fmt.Sprint(v)
	}
	n.start.Attr = append(n.start.Attr, xml.Attr{Name: xml.Name{Local: name}, Value: words})
	return n
}

func (n *node) say(words string) *node { n.words = words; return n }

func (n *node) add(kids ...*node) *node { n.kids = append(n.kids, kids...); return n }

// html writes an element.
func (n *node) html() template.HTML {
	var out strings.Builder
	e := xml.NewEncoder(&out)
	n.write(e)
	if err := e.Flush(); err != nil { // into memory, and every element is closed
		panic(fmt.Sprintf("chart: writing an element: %v", err))
	}
	return template.HTML(out.String()) //nolint:gosec // encoding/xml escaped it
}

func (n *node) write(e *xml.Encoder) {
	tokens := []xml.Token{n.start}
	if n.words != "" {
		tokens = append(tokens, xml.CharData(plain(n.words)))
	}
	for _, t := range tokens {
		if err := e.EncodeToken(t); err != nil {
			panic(fmt.Sprintf("chart: writing an element: %v", err))
		}
	}
	for _, k := range n.kids {
		k.write(e)
	}
	if err := e.EncodeToken(n.start.End()); err != nil {
		panic(fmt.Sprintf("chart: writing an element: %v", err))
	}
}

// num writes a coordinate to a tenth of a unit.
func num(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // never -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
