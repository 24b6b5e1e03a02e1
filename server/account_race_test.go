package server_test

import (
	"fmt"
	"sync"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
)

// TestSetUpAtOnce: of many who set up at once with the secret one becomes an administrator.
func TestSetUpAtOnce(t *testing.T) {
	d := startDesk(t, password.DengBao)
	var all sync.WaitGroup
	made := make([]error, 8)
	for i := range made {
		all.Go(func() {
			_, made[i] = d.SetUp(d.from(fmt.Sprintf("198.51.100.%d", i), ""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: fmt.Sprintf("p%d", i), Password: good})
		})
	}
	all.Wait()
	won := ""
	for i, err := range made {
		switch {
		case err == nil && won == "":
			won = fmt.Sprintf("p%d", i)
		case err == nil:
			t.Errorf("p%d set up after %s", i, won)
		default:
			wantReason(t, "another", err, pb.Reason_SET_UP_OVER)
		}
	}
	if won == "" {
		t.Fatalf("nobody set up: %v", made)
	}
	token := d.enter(won, good, "")
	d.enrol(token)
	list, err := d.principals.ListPrincipals(d.by(token), &pb.ListPrincipalsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.GetPrincipals() {
		if !p.GetRemoved() && p.GetName() != "principals/"+won {
			t.Errorf("%s is an administrator too", p.GetName())
		}
	}
	wantReason(t, "the secret as a token", d.calls(d.secret), pb.Reason_TOKEN_INVALID)
}

// TestSetUpGuessesAtOnce: guesses at the secret that come together are counted as those
// that follow one another.
func TestSetUpGuessesAtOnce(t *testing.T) {
	d := startDesk(t, password.DengBao)
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			_, err := d.SetUp(d.from("198.51.100.7", ""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: fmt.Sprint("gk_", i), PrincipalId: "zhao", Password: good})
			wantReason(t, "a guess", err, pb.Reason_SET_UP_OVER)
		})
	}
	all.Wait()
	_, err := d.SetUp(d.from("198.51.100.7", ""), &pb.SetUpRequest{Role: pb.Principal_ADMINISTRATOR, Secret: d.secret, PrincipalId: "zhao", Password: good})
	wantReason(t, "the secret after the guesses", err, pb.Reason_SET_UP_OVER)
}
