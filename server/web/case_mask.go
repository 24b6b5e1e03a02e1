package web

import "strings"

// What of an identity number and of a phone is shown before it is asked for.
const (
	idHead, idTail       = 6, 4
	phoneHead, phoneTail = 3, 4
)

// maskedID shows the region of an identity number and its end.
func maskedID(value string) string { return masked(value, idHead, idTail) }

// maskedPhone shows the beginning of a phone number and its end.
func maskedPhone(value string) string { return masked(value, phoneHead, phoneTail) }

// masked hides the middle of a value. Of a short one it shows less, so that never more than
// two thirds of it are told.
func masked(value string, head, tail int) string {
	r := []rune(strings.TrimSpace(value))
	for len(r) > 0 && head+tail > len(r)*2/3 {
		head, tail = head/2, tail/2
	}
	if len(r) == 0 {
		return ""
	}
	return string(r[:head]) + strings.Repeat("•", len(r)-head-tail) + string(r[len(r)-tail:])
}
