package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// grid writes a table in columns as wide as their widest cell, Chinese characters
// counting two. Nothing is cut off: a long text makes a long line, and a text of several
// lines a tall row.
func grid(out io.Writer, header []string, rows [][]string) error {
	cells := make([][][]string, 0, len(rows)+1)
	if header != nil {
		cells = append(cells, lines(header))
	}
	for _, row := range rows {
		cells = append(cells, lines(row))
	}
	var widths []int
	for _, row := range cells {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			for _, line := range cell {
				widths[i] = max(widths[i], uniseg.StringWidth(line))
			}
		}
	}
	w := bufio.NewWriter(out)
	for i, row := range cells {
		writeRow(w, row, widths)
		if i == 0 && header != nil {
			writeRule(w, widths)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

const gap = "  "

func writeRow(w *bufio.Writer, row [][]string, widths []int) {
	height := 1
	for _, cell := range row {
		height = max(height, len(cell))
	}
	for n := range height {
		var line strings.Builder
		for i, cell := range row {
			text := ""
			if n < len(cell) {
				text = cell[n]
			}
			line.WriteString(text)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(text)) + gap)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func writeRule(w *bufio.Writer, widths []int) {
	rules := make([]string, len(widths))
	for i, width := range widths {
		rules[i] = strings.Repeat("-", width)
	}
	fmt.Fprintln(w, strings.Join(rules, gap))
}

// lines splits the cells of a row into lines.
func lines(row []string) [][]string {
	split := make([][]string, len(row))
	for i, cell := range row {
		split[i] = strings.Split(visible(cell), "\n")
	}
	return split
}

// visible makes a text safe for a terminal. What applicants write may hold control
// characters that would move the cursor or turn the direction of writing; they are shown
// as codes. Line breaks stay, tabs become spaces.
func visible(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		return r
	}, escapeControls(text))
}

func escapeControls(text string) string {
	isControl := func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
	}
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	var safe strings.Builder
	for _, r := range text {
		if isControl(r) {
			fmt.Fprintf(&safe, "<%04X>", r)
		} else {
			safe.WriteRune(r)
		}
	}
	return safe.String()
}
