package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
)

// stepForm is what a dialog shows of the inputs of an act.
type stepForm struct {
	Needed, More []*field
	Open         bool // something among More is filled in or wrong
}

// fields are the inputs of an act below a path, such as actions[0].extend, filled in as
// they were sent or as they begin.
func (p *page) fields(path string, inputs []input, about *pb.Application) stepForm {
	var out stepForm
	for _, in := range inputs {
		d := p.field(path+"."+in.name, in, about)
		if in.must || in.start != "" {
			out.Needed = append(out.Needed, d)
			continue
		}
		out.More = append(out.More, d)
		out.Open = out.Open || d.Value != "" || d.Wrong() != ""
	}
	return out
}

// field is one input.
func (p *page) field(name string, in input, about *pb.Application) *field {
	f := p.form()
	d := f.Field(name, in.label.in(p.lang)).Hint(in.hint.in(p.lang)).Most(in.length)
	if in.must {
		d.Must()
	}
	fresh := p.r.Method == "GET" && !f.values.Has(name)
	switch in.kind {
	case dayInput:
		d.Day().Most(0)
		if in.now && fresh {
			d.Value = p.today()
		}
	case numberInput:
		d.Number()
	case yuanInput:
		d.Keys = "decimal"
	case areaInput:
		d.Text(2)
	case linesInput:
		d.Text(4).Value = strings.Join(f.values[name], "\n")
	case checkInput:
		d.Check()
	case choiceInput, basisInput, numberOfLetter:
		p.options(d, in, about)
	case textInput:
	}
	if in.start != "" && fresh {
		d.Value = in.start
	}
	return d
}

// options are what may be chosen.
func (p *page) options(d *field, in input, about *pb.Application) {
	if in.kind == basisInput {
		p.basisOptions(d, about)
		return
	}
	if in.kind == numberOfLetter {
		for _, c := range about.GetConsultations() {
			d.Option(strconv.Itoa(int(c.GetConsultation())), p.letterLine(c))
		}
		return
	}
	for _, c := range in.choices {
		d.Option(c, labelOf(p.lang, c))
	}
	if len(in.choices) <= 4 {
		d.Radio().Full()
	}
}

// basisOptions are the bases of the Regulation that applies.
func (p *page) basisOptions(d *field, about *pb.Application) {
	for _, b := range ledgerBases {
		if about.GetRegime() == regime2008 || !slices.Contains(bases2008, b.key) {
			d.Option(b.key, b.text.in(p.lang))
		}
	}
}

// letterLine tells one letter that asks for an opinion.
func (p *page) letterLine(c *pb.Consultation) string {
	return text{"第", "No. "}.in(p.lang) + strconv.Itoa(int(c.GetConsultation())) + text{"号 ", " "}.in(p.lang) +
		labelOf(p.lang, c.GetKind()) + " " + c.GetSendDate()
}

// readStep fills one act of a request with what was sent below its path, and tells whether
// all of it could be read. Nothing else that was sent reaches the request.
func (p *page) readStep(m proto.Message, path string, inputs []input) bool {
	f := p.form()
	s := &form{RequestID: f.RequestID, lang: p.lang, values: url.Values{}}
	for _, in := range inputs {
		name := path + "." + in.name
		values := f.values[name]
		switch {
		case in.kind == linesInput:
			values = strings.Split(strings.Join(values, "\n"), "\n")
		case in.kind == yuanInput && f.Value(name) != "":
			fen, ok := fenOf(f.Value(name))
			if !ok {
				s.wrong(name, text{"金额应为元，至多两位小数，如 12.50", "must be an amount in yuan with at most two decimals, such as 12.50"})
			}
			values = []string{fen}
		}
		if s.Problem(name) == "" {
			s.values[name] = values
		}
	}
	ok := len(s.Problems) == 0
	ok = s.into(m) && ok
	f.Problems = append(f.Problems, s.Problems...)
	touch(m.ProtoReflect(), strings.Split(path, "."))
	return ok
}

// touch sets the message at a path, so that an act stands in the request though nothing
// was entered for it.
func touch(m protoreflect.Message, path []string) {
	for _, part := range path {
		name, index, indexed := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		d := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if d == nil || d.Kind() != protoreflect.MessageKind {
			return
		}
		if !indexed {
			m = m.Mutable(d).Message()
			continue
		}
		n, err := strconv.Atoi(index)
		if err != nil {
			return
		}
		list := m.Mutable(d).List()
		for list.Len() <= n {
			list.AppendMutable()
		}
		m = list.Get(n).Message()
	}
}

// fenOf reads an amount in yuan: 12, 12.5 or 12.50.
func fenOf(yuan string) (string, bool) {
	whole, part, _ := strings.Cut(strings.TrimSpace(yuan), ".")
	if len(part) > 2 {
		return "", false
	}
	fen := whole + part + strings.Repeat("0", 2-len(part))
	n, err := strconv.ParseInt(fen, 10, 64)
	if err != nil || n < 0 || strings.ContainsAny(fen, "+-") || whole == "" {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}

// yuanOf writes an amount in fen.
func yuanOf(fen int64) string {
	cents := strconv.FormatInt(fen%100, 10)
	if len(cents) == 1 {
		cents = "0" + cents
	}
	return strconv.FormatInt(fen/100, 10) + "." + cents
}

// bytesOf writes a size for people.
func bytesOf(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1<<20:
		return strconv.FormatInt((n+1<<9)>>10, 10) + " KB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
}

// filled tells whether anything was entered below a path.
func (f *form) filled(path string, inputs []input) bool {
	return slices.ContainsFunc(inputs, func(in input) bool {
		return strings.TrimSpace(f.Value(path+"."+in.name)) != ""
	})
}

// fact is one thing that a record says.
type fact struct{ Label, Text string }

// factsOf lists what an act says, in the words of its dialog.
func (p *page) factsOf(m protoreflect.Message, inputs []input) []fact {
	var out []fact
	for _, in := range inputs {
		d := m.Descriptor().Fields().ByName(protoreflect.Name(in.name))
		if d != nil && m.Has(d) {
			out = append(out, fact{in.label.in(p.lang), p.valueOf(m, d, in)})
		}
	}
	return out
}

func (p *page) valueOf(m protoreflect.Message, d protoreflect.FieldDescriptor, in input) string {
	v := m.Get(d)
	switch {
	case d.IsList():
		var lines []string
		for i := range v.List().Len() {
			lines = append(lines, v.List().Get(i).String())
		}
		return strings.Join(lines, "\n")
	case in.kind == yuanInput:
		return yuanOf(v.Int())
	case in.kind == checkInput:
		return text{"是", "yes"}.in(p.lang)
	case in.kind == basisInput:
		return basisLabel(p.lang, v.String())
	case d.Kind() == protoreflect.EnumKind:
		return labelOf(p.lang, string(d.Enum().Values().ByNumber(v.Enum()).Name()))
	case in.kind == choiceInput:
		return labelOf(p.lang, v.String())
	}
	return v.String()
}

// fill puts what an act says into the inputs below a path, to be corrected there.
func (f *form) fill(path string, m protoreflect.Message, inputs []input) {
	f.values = maps.Clone(f.values)
	for _, in := range inputs {
		d := m.Descriptor().Fields().ByName(protoreflect.Name(in.name))
		name := path + "." + in.name
		if d == nil || !m.Has(d) || f.values.Has(name) {
			continue
		}
		v := m.Get(d)
		switch {
		case d.IsList():
			for i := range v.List().Len() {
				f.values.Add(name, v.List().Get(i).String())
			}
		case in.kind == yuanInput:
			f.values.Set(name, yuanOf(v.Int()))
		default:
			f.values.Set(name, v.String())
		}
	}
}
