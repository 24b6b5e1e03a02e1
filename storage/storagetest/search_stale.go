package storagetest

import (
	"testing"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/search"
)

// searchStale: what was read before somebody else indexed is refused, and a change that
// came between reading and indexing is not forgotten.
func searchStale(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	read := func() (u storage.Unindexed) {
		f.view(func(r storage.Reader) (err error) {
			u, err = r.Unindexed("east", 10)
			return err
		})
		return u
	}
	u := read()
	b := *a
	b.Revision++
	b.Applicant.Name = "李四"
	f.change(a, &b)
	f.update("east", func(w storage.Writer) error { return w.Index(u) })
	f.update("east", func(w storage.Writer) error {
		wantErr(t, "the same again", w.Index(u), storage.ErrStale)
		return nil
	})
	if got := f.search("east", search.Query{Name: "李四"}); len(got.Applications) != 1 || got.Behind != 1 {
		t.Errorf("changed in between: %d found, %d behind", len(got.Applications), got.Behind)
	}
	u = read()
	c := b
	c.Revision++
	c.Applicant.Name = "赵六"
	f.change(&b, &c)
	f.update("east", func(w storage.Writer) error { return w.Index(u) })
	if got := f.search("east", search.Query{Name: "赵六"}); len(got.Applications) != 1 || got.Behind != 1 {
		t.Errorf("changed again in between: %d found, %d behind", len(got.Applications), got.Behind)
	}
}

// searchServers: of two servers that index the same changed application, the one that read
// it earlier and writes it later does not leave it in the index as it was.
func searchServers(t *testing.T, f *fixture) {
	read := func() (u storage.Unindexed) {
		f.view(func(r storage.Reader) (err error) {
			u, err = r.Unindexed("east", 10)
			return err
		})
		return u
	}
	rename := func(a *workflow.Application, name string) *workflow.Application {
		b := *a
		b.Revision++
		b.Applicant.Name = name
		f.change(a, &b)
		return &b
	}
	a := f.add("east", received("2026-03-02"))
	f.index("east", 10)
	a = rename(a, "李四")
	slow := read()
	rename(a, "赵六")
	quick := read()
	for _, u := range []storage.Unindexed{quick, slow} {
		f.update("east", func(w storage.Writer) error { return w.Index(u) })
	}
	if got := f.search("east", search.Query{Name: "赵六"}); len(got.Applications) != 1 {
		t.Errorf("its new name is found %d times, %d behind", len(got.Applications), got.Behind)
	}
}

// searchAnew: an index that is made anew does not forget what changed while a server that
// had read it before was about to write it.
func searchAnew(t *testing.T, f *fixture) {
	a := f.add("east", received("2026-03-02"))
	var slow storage.Unindexed
	f.view(func(r storage.Reader) (err error) {
		slow, err = r.Unindexed("east", 10)
		return err
	})
	b := *a
	b.Revision++
	b.Applicant.Name = "赵六"
	f.change(a, &b)
	f.update("east", func(w storage.Writer) error { return w.ForgetIndex() })
	f.update("east", func(w storage.Writer) error { return w.Index(slow) })
	if got := f.search("east", search.Query{Name: "赵六"}); len(got.Applications) != 1 {
		t.Errorf("its new name is found %d times, %d behind", len(got.Applications), got.Behind)
	}
}
