package pattern

// unfinished is the End of a capture whose ")" is missing.
const unfinished = -1

// Capture is a part of the subject, as byte offsets from 0. A position capture, "()", has Start == End; its value in Lua is Start+1.
type Capture struct {
	Start, End int
	Position   bool
}

// Text is the captured part of s, the subject of the match.
func (c Capture) Text(s string) string { return s[c.Start:c.End] }

// Match is where a pattern matched: s[Start:End]. It stays valid when its Matcher is used again.
type Match struct {
	Start, End int
	Captures   []Capture // in the order of their "("; nil without any. Only Gsub's callers see unfinished ones: ask Capture.
}

// Len counts the values of string.match: the captures, or 1, the whole match, where the pattern has none.
func (m Match) Len() int { return max(1, len(m.Captures)) }

// Capture is the value i, counted from 0, as a replacement sees it: without captures the value 0 is the whole match. The error is that
// of "%9" in a replacement without a ninth capture, or that the capture's ")" is missing.
func (m Match) Capture(i int) (Capture, error) {
	if i == 0 && len(m.Captures) == 0 {
		return Capture{Start: m.Start, End: m.End}, nil
	}
	if i < 0 || i >= len(m.Captures) {
		return Capture{}, errIndex
	}
	if m.Captures[i].End == unfinished {
		return Capture{}, errUnfinished
	}
	return m.Captures[i], nil
}
