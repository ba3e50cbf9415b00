package script

import (
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// credential says what a mechanism proves a client's identity with: facts of the target, in the order user, secret.
type credential struct {
	user    bool
	secret  string // the fact, and the option of auth, that has it
	initial bool   // the first response goes with the command unless told otherwise
}

// mechanisms are those that the language authenticates with.
var mechanisms = map[string]credential{
	"PLAIN": {true, "password", true}, "LOGIN": {true, "password", false}, "CRAM-MD5": {true, "password", false},
	"SCRAM-SHA-1": {true, "password", true}, "SCRAM-SHA-256": {true, "password", true},
	"SCRAM-SHA-1-PLUS": {true, "password", true}, "SCRAM-SHA-256-PLUS": {true, "password", true},
	"XOAUTH2": {true, "token", true}, "OAUTHBEARER": {true, "token", true},
	"EXTERNAL": {false, "", true}, "ANONYMOUS": {false, "", true},
}

// auth writes an exchange as one call, with facts for what is secret. One that was refused is tried with a secret that is wrong.
func (w *writer) auth(k *conn, a *Authentication) {
	mechanism := strings.ToUpper(a.Mechanism)
	known, ok := mechanisms[mechanism]
	if !ok {
		w.lost("an exchange of AUTH " + a.Mechanism + ", which this language does not have")
		return
	}
	w.asks = true
	code := "235"
	switch next := w.next(); {
	case a.Reply != nil:
		code = codeOf(a.Reply)
	case next != nil && next.Kind == Closed && w.conns[next.Conn] == k:
		code = `"close"`
	}
	options := w.credentials(known, a, code)
	if a.Initial != known.initial {
		options = append(options, fmt.Sprintf("initial_response = %t", a.Initial))
	}
	if code != "235" && code != "" {
		options = append(options, "code = "+code)
	}
	call := fmt.Sprintf("%s:auth(%s)", k.name, quote(mechanism))
	if len(options) > 0 {
		call = fmt.Sprintf("%s:auth { mechanism = %s, %s }", k.name, quote(mechanism), strings.Join(options, ", "))
	}
	if pattern := finalPattern(a.Reply); pattern != "" {
		blank := " "
		if len(pattern)+len(call) > column-30 {
			blank = "\n" + indent + indent
		}
		call = fmt.Sprintf("assert.match(%s,%s%s.raw)", quote(pattern), blank, call)
	}
	w.line("%s", call)
}

// finalPattern is what the source requires of the last reply besides its code.
func finalPattern(a *Answer) string {
	if a == nil || a.Match == nil || a.Match.How != Next || len(a.Match.Patterns) != 1 || codeOnly().MatchString(a.Match.Patterns[0]) {
		return ""
	}
	return a.Match.Patterns[0]
}

var codeOnly = lazyregexp.New(`^\^[0-9]*$`)

// credentials are the options that say who logs in.
func (w *writer) credentials(c credential, a *Authentication, code string) (options []string) {
	if !c.user {
		return nil
	}
	user, secret := w.login(c.secret, a)
	w.need(user)
	if user != "user" {
		options = append(options, "user = target."+user)
	}
	refused := strings.HasPrefix(strings.Trim(code, `"`), "4") || strings.HasPrefix(strings.Trim(code, `"`), "5")
	switch {
	case refused:
		return append(options, c.secret+` = "wrong"`)
	case secret != c.secret:
		options = append(options, c.secret+" = target."+secret)
	}
	w.need(secret)
	return options
}

// login names the facts of a user. Those of the first are the target's own, any other has facts to himself.
func (w *writer) login(secret string, a *Authentication) (user, fact string) {
	n := len(w.logins)
	for i, name := range w.logins {
		if name == a.User {
			n = i
		}
	}
	if n == len(w.logins) {
		w.logins = append(w.logins, a.User)
	}
	user, fact = "user", secret
	if n > 0 {
		user = fmt.Sprintf("user%d", n+1)
		fact = user + "_" + secret
	}
	if a.Fact != "" {
		fact = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
				return r
			}
			return '_'
		}, strings.ToLower(a.Fact))
	}
	return user, fact
}
