package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// Row is a row of the table of pages, for tests over all of them.
type Row struct {
	Pattern      string
	Open, Upload bool
	Opens        func(pb.Principal_Role) bool
}

// Table gives the table of a desk.
func Table(h http.Handler) []Row {
	d, ok := h.(*desk)
	if !ok {
		panic("it is no desk")
	}
	var rows []Row
	for _, r := range d.table {
		rows = append(rows, Row{r.pattern, r.open, r.upload > 0, r.opens})
	}
	return rows
}

// Operators are who the pages say look after agencies and settings.
func Operators() []pb.Principal_Role { return systems }

// Grantors make and remove users.
func Grantors() []pb.Principal_Role { return grantors }

// Managers look at the accounts of others.
func Managers() []pb.Principal_Role { return managers }

// MaxCalls is how many calls a page may make.
const MaxCalls = maxCalls

// MaxTaken is of how many agencies that were taken over the desk tells what is open.
const MaxTaken = maxTaken

// OwnPath is where a sign-in leads.
func OwnPath(next string) string { return ownPath(next) }

// Labels are the names that have labels.
func Labels() []string {
	var names []string
	for name := range labels {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// WorkdaysLeft writes a number of days, in Chinese or English.
func WorkdaysLeft(english bool, n int32) string { return workdaysLeft(languageFor(english), n) }

// LongDay writes a day out.
func LongDay(english bool, day string) string { return longDay(languageFor(english), day) }

func languageFor(en bool) language {
	if en {
		return english
	}
	return chinese
}

// SecretInputs are the inputs that are never kept.
func SecretInputs() []string { return secretInputs }

// KeepUnsent keeps one form of a size for each of so many accounts, and tells how many were
// kept.
func KeepUnsent(accounts, size int) (kept int) {
	u := newUnsents(time.Now)
	for i := range accounts {
		n := &unsent{owner: strconv.Itoa(i), At: time.Now(), values: url.Values{"description": {strings.Repeat("x", size)}}}
		if u.keep(n) {
			kept++
		}
	}
	return kept
}
