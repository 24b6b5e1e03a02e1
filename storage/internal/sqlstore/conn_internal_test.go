package sqlstore

import (
	"slices"
	"testing"
)

// TestPlaced: parameters keep their arguments when they lose their numbers.
func TestPlaced(t *testing.T) {
	for _, x := range []struct {
		text, asked string
		order       []int
	}{
		{"SELECT 1", "SELECT 1", nil},
		{"SELECT a FROM t WHERE b = $1 AND c = $2", "SELECT a FROM t WHERE b = ? AND c = ?", []int{0, 1}},
		{"UPDATE t SET a = $3, b = $1 WHERE c = $2 AND d = $1", "UPDATE t SET a = ?, b = ? WHERE c = ? AND d = ?", []int{2, 0, 1, 0}},
		{"VALUES ($1, $11, $10, $2)", "VALUES (?, ?, ?, ?)", []int{0, 10, 9, 1}},
	} {
		if asked, order := placed(x.text); asked != x.asked || !slices.Equal(order, x.order) {
			t.Errorf("%s becomes %s %v, want %s %v", x.text, asked, order, x.asked, x.order)
		}
	}
}
