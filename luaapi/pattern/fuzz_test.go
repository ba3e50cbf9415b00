package pattern

import (
	"testing"
)

func FuzzFind(f *testing.F) {
	for _, row := range table {
		f.Add(row.subject, row.pattern, 0)
	}
	for _, row := range pathological {
		f.Add(row.subject[:min(len(row.subject), 64)], row.pattern, 1)
	}
	f.Fuzz(func(t *testing.T, s, pat string, init int) {
		m := Matcher{Steps: 100_000}
		found, ok, err := m.Find(t.Context(), s, pat, init)
		if err == nil && ok {
			inside(t, s, found)
		}
		it := m.Gmatch(s, pat)
		for last := (Match{Start: -1}); ; {
			found, ok, err := it.Next(t.Context())
			if err != nil || !ok {
				break
			}
			inside(t, s, found)
			if found.Start < last.End || found.Start == last.Start {
				t.Fatalf("match at %d to %d after %d to %d", found.Start, found.End, last.Start, last.End)
			}
			last = found
		}
		identity, _, err := m.GsubText(t.Context(), Sub{Subject: s, Pattern: pat, Max: All, Limit: len(s)}, "%0")
		if err == nil && identity != s {
			t.Fatalf("replaced by itself: got %q, want %q", identity, s)
		}
	})
}

func inside(t *testing.T, s string, m Match) {
	t.Helper()
	if m.Start < 0 || m.End < m.Start || m.End > len(s) {
		t.Fatalf("match at %d to %d of %d bytes", m.Start, m.End, len(s))
	}
	for _, c := range m.Captures {
		if c.Start < m.Start || c.End < c.Start || c.End > m.End {
			t.Fatalf("capture at %d to %d of a match at %d to %d", c.Start, c.End, m.Start, m.End)
		}
	}
}
