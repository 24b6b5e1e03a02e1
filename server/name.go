package server

import (
	"encoding/base32"
	"encoding/binary"
	"strings"

	"gongkai/storage"
)

// Resource names: agencies/{agency}/applications/{application} and so on. What a client
// sees of a key is opaque.

var base = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// idText writes a key without leading zeros, so that names stay short.
func idText(id int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(id))
	text := strings.TrimLeft(base.EncodeToString(b[:]), "0")
	if text == "" {
		return "0"
	}
	return text
}

// idOf reads what idText wrote; 0 for anything else.
func idOf(text string) int64 {
	const full = 13
	if text == "" || len(text) > full || text[0] == '0' {
		return 0
	}
	raw, err := base.DecodeString(strings.Repeat("0", full-len(text)) + text)
	if err != nil || len(raw) != 8 {
		return 0
	}
	id := int64(binary.BigEndian.Uint64(raw))
	if idText(id) != text {
		return 0
	}
	return id
}

const numberPrefix = "no:"

func agencyName(id string) string { return "agencies/" + id }

func applicationName(agency string, id int64) string {
	return agencyName(agency) + "/applications/" + idText(id)
}

func remedyName(agency string, id int64) string {
	return agencyName(agency) + "/remedies/" + idText(id)
}

func principalName(p storage.Principal) string {
	if p.Agency == "" {
		return "principals/" + p.ID
	}
	return agencyName(p.Agency) + "/principals/" + p.ID
}

// agencyIn is the agency that a resource name begins with; empty if it names none.
func agencyIn(name string) string {
	rest, ok := strings.CutPrefix(name, "agencies/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// child splits agencies/{agency}/{collection}/{id}.
func child(name, collection string) (agency, id string, ok bool) {
	parts := strings.SplitN(name, "/", 4)
	if len(parts) != 4 || parts[0] != "agencies" || parts[2] != collection || parts[1] == "" || parts[3] == "" {
		return "", "", false
	}
	return parts[1], parts[3], true
}

// parentAgency reads agencies/{agency}.
func parentAgency(field, name string) (string, error) {
	id, ok := strings.CutPrefix(name, "agencies/")
	if !ok || id == "" || strings.Contains(id, "/") {
		return "", invalid(field, "%[1]s应为agencies/{机关代码}，收到“%[2]s”", "%[1]s must be agencies/{agency}, got %[2]q", field, name)
	}
	return id, nil
}
