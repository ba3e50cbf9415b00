package luaapi

import (
	"encoding/json"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Reproduction is the failure that a script was written to show again. It stands in a comment at its head, so that a run of the script can
// tell whether it still fails in the same way.
type Reproduction struct {
	Kind    string `json:"kind"` // as of event.Failure
	Message string `json:"message"`
	Want    string `json:"want,omitempty"`
	Got     string `json:"got,omitempty"`
}

// reproductionMark is what such a comment begins with.
const reproductionMark = "-- smtpspec:fails "

// Comment is the line that stands for it.
func (r Reproduction) Comment() (string, error) {
	b, err := json.Marshal(r)
	return reproductionMark + string(b), err
}

// reproductionOf looks for one in the comments that a source begins with. The error is a *LoadError.
func reproductionOf(path, source string) (*Reproduction, error) {
	n := 0
	for line := range strings.Lines(source) {
		n++
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "--") && line != "" {
			return nil, nil
		}
		text, ok := strings.CutPrefix(line, reproductionMark)
		if !ok {
			continue
		}
		r := &Reproduction{}
		if err := json.Unmarshal([]byte(text), r); err != nil || r.Kind == "" {
			return nil, loadError(path, n, "%s is followed by the failure in JSON, as smtpspec writes it: take the line out, or as it was", strings.TrimSpace(reproductionMark))
		}
		return r, nil
	}
	return nil, nil
}

// compare says how an attempt went beside the failure that it is to show again; "" when it came to no verdict.
func (r *Reproduction) compare(res *Result) string {
	was := r.Message
	if r.Want != "" {
		was += ": want " + r.Want + ", got " + r.Got
	}
	switch {
	case res.Skipped || res.Interrupted:
		return ""
	case len(res.Failures) == 0:
		return "passes now; it failed with: " + was
	case r.same(&res.Failures[0]):
		return "still fails in the same way"
	}
	return "fails differently; it failed with: " + was
}

// same goes by what was wanted and, of a reply that came instead, by its codes: its text may have a time or a queue id in it.
func (r *Reproduction) same(f *event.Failure) bool {
	if r.Kind != f.Kind || r.Want != f.Want {
		return false
	}
	if r.Want == "" {
		return r.Message == f.Message
	}
	return codesOf(r.Got) == codesOf(f.Got)
}

// codesOf is the code of a reply that stands in a message, with its enhanced one; "" where there is none.
func codesOf(got string) string {
	last := got[strings.LastIndexByte(got, '\n')+1:]
	if len(last) < 3 || strings.Trim(last[:3], "0123456789") != "" {
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimLeft(last[3:], " -"), " ")
	if strings.Count(word, ".") == 2 && strings.Trim(word, "0123456789.") == "" {
		return last[:3] + " " + word
	}
	return last[:3]
}
