package server

import (
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// What of an identity number and of a phone is shown before it is asked for: the region of
// the one, the beginning of the other, and the end of both.
const (
	idHead, idTail       = 6, 4
	phoneHead, phoneTail = 3, 4
)

// maskApplicant hides the middle of the identity number and of the phone.
func maskApplicant(p *pb.Applicant) {
	p.IdNumber = masked(p.GetIdNumber(), idHead, idTail)
	p.Phone = masked(p.GetPhone(), phoneHead, phoneTail)
}

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
