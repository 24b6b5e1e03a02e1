package server

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// What follows is for the verification of a register: what events say that their objects
// became, and the columns that are derived from them.

// CachesOf are the columns by which the store orders open applications.
func CachesOf(rules workflow.Rules, a *workflow.Application) storage.Caches {
	return cachesOf(rules, a)
}

// RemedyAfter is a remedy as an event left it.
func RemedyAfter(e *storage.Event) (workflow.Remedy, error) { return remedyAfter(e) }

// AgencyAfter is an agency as an event left it, but for the time of its creation.
func AgencyAfter(e *storage.Event) (storage.Agency, error) {
	var f agencyFacts
	if err := decodeFacts(e, &f); err != nil {
		return storage.Agency{}, err
	}
	id := strings.TrimPrefix(e.Object, storage.AgencyObject(""))
	return storage.Agency{ID: id, DisplayName: f.Name, Parent: f.Parent, Settings: f.Settings, Revision: e.Revision}, nil
}

// PrincipalAfter is the principal that an event created, but for its token.
func PrincipalAfter(e *storage.Event) (storage.Principal, error) {
	var f struct {
		Role   workflow.Role `json:"role"`
		Person string        `json:"person"`
	}
	if err := decodeFacts(e, &f); err != nil {
		return storage.Principal{}, err
	}
	return storage.Principal{Agency: e.Agency, ID: strings.TrimPrefix(e.Object, storage.PrincipalObject("")), Role: f.Role, Person: f.Person}, nil
}

// FigureAfter is a figure as an event left it.
func FigureAfter(e *storage.Event) (storage.Figure, error) {
	var f struct {
		Value report.Figure `json:"value"`
	}
	if err := decodeFacts(e, &f); err != nil {
		return storage.Figure{}, err
	}
	year, code, _ := strings.Cut(strings.TrimPrefix(e.Object, "figure/"), "/")
	n, err := strconv.Atoi(year)
	if err != nil {
		return storage.Figure{}, fmt.Errorf("year of %s: %w", e.Object, err)
	}
	return storage.Figure{Year: n, Code: code, Value: f.Value}, nil
}

func decodeFacts(e *storage.Event, into any) error {
	if err := json.Unmarshal(e.Facts, into); err != nil {
		return fmt.Errorf("decoding event %d of %s: %w", e.Revision, e.Object, err)
	}
	return nil
}
