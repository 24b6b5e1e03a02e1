package audit

import (
	"strings"
	"testing"
)

// TestKeeperClock: a checkpoint whose time lies ahead, because the clock was wrong when it
// was made, holds none back once the clock is right.
func TestKeeperClock(t *testing.T) {
	o := newOffice(t)
	o.record(1)
	right := o.now
	o.now = right.AddDate(10, 0, 0)
	if _, err := Write(t.Context(), o.store, o.keeper.Signer, o.keeper.File, o.now); err != nil {
		t.Fatal(err)
	}
	o.now = right
	last := map[string]kept{}
	if err := o.keeper.recall(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	o.record(1)
	for range 3 {
		o.now = o.now.Add(o.keeper.Every)
		if err := o.keeper.round(t.Context(), last, false); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.size(); got != 2 {
		t.Errorf("a quarter of an hour later the last checkpoint is of %d records, there are 2", got)
	}
}

// TestLongGarbage: a power cut may leave a file of checkpoints with a long run of zeros,
// which is passed over as any other torn end.
func TestLongGarbage(t *testing.T) {
	signer, keys := signerOf(t, "log")
	note := func(n int64) string {
		c := Checkpoint{Installation: "0123456789abcdef", Size: n, Time: noon}
		msg, err := c.Sign(signer)
		if err != nil {
			t.Fatal(err)
		}
		return string(msg) + "\n"
	}
	for _, text := range []string{
		note(1) + strings.Repeat("\x00", 200_000),
		note(1) + strings.Repeat("\x00", 200_000) + "#\n\n" + note(2),
		note(1) + strings.Repeat("a\n", 2_000_000) + "\n" + note(2),
	} {
		n := 0
		torn, err := notes(strings.NewReader(text), func(msg []byte) error {
			if _, err := open(msg, keys); err == nil {
				n++
			}
			return nil
		})
		if want := strings.Count(text, signatureMark); err != nil || n != want || torn != 1 {
			t.Errorf("%d of %d checkpoints were read, %d torn: %v", n, want, torn, err)
		}
	}
}
