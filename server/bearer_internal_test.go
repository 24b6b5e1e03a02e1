package server

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"gongkai/storage"
)

// TestBearers: who is known is not asked for again for as long as the answer holds, and
// nobody is remembered from before all were forgotten.
func TestBearers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k bearers
		hash := hashOf("gk_a")
		asked := func() bearer { return bearer{asked: machineTime(), principal: storage.Principal{ID: "li"}} }
		_, era, ok := k.find(hash)
		if ok {
			t.Fatal("a stranger is known")
		}
		k.keep(hash, asked(), era)
		<-time.NewTimer(tokenAge - time.Millisecond).C
		if b, _, ok := k.find(hash); !ok || b.principal.ID != "li" {
			t.Errorf("within its time: %v %v", b.principal.ID, ok)
		}
		if _, _, ok := k.find(hashOf("gk_b")); ok {
			t.Error("another token is known")
		}
		<-time.NewTimer(time.Millisecond).C
		if _, _, ok := k.find(hash); ok {
			t.Error("the answer still holds after its time")
		}

		late := asked() // the register is asked, and somebody removed before its answer is kept
		k.forget()
		k.keep(hash, late, era)
		if _, _, ok := k.find(hash); ok {
			t.Error("an answer from before the removal was kept")
		}
		_, era, _ = k.find(hash)
		for i := range 3 * mostTokens {
			k.keep(hashOf(fmt.Sprint(i)), asked(), era)
			if len(k.known) > mostTokens {
				t.Fatalf("%d tokens are remembered", len(k.known))
			}
		}
	})
}
