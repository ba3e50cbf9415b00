package runner

import (
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

// issue is why a scenario is expected to fail, and where that is said; the zero value is none.
type issue struct{ reason, where string }

// issue is what the scenario itself says, or the list of known deviations says of it and of this server.
func (r *run) issue(j *Job, res *luaapi.Result) issue {
	if j.Decl.KnownIssue != "" {
		return issue{r.cfg.mask(j.Decl.KnownIssue), "known_issue"}
	}
	greeting := r.greeting(j, res)
	for i := range r.cfg.Known {
		k := &r.cfg.Known[i]
		if k.ID != j.Decl.ID || !k.Matches(greeting, j.Key.Target) {
			continue
		}
		if !k.Expired(time.Now()) {
			return issue{r.cfg.mask(k.Text()), "it from " + k.Where}
		}
		if worst(res) == event.Failed {
			hint := fmt.Sprintf("%s took it for known until %s: %s", k.Where, k.Until.Format(time.DateOnly), r.cfg.mask(k.Text()))
			res.Failures[0].Hint = strings.TrimPrefix(res.Failures[0].Hint+"; "+hint, "; ")
		}
	}
	return issue{}
}

// greeting is what the server said first: in this scenario, or in one before it.
func (r *run) greeting(j *Job, res *luaapi.Result) string {
	if len(r.cfg.Known) == 0 {
		return ""
	}
	for _, e := range res.Events {
		if w, ok := e.(*event.Wire); ok && w.Dir == event.In {
			if text := string(w.Data); strings.HasPrefix(text, "220") {
				r.greetings.Store(j.Target, text)
				return text
			}
			break
		}
	}
	said, _ := r.greetings.Load(j.Target)
	text, _ := said.(string)
	return text
}
