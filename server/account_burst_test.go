package server_test

import (
	"fmt"
	"sync"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
)

// TestBurstFromOneSource: an address has five guesses, also where it makes them at once, so
// that it locks one account and not three.
func TestBurstFromOneSource(t *testing.T) {
	d := startDesk(t, password.DengBao)
	d.tree("wjw")
	var ids []string
	for _, id := range []string{"li", "sun", "wu"} {
		ids = append(ids, d.officer("wjw", id))
	}
	var wg sync.WaitGroup
	heard := make(chan string, 15)
	for i := range cap(heard) {
		wg.Go(func() {
			_, err := d.SignIn(d.from("198.51.100.9", ""), &pb.SignInRequest{Account: ids[i%len(ids)], Password: fmt.Sprint("Wrong#guess-", i)})
			heard <- reasonOf(err)
		})
	}
	wg.Wait()
	close(heard)
	guesses := 0
	for r := range heard {
		if r == pb.Reason_SIGN_IN_REFUSED.String() {
			guesses++
		}
	}
	if guesses != 5 {
		t.Errorf("%d guesses were heard from one address, want 5", guesses)
	}
}
