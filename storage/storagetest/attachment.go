package storagetest

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
)

var attachmentTests = map[string]func(*testing.T, *fixture){
	"attachment":              testAttachment,
	"attachment often read":   testAttachmentRead,
	"attachment of nobody":    testAttachmentOfNobody,
	"attachments of an other": testAttachmentsElsewhere,
	"withdrawn attachment":    testWithdrawnAttachment,
	"attachments page":        testAttachmentPages,
	"attachment use":          testAttachmentUse,
	"needed content":          testNeeded,
}

// scan is an attachment whose content says text.
func scan(application int64, text string) storage.Attachment {
	return storage.Attachment{
		Application: application, Kind: "FORM", Name: "申请表'; --.pdf", MediaType: "application/pdf",
		Content: storage.Content{Sum: sha256.Sum256([]byte(text)), Size: int64(len(text))}, CreateTime: noon, Revision: 1,
	}
}

func (f *fixture) attach(agency string, a storage.Attachment) storage.Attachment {
	f.t.Helper()
	f.update(agency, func(w storage.Writer) error {
		b := a
		b.ID = 0
		err := w.InsertAttachment(&b, event("", 1))
		if err == nil {
			a = b
		}
		return err
	})
	return a
}

// withdraw stores that an attachment was withdrawn an hour after noon.
func (f *fixture) withdraw(a storage.Attachment, kept bool) storage.Attachment {
	f.t.Helper()
	after := a
	after.WithdrawTime, after.Reason, after.Kept, after.Revision = noon.Add(time.Hour), "误传", kept, a.Revision+1
	f.update(a.Agency, func(w storage.Writer) error {
		return w.UpdateAttachment(a, after, event(storage.AttachmentObject(a.ID), after.Revision))
	})
	return after
}

func testAttachment(t *testing.T, f *fixture) {
	of := f.add("east", received("2026-03-02"))
	a := f.attach("east", scan(of.ID, "form"))
	if a.ID == 0 || a.Agency != "east" {
		t.Fatalf("inserted as %+v", a)
	}
	if err := f.store.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	f.reopen()
	f.view(func(r storage.Reader) error {
		got, err := r.Attachment("east", a.ID)
		if diff := cmp.Diff(a, got); diff != "" || err != nil {
			t.Errorf("read back (-want +got), %v:\n%s", err, diff)
		}
		events, err := r.Events("east", storage.AttachmentObject(a.ID))
		if err != nil || len(events) != 1 || events[0].Revision != 1 {
			t.Errorf("events %+v, %v", events, err)
		}
		_, err = r.Attachment("west", a.ID)
		wantErr(t, "from another agency", err, storage.ErrNotFound)
		_, err = r.Attachment("east", a.ID+1)
		wantErr(t, "the next id", err, storage.ErrNotFound)
		return nil
	})
}

// testAttachmentRead: of all that was recorded of an attachment the last events are read,
// and no others.
func testAttachmentRead(t *testing.T, f *fixture) {
	of := f.add("east", received("2026-03-02"))
	a := f.withdraw(f.attach("east", scan(of.ID, "form")), true)
	other := f.attach("east", scan(of.ID, "other"))
	object := storage.AttachmentObject(a.ID)
	f.update("east", func(w storage.Writer) error {
		for range 20 {
			if err := w.Record(event(object, 0), event(storage.AttachmentObject(other.ID), 0)); err != nil {
				return err
			}
		}
		return nil
	})
	f.view(func(r storage.Reader) error {
		all, err := r.Events("east", object)
		if err != nil || len(all) != 22 {
			t.Fatalf("%d events, %v", len(all), err)
		}
		for _, limit := range []int{1, 7, 21, 22, 100} {
			got, err := r.LastEvents("east", object, limit)
			if diff := cmp.Diff(all[max(0, len(all)-limit):], got); diff != "" || err != nil {
				t.Errorf("the last %d (-want +got), %v:\n%s", limit, err, diff)
			}
		}
		got, err := r.LastEvents("west", object, 100)
		if err != nil || len(got) != 0 {
			t.Errorf("another agency reads %d, %v", len(got), err)
		}
		return nil
	})
}

func testAttachmentOfNobody(t *testing.T, f *fixture) {
	west := f.add("west", received("2026-03-02"))
	remedy := scan(0, "x")
	remedy.Remedy = 7
	for name, a := range map[string]storage.Attachment{
		"an application that is not there":  scan(west.ID+1, "x"),
		"an application of another agency":  scan(west.ID, "x"),
		"a remedy that is not there":        remedy,
		"neither an application nor remedy": scan(0, "x"),
	} {
		err := f.store.Update(t.Context(), "east", func(w storage.Writer) error { return w.InsertAttachment(&a, event("", 1)) })
		wantErr(t, name, err, storage.ErrNotFound)
	}
	f.view(func(r storage.Reader) error {
		list, err := r.Attachments("east", storage.AttachmentQuery{Limit: 10})
		if err != nil || len(list) != 0 {
			t.Errorf("stored %+v, %v", list, err)
		}
		return nil
	})
}

func testAttachmentsElsewhere(t *testing.T, f *fixture) {
	east, west := f.add("east", received("2026-03-02")), f.add("west", received("2026-03-02"))
	a := f.attach("east", scan(east.ID, "same"))
	f.attach("west", scan(west.ID, "same"))
	f.view(func(r storage.Reader) error {
		list, err := r.Attachments("east", storage.AttachmentQuery{Limit: 10, Application: west.ID})
		if err != nil || len(list) != 0 {
			t.Errorf("another agency's application holds %+v, %v", list, err)
		}
		use, err := r.AttachmentUse("east", west.ID, 0)
		if err != nil || use.Count != 0 {
			t.Errorf("another agency's application uses %+v, %v", use, err)
		}
		return nil
	})
	err := f.store.Update(t.Context(), "west", func(w storage.Writer) error {
		after := a
		after.Revision++
		return w.UpdateAttachment(a, after, event(storage.AttachmentObject(a.ID), 2))
	})
	wantErr(t, "withdrawn by another agency", err, storage.ErrNotFound)
}

func testWithdrawnAttachment(t *testing.T, f *fixture) {
	of := f.add("east", received("2026-03-02"))
	a := f.attach("east", scan(of.ID, "form"))
	after := f.withdraw(a, true)
	f.view(func(r storage.Reader) error {
		got, err := r.Attachment("east", a.ID)
		if diff := cmp.Diff(after, got); diff != "" || err != nil {
			t.Errorf("withdrawn (-want +got), %v:\n%s", err, diff)
		}
		return nil
	})
	err := f.store.Update(t.Context(), "east", func(w storage.Writer) error {
		return w.UpdateAttachment(a, after, event(storage.AttachmentObject(a.ID), 2))
	})
	wantErr(t, "withdrawn again", err, storage.ErrStale)
}

func testAttachmentPages(t *testing.T, f *fixture) {
	x, y := f.add("east", received("2026-03-02")), f.add("east", received("2026-03-03"))
	remedy := workflow.Remedy{ApplicationID: x.ID, Kind: workflow.Complaint, FileDate: date("2026-03-05"), Capacity: workflow.OriginalOrgan, Result: workflow.Pending, Revision: 1, CreateTime: noon}
	f.update("east", func(w storage.Writer) error { return w.InsertRemedy(&remedy, event("", 1)) })
	ofRemedy := scan(0, "ruling")
	ofRemedy.Remedy = remedy.ID
	var want []int64
	for _, a := range []storage.Attachment{scan(x.ID, "1"), scan(y.ID, "2"), ofRemedy, scan(x.ID, "3"), scan(x.ID, "1")} {
		if a = f.attach("east", a); a.Application == x.ID {
			want = append(want, a.ID)
		} else if a.Remedy != 0 {
			ofRemedy = a
		}
	}
	f.view(func(r storage.Reader) error {
		var got []int64
		for q := (storage.AttachmentQuery{Application: x.ID, Limit: 2}); ; {
			page, err := r.Attachments("east", q)
			if err != nil {
				return err
			}
			for _, a := range page {
				got, q.After = append(got, a.ID), a.ID
			}
			if len(page) < q.Limit {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of the application (-want +got):\n%s", diff)
		}
		page, err := r.Attachments("east", storage.AttachmentQuery{Remedy: remedy.ID, Limit: 2})
		if diff := cmp.Diff([]storage.Attachment{ofRemedy}, page); diff != "" || err != nil {
			t.Errorf("of the remedy (-want +got), %v:\n%s", err, diff)
		}
		all, err := r.Attachments("east", storage.AttachmentQuery{Limit: 10})
		if err != nil || len(all) != 5 {
			t.Errorf("of the agency: %d, %v", len(all), err)
		}
		return nil
	})
}

func testAttachmentUse(t *testing.T, f *fixture) {
	of := f.add("east", received("2026-03-02"))
	f.attach("east", scan(of.ID, "1"))
	f.withdraw(f.attach("east", scan(of.ID, "12")), false)
	f.withdraw(f.attach("east", scan(of.ID, "1234")), true)
	f.view(func(r storage.Reader) error {
		got, err := r.AttachmentUse("east", of.ID, 0)
		if diff := cmp.Diff(storage.AttachmentUse{Count: 3, Bytes: 5}, got); diff != "" || err != nil {
			t.Errorf("use (-want +got), %v:\n%s", err, diff)
		}
		got, err = r.AttachmentUse("east", 0, 1)
		if got != (storage.AttachmentUse{}) || err != nil {
			t.Errorf("a remedy without attachments uses %+v, %v", got, err)
		}
		return nil
	})
}

// testNeeded asks who needs contents: any agency, for what stands or was kept, or was
// withdrawn of late.
func testNeeded(t *testing.T, f *fixture) {
	east, west := f.add("east", received("2026-03-02")), f.add("west", received("2026-03-02"))
	f.attach("east", scan(east.ID, "stands"))
	f.withdraw(f.attach("west", scan(west.ID, "kept")), true)
	f.withdraw(f.attach("west", scan(west.ID, "gone")), false)
	f.attach("west", scan(west.ID, "gone elsewhere"))
	f.withdraw(f.attach("east", scan(east.ID, "gone elsewhere")), false)
	withdrawal := noon.Add(time.Hour)
	f.view(func(r storage.Reader) error {
		for _, tt := range []struct {
			text  string
			since time.Time
			want  bool
		}{
			{"stands", withdrawal, true},
			{"kept", withdrawal, true},
			{"gone", withdrawal, false},
			{"gone", withdrawal.Add(-time.Microsecond), true},
			{"gone elsewhere", withdrawal, true},
			{"nobody's", time.Time{}, false},
		} {
			got, err := r.Needed(sha256.Sum256([]byte(tt.text)), tt.since)
			if got != tt.want || err != nil {
				t.Errorf("%q after %v: %v, %v", tt.text, tt.since, got, err)
			}
		}
		return nil
	})
}
