package chart

import "math"

// axis is a scale of counts from zero upwards.
type axis struct {
	top   int64 // at its end
	ticks []int64
	from  float64 // where zero lies
	to    float64 // where the top lies
}

// newAxis makes a scale with whole, round ticks, at most so many above zero.
func newAxis(most int64, from, to float64, atMost int) axis {
	most = max(1, most)
	for power := 1.0; ; power *= 10 {
		for _, s := range []float64{1, 2, 5} {
			if step := s * power; math.Ceil(float64(most)/step) <= float64(atMost) {
				a := axis{from: from, to: to}
				for at := 0.0; ; at += step {
					tick := bounded(at)
					a.ticks = append(a.ticks, tick)
					if tick >= most {
						a.top = tick
						return a
					}
				}
			}
		}
	}
}

// bounded is a number as an integer, the largest where it is beyond.
func bounded(v float64) int64 {
	if v >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(v)
}

// at is where a count lies.
func (a axis) at(n int64) float64 {
	return a.from + (a.to-a.from)*float64(atLeastNone(n))/float64(a.top)
}

// grid draws the ticks of an upright axis.
func (c *canvas) grid(a axis) {
	for _, t := range a.ticks {
		y := a.at(t)
		c.root.add(c.line(left, y, width-right, y, "chart-grid"), label(left-6, y+4, "end", small, cut(c.brief(t), small, left-6)))
	}
}

// every is how many labels to pass over so that they do not touch.
func every(n int, room, widest float64) int {
	if n == 0 {
		return 1
	}
	return max(1, int(math.Ceil((widest+6)/(room/float64(n)))))
}
