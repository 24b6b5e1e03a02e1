package web

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// An input of a setting, a figure or a chapter that somebody else may change while the form
// is open sends along what it showed. So what was only shown is not sent back, and undoes
// nobody's work; and where both changed the same, both texts are shown and neither is lost.

// seenPrefix begins the name of the hidden input beside such an input.
const seenPrefix = "seen/"

// seenAs is what is sent along: the value, or of a long one its digest.
func seenAs(value string) string {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	if len(value) <= 2*sha256.Size {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// touched tells whether an input was changed in the form. One that did not send along what
// it showed counts as changed.
func (f *form) touched(name string) bool {
	seen, watched := f.values[seenPrefix+name]
	return f.values.Has(name) && !(watched && seen[0] == seenAs(f.Value(name)))
}

// crossed tells whether somebody else changed what an input showed to something else than
// what was typed.
func (f *form) crossed(name, now string) bool {
	seen, watched := f.values[seenPrefix+name]
	return watched && f.touched(name) && seen[0] != seenAs(now) && seenAs(f.Value(name)) != seenAs(now)
}

// met notes such a crossing at its input.
func (f *form) met(name, now string) bool {
	if !f.crossed(name, now) {
		return false
	}
	f.wrong(name, text{"您填写期间，他人已修改该项；尚未保存您的内容。请对照现存内容修改，再次保存将以您的内容为准", "Someone else changed this while you wrote; yours is not saved yet. Compare it with what is kept now; saving again keeps yours"})
	return true
}

// watch fills an input with what is kept now, unless it was changed in the form, and sends
// that along. Where both changed it, both are shown.
func (f *form) watch(d *field, now string) *field {
	seen := seenAs(now)
	switch {
	case !f.touched(d.Name):
		d.Value = now
	case f.crossed(d.Name, now):
		d.Crossed, d.Meanwhile = true, now
	case f.values.Has(seenPrefix + d.Name):
		seen = f.Value(seenPrefix + d.Name)
	}
	d.Seen = &seen
	for i := range d.Options {
		d.Options[i].Chosen = d.Options[i].Value == d.Value
	}
	return d
}
