package workflow_test

import (
	"testing"

	"pgregory.net/rapid"

	"gongkai/workflow"
)

// unit is what the k-th request of a month, or the k-th page, costs in fen, as the text of
// 国办函〔2020〕109号 Arts 4 and 5 says it.
func unit(tariff workflow.Tariff, k int) int64 {
	if tariff == workflow.PerRequest {
		switch {
		case k <= 10:
			return 0
		case k <= 30:
			return 100_00
		}
		return 100_00 * int64(2+(k-31)/10)
	}
	switch {
	case k <= 30:
		return 0
	case k <= 100:
		return 10_00
	case k <= 200:
		return 20_00
	}
	return 40_00
}

func TestFeeExamples(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		tariff workflow.Tariff
		n      int
		yuan   int64
	}{
		{"no request", workflow.PerRequest, 0, 0},
		{"10 requests", workflow.PerRequest, 10, 0},
		{"11 requests", workflow.PerRequest, 11, 100},
		{"30 requests", workflow.PerRequest, 30, 2000},
		{"35 requests", workflow.PerRequest, 35, 3000},
		{"45 requests", workflow.PerRequest, 45, 5500},
		{"30 pages", workflow.PerPage, 30, 0},
		{"100 pages", workflow.PerPage, 100, 700},
		{"200 pages", workflow.PerPage, 200, 2700},
		{"250 pages", workflow.PerPage, 250, 4700},
		{"an unknown tariff", "PER_WORD", 250, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, _ := test.tariff.Fee(test.n); got != test.yuan*100 {
				t.Errorf("%d fen, want %d yuan", got, test.yuan)
			}
		})
	}
}

// TestFeeByLoop adds up unit by unit, and says that the lines of a calculation follow each
// other without gap, add up and cite their article.
func TestFeeByLoop(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tariff := rapid.SampledFrom([]workflow.Tariff{workflow.PerRequest, workflow.PerPage}).Draw(t, "tariff")
		n := rapid.IntRange(0, 3000).Draw(t, "n")
		var want int64
		for k := 1; k <= n; k++ {
			want += unit(tariff, k)
		}
		got, lines := tariff.Fee(n)
		if got != want || n > 0 && tariff.Price(n) != unit(tariff, n) {
			t.Fatalf("%s of %d: %d, the last %d; want %d, %d", tariff, n, got, tariff.Price(n), want, unit(tariff, n))
		}
		next, sum := 1, int64(0)
		for _, l := range lines {
			if l.First != next || l.Last < l.First || l.Amount != int64(l.Last-l.First+1)*l.Price || l.Article == "" {
				t.Fatalf("%s of %d: line %+v after %d", tariff, n, l, next-1)
			}
			next, sum = l.Last+1, sum+l.Amount
		}
		if next != n+1 || sum != got {
			t.Fatalf("%s of %d: lines end at %d and add up to %d", tariff, n, next-1, sum)
		}
	})
}
