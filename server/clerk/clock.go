package clerk

import "time"

// Distrust is why the clock is not believed; empty: it is.
type Distrust string

// The reasons.
const (
	JumpedBack    Distrust = "JUMPED_BACK"    // by over two minutes
	JumpedForward Distrust = "JUMPED_FORWARD" // by over 24 hours
)

// What a clock may be off by before nothing legal happens by itself any more.
const (
	mayGoBack    = 2 * time.Minute
	mayGoForward = 24 * time.Hour
)

// Judge asks whether a clock can be believed. last is the round before in this process,
// zero if there was none, which the timer put Every ago; recorded is the last round that
// the register knows, perhaps of another process. A machine that was off for over a day
// cannot be told from a clock that jumped, so that a person has to look.
func Judge(now, last, recorded time.Time) Distrust {
	if !last.IsZero() {
		jump := now.Round(0).Sub(last.Round(0)) - Every // wall clock against the timer
		if jump < -mayGoBack {
			return JumpedBack
		}
		if jump > mayGoForward {
			return JumpedForward
		}
	}
	if recorded.IsZero() {
		return ""
	}
	switch d := now.Round(0).Sub(recorded.Round(0)); {
	case d < -mayGoBack:
		return JumpedBack
	case d > mayGoForward+Silence:
		return JumpedForward
	}
	return ""
}
