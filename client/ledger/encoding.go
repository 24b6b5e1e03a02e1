package ledger

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// charset is the encoding of a CSV file. It stays open while only ASCII was seen, which
// reads the same in all of them.
type charset uint8

const (
	charsetOpen charset = iota
	charsetUTF8
	charsetGB18030
)

// marks are the first bytes that tell what a file is. The longer come first where one
// begins another.
var marks = []struct {
	bytes   string
	charset charset
	err     *FileError
}{
	{"\xef\xbb\xbf", charsetUTF8, nil},
	{"\x84\x31\x95\x33", charsetGB18030, nil},
	{"\xff\xfe", 0, errUTF16},
	{"\xfe\xff", 0, errUTF16},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, errXLS},
}

// sniff looks at the beginning of a CSV file. It returns the length of a byte order
// mark to skip and the encoding as far as it shows.
func sniff(sample []byte) (skip int, c charset, err error) {
	for _, m := range marks {
		if bytes.HasPrefix(sample, []byte(m.bytes)) {
			if m.err != nil {
				return 0, 0, m.err
			}
			return len(m.bytes), m.charset, nil
		}
	}
	head := sample[:min(len(sample), 4)]
	if bytes.Count(head, []byte{0}) > 0 && bytes.Count(head, []byte{0}) < len(head) {
		return 0, 0, errUTF16
	}
	if text := bytes.TrimSpace(sample); len(text) > 0 && text[0] == '<' {
		return 0, 0, errHTML
	}
	return 0, guess(sample), nil
}

// guess tells UTF-8 from GB18030 by weighing characters against broken bytes: Chinese
// text in the one is almost nowhere valid in the other, and a few damaged bytes must not
// turn a whole UTF-8 file into nonsense. A character cut off at the end counts as neither.
func guess(sample []byte) charset {
	good, bad := 0, 0
	for i := 0; i < len(sample); {
		if sample[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(sample[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			good++
		case !utf8.FullRune(sample[i:]):
			return verdict(good, bad)
		default:
			bad++
		}
		i += n
	}
	return verdict(good, bad)
}

func verdict(good, bad int) charset {
	switch {
	case good == 0 && bad == 0:
		return charsetOpen
	case good > bad:
		return charsetUTF8
	}
	return charsetGB18030
}

// gbDecoder turns GB18030 into UTF-8, field by field.
type gbDecoder struct{ decoder *encoding.Decoder }

func newGBDecoder() gbDecoder { return gbDecoder{simplifiedchinese.GB18030.NewDecoder()} }

// append decodes a field onto dst. What does not decode becomes the replacement
// character.
func (d gbDecoder) append(dst, field []byte) []byte {
	if isASCII(field) {
		return append(dst, field...)
	}
	room := 3*len(field) + utf8.UTFMax // no GB18030 byte becomes more than three
	if cap(dst)-len(dst) < room {
		dst = append(dst, make([]byte, room)...)[:len(dst)]
	}
	d.decoder.Reset()
	n, _, err := d.decoder.Transform(dst[len(dst):len(dst)+room], field, true)
	dst = dst[:len(dst)+n]
	if err != nil {
		dst = utf8.AppendRune(dst, utf8.RuneError)
	}
	return dst
}

// damaged tells whether decoding lost something. The replacement character has a
// GB18030 encoding of its own, so a field that holds that is not judged.
func (gbDecoder) damaged(text string, field []byte) bool {
	return strings.ContainsRune(text, utf8.RuneError) && !bytes.Contains(field, []byte("\x84\x31\xa4\x37"))
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
