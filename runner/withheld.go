package runner

import (
	"slices"

	"github.com/smtpspec/smtpspec/luaapi"
)

// withheld says why a scenario does not run though it is selected: what may harm a server (the tag "intrusive": floods, guesses of passwords, what has
// crashed servers), and what takes minutes in the built-in suites (the tag "slow"), has to be asked for by that tag, its id, its line or --last-failed, and where the
// target is not this machine by --intrusive besides. "" says that it runs.
func (s *Selection) withheld(j *Job, line bool) string {
	tag := ""
	switch tags := j.Decl.Tags; {
	case slices.Contains(tags, "intrusive"):
		tag = "intrusive"
	case slices.Contains(tags, "slow") && luaapi.IsShipped(j.Key.File):
		tag = "slow"
	}
	asked := line || s.Last || len(s.IDs) > 0 || s.Tags != nil && slices.Contains(s.Tags.words, tag)
	switch {
	case tag == "":
		return ""
	case !asked:
		return "it is " + tag + ", and runs with --tag " + tag
	case tag == "intrusive" && !s.Intrusive && j.Target != nil && !j.Target.Loopback():
		return "it is intrusive, and the target is not this machine: it runs with --intrusive"
	}
	return ""
}
