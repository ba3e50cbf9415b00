package luaapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// requirementSpec is one entry of requires, taken apart.
type requirementSpec struct {
	absent  bool
	fact    string // "" for a keyword
	state   string // "", "clear" or "tls"
	keyword string
	param   string
}

// parseRequirement reads a fact in lower case, or an EHLO keyword in upper case, as in "!tls:AUTH PLAIN".
func parseRequirement(text string) (requirementSpec, error) {
	var r requirementSpec
	rest := strings.TrimSpace(text)
	rest, r.absent = strings.CutPrefix(rest, "!")
	for _, state := range []string{"clear", "tls"} {
		if after, ok := strings.CutPrefix(rest, state+":"); ok {
			r.state, rest = state, after
		}
	}
	word, param, _ := strings.Cut(rest, " ")
	switch {
	case word == "":
		return r, fmt.Errorf("option requires: %q names nothing", text)
	case word == strings.ToUpper(word):
		r.keyword, r.param = word, strings.TrimSpace(param)
	case word == strings.ToLower(word) && r.state == "" && param == "" && isName(word):
		r.fact = word
	default:
		return r, fmt.Errorf("option requires: %q is neither a fact in lower case nor an EHLO keyword in upper case", text)
	}
	return r, nil
}

// Missing says why the scenario cannot be run against the target of env: what it requires and is not there. "" says that all is.
// An error says that the target did not answer the question.
func (d *Declaration) Missing(ctx context.Context, env *Env) (string, error) {
	for _, text := range d.Requires {
		r, err := parseRequirement(text)
		if err != nil {
			return "", err
		}
		if r.fact != "" {
			if reason := factMissing(env.Target, r); reason != "" {
				return reason, nil
			}
			continue
		}
		reason, err := env.Keywords.missing(ctx, env, r)
		if reason != "" || err != nil {
			return reason, err
		}
	}
	return "", nil
}

// MissingFact is what the scenario needs to know of a target and does not, without asking it anything: "" for nothing.
func (d *Declaration) MissingFact(t *Target) string {
	for _, text := range d.Requires {
		r, err := parseRequirement(text)
		if err != nil || r.fact == "" {
			continue
		}
		if reason := factMissing(t, r); reason != "" {
			return reason
		}
	}
	return ""
}

func factMissing(t *Target, r requirementSpec) string {
	_, set := t.fact(r.fact)
	switch {
	case set == !r.absent:
		return ""
	case r.absent:
		return "needs a target without the fact " + r.fact
	}
	hint := ""
	if factNames[r.fact] == "" {
		hint = spell.Hint(r.fact, t.others(r.fact))
	}
	return "needs the fact " + r.fact + hint
}

// Keywords asks a target once what it offers in reply to EHLO, in clear and in TLS. Its zero value is ready.
type Keywords struct {
	clear, session, tls asked
}

type asked struct {
	once     sync.Once
	keywords map[string]string
	err      error
}

func (k *Keywords) missing(ctx context.Context, env *Env, r requirementSpec) (string, error) {
	a, mode := &k.session, env.Target.Text("tls")
	switch {
	case r.state == "tls" && mode == "none":
		a, mode = &k.tls, "starttls" // sessions stay in clear: the server is asked for TLS all the same
	case mode == "starttls" && (r.state == "clear" || r.keyword == "STARTTLS" && r.state == ""):
		a, mode = &k.clear, "none"
	}
	// An answer that did not come is kept like one that did: it would be waited for as often as there are scenarios.
	a.once.Do(func() { a.keywords, a.err = askKeywords(ctx, env, mode) })
	var refused *refusedHello
	switch {
	case errors.As(a.err, &refused): // as a server does that is busy, or whose policy we are not to the taste of
		return refused.Error(), nil
	case a.err != nil:
		return "", a.err
	}
	return compareKeyword(a.keywords, r), nil
}

// refusedHello is a server that answers as it should, but does not let us in.
type refusedHello struct{ text string }

func (e *refusedHello) Error() string { return e.text }

func compareKeyword(keywords map[string]string, r requirementSpec) string {
	name := strings.TrimSpace(r.keyword + " " + r.param)
	if r.state != "" {
		name += map[string]string{"clear": " in clear", "tls": " in TLS"}[r.state]
	}
	switch has := offers(keywords, r.keyword, r.param); {
	case has == !r.absent:
		return ""
	case r.absent:
		return "needs a server without " + name
	}
	return "the server does not offer " + name
}

// askKeywords holds a session of its own, the way smtp.session does.
func askKeywords(ctx context.Context, env *Env, mode string) (map[string]string, error) {
	w := wire.Where{Network: env.Target.Network(), Address: env.Target.Address(), LMTP: env.Target.LMTP(), ID: 1, Resolver: env.DNS.Dialer()}
	patience := env.Limits.reply("")
	limit := time.Now().Add(patience)
	c, err := wire.Dial(ctx, w, time.Now().Add(env.Limits.ConnectLimit()), &wire.Transcript{})
	if err != nil {
		return nil, fmt.Errorf("asking %s what it offers: the connect ended with: %w", w.Address, err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, c.Interrupt)()
	steps := asking{ctx: ctx, c: c, limit: limit, patience: patience, env: env}
	steps.run(mode)
	if steps.err != nil {
		return nil, fmt.Errorf("asking %s what it offers: %w", w.Address, steps.err)
	}
	return keywordsOf(c.Hello), nil
}

// asking is the conversation of askKeywords; the first error stays.
type asking struct {
	ctx      context.Context
	c        *wire.Conn
	limit    time.Time
	patience time.Duration
	env      *Env
	err      error
}

func (s *asking) run(mode string) {
	hello := fmt.Sprintf("%s %v", helloVerb(s.env.Target.LMTP()), first(s.env.Target.fact("ehlo")))
	if mode == "implicit" {
		s.handshake()
	}
	s.step("", 220)
	s.step(hello, 250)
	if mode == "starttls" {
		s.step("STARTTLS", 220)
		s.handshake()
		s.step(hello, 250)
	}
	if s.err == nil {
		s.c.Write(s.ctx, []byte("QUIT\r\n"), wire.WriteOptions{Idle: time.Second})
	}
}

func first(v any, _ bool) any { return v }

func (s *asking) step(line string, want int) {
	if s.err != nil {
		return
	}
	if line != "" {
		s.c.Write(s.ctx, []byte(line+"\r\n"), wire.WriteOptions{Idle: s.patience})
	}
	r := s.c.ReadReply(s.ctx, s.limit)
	if r.Code != want {
		text := fmt.Sprintf("want %d to %s, got %s", want, orGreeting(line), (&reply{Reply: r}).summary(s.patience))
		if s.err = errors.New(text); r.Ended == wire.None && r.Code >= 400 && r.Code < 600 {
			s.err = &refusedHello{text}
		}
	}
}

func orGreeting(line string) string {
	if line == "" {
		return "the connect"
	}
	return line
}

func (s *asking) handshake() {
	if s.err != nil {
		return
	}
	own, err := s.env.Target.certificate() // EXTERNAL may be offered to who has one alone
	if s.err = err; err == nil {
		// What the server's is worth is not the question here.
		s.err = s.c.Handshake(s.ctx, wire.TLSOptions{ServerName: s.env.Target.Host(), Lenient: true, Certificates: own}, s.limit)
	}
}
