package clerk_test

import (
	"testing"
	"time"

	"gongkai/server/clerk"
)

func TestJudge(t *testing.T) {
	noon := time.Date(2026, 6, 30, 4, 0, 0, 0, time.UTC)
	tests := []struct {
		name           string
		last, recorded time.Duration // before now; 0: none
		want           clerk.Distrust
	}{
		{"the first round ever", 0, 0, ""},
		{"as the timer said", clerk.Every, clerk.Every, ""},
		{"two minutes back", clerk.Every - 2*time.Minute, clerk.Every, ""},
		{"more than two minutes back", clerk.Every - 2*time.Minute - time.Second, clerk.Every, clerk.JumpedBack},
		{"a day forward", clerk.Every + 24*time.Hour, clerk.Every, ""},
		{"more than a day forward", clerk.Every + 24*time.Hour + time.Second, clerk.Every, clerk.JumpedForward},
		{"another process was ahead by two minutes", 0, -2 * time.Minute, ""},
		{"another process was ahead by more", 0, -2*time.Minute - time.Second, clerk.JumpedBack},
		{"off over night", 0, 14 * time.Hour, ""},
		{"off over the weekend", 0, 64 * time.Hour, clerk.JumpedForward},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := func(d time.Duration) time.Time {
				if d == 0 {
					return time.Time{}
				}
				return noon.Add(-d)
			}
			if got := clerk.Judge(noon, at(tt.last), at(tt.recorded)); got != tt.want {
				t.Errorf("judged %q, want %q", got, tt.want)
			}
		})
	}
}
