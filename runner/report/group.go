package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// maxPlaces is how many places are named where scenarios share something; the rest is counted.
const maxPlaces = 5

// groups gathers scenarios that went wrong in the same way, so that one cause is told once.
type groups struct {
	bySignature map[string]*group
	order       []*group
}

// group is the scenarios with one signature. The first was told in full.
type group struct {
	first    string // its place
	declared string // where it is declared
	name     string // its name
	word     string
	verb     string
	short    string   // what is wrong, in one line
	count    int      // the first included
	places   []string // of the others, the first few
	target   string   // the address, where the cause is a target that cannot be reached
}

// add puts a result into its group and returns that, with whether the result is the group's first.
func (g *groups) add(res *Result, t text) (*group, bool) {
	sign := signature(res)
	if gr := g.bySignature[sign]; gr != nil {
		gr.count++
		if len(gr.places) < maxPlaces {
			gr.places = append(gr.places, gr.place(res))
		}
		return gr, false
	}
	gr := &group{first: location(res), declared: fmt.Sprintf("%s:%d", res.Finish.File, res.Finish.Line), name: event.Safe(res.Key.Name) + t.which(res.Key), word: t.word(res), verb: verb(res), count: 1, target: unreachable(res)}
	if faults := faultsOf(res.Told()); len(faults) > 0 {
		gr.short = inShort(faults[0])
	}
	if g.bySignature == nil {
		g.bySignature = map[string]*group{}
	}
	g.bySignature[sign] = gr
	g.order = append(g.order, gr)
	return gr, true
}

// place is where another result of the group is declared; by its name where that is the same line, as in a loop.
func (g *group) place(res *Result) string {
	at := location(res)
	if declared := fmt.Sprintf("%s:%d", res.Finish.File, res.Finish.Line); declared == g.declared {
		return at + " " + event.Safe(res.Key.Name)
	}
	return at
}

// sameWay names the scenarios of the group but the first.
func (g *group) sameWay() string {
	if g.target != "" {
		return fmt.Sprintf("%s could not reach %s either: %s", count(int64(g.count-1), "more scenario"), event.Safe(g.target), g.others())
	}
	return fmt.Sprintf("%s more %s the same way: %s", thousands(int64(g.count-1)), g.verb, g.others())
}

func (g *group) others() string { return named(g.places, g.count-1) }

// named lists the first places of n.
func named(places []string, n int) string {
	s := strings.Join(places, ", ")
	if rest := n - len(places); rest > 0 {
		s += " and " + count(int64(rest), "other")
	}
	return s
}

func verb(res *Result) string {
	switch {
	case res.Flaky():
		return "were flaky"
	case res.Finish.Outcome == event.Error:
		return "ended"
	case res.Finish.Outcome == event.Warned:
		return "warned"
	}
	return "failed"
}

// unreachable is the address that a scenario could not connect to, or "". Only the first connect of a scenario makes it an
// error of this kind; when a later one fails the server has died, which is a failure to be told.
func unreachable(res *Result) string {
	f := res.Finish
	if f == nil || f.Outcome != event.Error || len(f.Failures) == 0 {
		return ""
	}
	switch f.Failures[0].Kind {
	case "refused", "unreachable", "dns", "timeout":
		return firstOf(firstOf(f.Failures[0].Address, f.Address), f.Target)
	}
	return ""
}

// signature is equal for scenarios that went wrong in the same way, which is to say probably of one cause.
func signature(res *Result) string {
	f := res.Told().Finish
	if f == nil {
		return "unfinished"
	}
	if address := unreachable(res); address != "" {
		return strings.Join([]string{"unreachable", f.Failures[0].Kind, address}, "\x00")
	}
	parts := []string{f.Target, string(res.Finish.Outcome)}
	for _, fault := range faultsOf(res.Told()) {
		parts = append(parts, signatureOf(fault, f)...)
	}
	return strings.Join(parts, "\x00")
}

// signatureOf goes by what the server said where it refused: the words of a refusal name its cause, whatever was wanted of
// whichever command. A reply that agrees says nothing ("250 Ok"), so what was tested counts too: the references or, without
// any, the line of the script.
func signatureOf(f *event.Failure, s *event.ScenarioFinish) []string {
	at := strings.Join(s.Refs, ",")
	if at == "" {
		at = placeOf(f.Position)
	}
	switch f.Kind {
	case "expectation":
		if got := normalise(f.Got); refusal.MatchString(got) {
			return []string{f.Kind, f.Level, got}
		}
		return []string{f.Kind, f.Level, at, f.Want, normalise(f.Got)}
	case "interrupted":
		return []string{f.Kind}
	case "reset", "close", "tls", "dns", "internal":
		return []string{f.Kind, f.Level, normalise(f.Message), normalise(f.Got)}
	case "lua":
		if f.Helper != nil {
			at = placeOf(*f.Helper)
		} else {
			at = placeOf(f.Position)
		}
	}
	return []string{f.Kind, f.Level, at, f.Want, normalise(f.Got), normalise(f.Message)}
}

var (
	refusal  = regexp.MustCompile(`^[45]\d\d`)
	variable = regexp.MustCompile(`<[^<>]*>|\[[^\[\]]*\]|"[^"]*"|[\w.:@+=/-]*\d[\w.:@+=/-]*`)
	codes    = regexp.MustCompile(`^\d{3}[ -]?(?:\d\.\d{1,3}\.\d{1,3})?`)
)

// normalise replaces what differs from one reply to the next of the same kind: queue ids, addresses, times. The reply's
// own codes stay.
func normalise(s string) string {
	code := codes.FindString(s)
	return code + variable.ReplaceAllString(s[len(code):], "#")
}
