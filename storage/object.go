package storage

import (
	"slices"
	"strconv"
	"strings"
)

// ApplicationObject names an application in the history of its agency.
func ApplicationObject(id int64) string { return "application/" + strconv.FormatInt(id, 10) }

// RemedyObject names a remedy in the history of its agency.
func RemedyObject(id int64) string { return "remedy/" + strconv.FormatInt(id, 10) }

// FigureObject names an entered figure in the history of its agency.
func FigureObject(year int, code string) string { return "figure/" + strconv.Itoa(year) + "/" + code }

// AgencyObject names an agency in its own history.
func AgencyObject(id string) string { return "agency/" + id }

// PrincipalObject names a principal in the history of its agency.
func PrincipalObject(id string) string { return "principal/" + id }

// rowless are the kinds of objects that have no rows: what they became stands in their
// newest event.
var rowless = [...]string{"accept", "calendar", "clerk", "feed", "freeze", "issued", "letter", "narrative", "notice", "number", "received", "reminder", "template", "templatefile"}

// Rowless reports whether an object is of a kind that has no rows.
func Rowless(object string) bool {
	kind, _, found := strings.Cut(object, "/")
	return found && slices.Contains(rowless[:], kind)
}
