package server

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// snapshot is a year as it stood at a settled instant, with its hash. It is refused where
// the form does not balance.
func (s *Server) snapshot(ctx context.Context, m mutation, year int, form report.Form, at time.Time) (frozenFacts, error) {
	facts := frozenFacts{Format: 1, Year: year, State: stateFrozen, Form: string(form), Actor: m.actor, At: at.UTC(), Tally: map[string]int64{}}
	err := s.store.View(ctx, func(r storage.Reader) error {
		a, err := agencyAt(r, m.agency, at)
		if err == nil {
			facts.Variant = string(report.VariantOf(a.Settings, year))
			facts.Figures, err = figuresAt(r, m.agency, year, at)
		}
		return err
	})
	if err != nil {
		return facts, err
	}
	tally, lists := report.Tally{}, listHash{}
	err = (&past{server: s, agency: m.agency, at: []time.Time{at}}).each(ctx, func(x stand) error {
		counts := report.AppendYear(nil, x.counts[0], year)
		tally.Add(counts, 1)
		lists.add(x, counts)
		return nil
	})
	if err != nil {
		return facts, err
	}
	for t, n := range tally {
		facts.Tally[t.Key()] = n
	}
	if err := unbalanced(&facts, form); err != nil {
		return facts, err
	}
	facts.Lists = lists.sum()
	digest := facts.digest(m.agency)
	facts.Hash = hex.EncodeToString(digest)
	if s.signingKey != nil {
		facts.Signature = hex.EncodeToString(ed25519.Sign(s.signingKey, digest))
		if public, ok := s.signingKey.Public().(ed25519.PublicKey); ok {
			facts.Key = hex.EncodeToString(public)
		}
	}
	return facts, nil
}

// unbalanced refuses a form of which an identity fails, and names the identities.
func unbalanced(facts *frozenFacts, form report.Form) error {
	rep, err := facts.report(form)
	if err != nil {
		return err
	}
	var zh, en []string
	for _, f := range rep.Findings() {
		if f.Status == report.Fail {
			zh, en = append(zh, f.ID+" "+f.Message.ZH), append(en, f.ID+" "+f.Message.EN)
		}
	}
	if len(en) == 0 {
		return nil
	}
	more := ""
	if len(en) > cellsNamed {
		zh, en, more = zh[:cellsNamed], en[:cellsNamed], "…"
	}
	return failf(pb.Reason_REPORT_UNBALANCED, "%[1]d年度报告的勾稽关系不符，不能冻结：%[2]s。请先更正所列数据（gongkai report --year %[1]d 可查看）",
		"the report on %[1]d does not balance and cannot be frozen: %[3]s. Correct those figures first (gongkai report --year %[1]d shows them)",
		facts.Year, listed(strings.Join(zh, "；")+more), listed(strings.Join(en, "; ")+more))
}

// unmoved asks within an Update whether a year still is what the snapshot says. The count
// of moves sees every act of this process; the tally those of another server too.
func (s *Server) unmoved(r storage.Reader, agency string, moved int64, facts *frozenFacts) error {
	tally, err := r.Tally(agency, firstYear, facts.Year)
	if err != nil {
		return err
	}
	now := map[string]int64{}
	for t, n := range tally.Year(facts.Year) {
		now[t.Key()] = n
	}
	list, err := r.Figures(agency, facts.Year)
	if err != nil {
		return err
	}
	if s.moves.of(agency) != moved || !maps.Equal(now, facts.Tally) || !maps.Equal(byCode(list), facts.Figures) {
		return errMoved
	}
	return nil
}

// listHash commits to the list behind each tuple: which applications and remedies, in the
// order of their entry.
type listHash map[string]hash.Hash

func (l listHash) add(x stand, counts []report.Count) {
	for _, c := range counts {
		key := c.Tuple.Key()
		h := l[key]
		if h == nil {
			h = sha256.New()
			l[key] = h
		}
		id := "remedy"
		if x.app != nil {
			id = "application"
		}
		writeLine(h, "%s/%d %d", id, x.id(), c.N)
	}
}

// id is the key of the application or remedy.
func (x stand) id() int64 {
	if x.app != nil {
		return x.app.ID
	}
	return x.remedy.ID
}

func (l listHash) sum() string {
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(l)) {
		writeLine(h, "%s %x", key, l[key].Sum(nil))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digest is the SHA-256 of a frozen year: a line for each fact, those of a kind in the
// order of their keys. It covers what was reported, not who froze it.
func (f *frozenFacts) digest(agency string) []byte {
	h := sha256.New()
	writeLine(h, "gongkai frozen report 1")
	writeLine(h, "agency %s", agency)
	writeLine(h, "year %d", f.Year)
	writeLine(h, "form %s %s", f.Form, f.Variant)
	for _, key := range slices.Sorted(maps.Keys(f.Tally)) {
		writeLine(h, "tally %s %d", key, f.Tally[key])
	}
	for _, key := range slices.Sorted(maps.Keys(f.Figures)) {
		writeLine(h, "figure %s %s", key, f.Figures[key])
	}
	writeLine(h, "lists %s", f.Lists)
	return h.Sum(nil)
}

// writeLine writes to a hash, which never fails.
func writeLine(h io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(h, format+"\n", args...)
}
