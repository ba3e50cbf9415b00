// Package spell finds the name that was meant: every unknown name in smtpspec is an error that suggests the nearest one.
package spell

import (
	"sort"
	"strings"
)

// Nearest returns the candidate closest to word by edits (a swap of neighbours is one), ignoring case and the difference
// between "-" and "_". Candidates further away than a third of the word are not offered.
func Nearest(word string, candidates []string) (string, bool) {
	best, distance := "", 1+max(1, len(word)/3)
	sorted := append([]string(nil), candidates...)
	sort.Strings(sorted) // the same word gets the same suggestion in every run
	for _, c := range sorted {
		if d := edits(fold(word), fold(c)); d < distance {
			best, distance = c, d
		}
	}
	return best, best != ""
}

// Hint is ` (did you mean "x"?)` for the nearest candidate, or "".
func Hint(word string, candidates []string) string {
	if near, ok := Nearest(word, candidates); ok {
		return ` (did you mean "` + near + `"?)`
	}
	return ""
}

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// edits is the optimal string alignment distance.
func edits(a, b string) int {
	prev2, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(b)]
}
