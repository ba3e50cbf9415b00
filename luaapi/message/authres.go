package message

import "strings"

// AuthenticationResults is what a server says of a message that it checked (RFC 8601).
//
// They are read here, and not by go-msgauth: that ends at a semicolon in a comment or in quotes, drops comments and most properties, and
// splits quoted text at its blanks. TestAuthenticationResultsOfServers has such fields, and what the library makes of them.
type AuthenticationResults struct {
	Server  string // its authserv-id
	Version string // "" or "1"
	Results []AuthenticationResult
	Problem string // what could not be read
}

// AuthenticationResult is that of one method.
type AuthenticationResult struct {
	Method, Version string // "spf"; "" or "1"
	Result          string // "pass", "fail", …, in lower case
	Reason          string
	Properties      []Param // as "smtp.mailfrom", in lower case
	Comment         string
}

// ParseAuthenticationResults reads the value of such a field.
func ParseAuthenticationResults(value string) AuthenticationResults {
	p := authParser{addressParser{s: unfold(value)}}
	var a AuthenticationResults
	a.Server, _ = p.word(false)
	a.Version, _ = p.word(false)
	if !p.end() {
		a.Problem = "after the server's name and the version something else than a semicolon comes"
		p.skip()
	}
	for p.at < len(p.s) {
		r, problem := p.result()
		if problem != "" {
			a.Problem = problem
			continue
		}
		if r.Method != "" {
			a.Results = append(a.Results, r)
		}
	}
	return a
}

type authParser struct{ addressParser }

// result reads one, up to and with its semicolon. Of "none" it gives nothing.
func (p *authParser) result() (r AuthenticationResult, problem string) {
	name, comment := p.word(false)
	r.Comment = comment
	if name == "" || strings.EqualFold(name, "none") {
		p.skip()
		return AuthenticationResult{}, ""
	}
	r.Method, r.Version, _ = strings.Cut(strings.ToLower(name), "/")
	if !p.equals() {
		p.skip()
		return r, "no result after the method " + quote(short(name))
	}
	value, comment := p.word(true)
	r.Result = strings.ToLower(value)
	r.note(comment)
	for !p.end() {
		name, comment := p.word(false)
		r.note(comment)
		if name == "" && !p.equals() {
			if p.end() {
				return r, problem
			}
			p.at++ // a character that has no place here
			continue
		}
		if !p.equals() {
			problem = "no value after the property " + quote(short(name))
			continue
		}
		value, comment := p.word(true)
		r.note(comment)
		if strings.EqualFold(name, "reason") {
			r.Reason = value
		} else {
			r.Properties = append(r.Properties, Param{strings.ToLower(name), value})
		}
	}
	return r, problem
}

func (r *AuthenticationResult) note(comment string) {
	r.Comment = addComment(r.Comment, comment)
}

// blanks skips blanks and comments, and gives the comments.
func (p *authParser) blanks() (comment string) {
	for p.at < len(p.s) {
		switch p.s[p.at] {
		case ' ', '\t':
			p.at++
		case '(':
			p.at++
			comment = addComment(comment, p.comment())
		default:
			return comment
		}
	}
	return comment
}

// word reads a word, quoted or not, and the comments around it. A value may have "=" in it.
func (p *authParser) word(value bool) (word, comment string) {
	comment = p.blanks()
	var b []byte
	for p.at < len(p.s) {
		c := p.s[p.at]
		if c == '"' {
			p.at++
			b = append(b, unescape(p.upTo('"'))...)
			continue
		}
		if c == ' ' || c == '\t' || c == ';' || c == '(' || c == '=' && !value {
			break
		}
		b = append(b, c)
		p.at++
	}
	return string(b), strings.TrimSpace(comment + " " + p.blanks())
}

func (p *authParser) equals() bool {
	p.blanks()
	if p.at < len(p.s) && p.s[p.at] == '=' {
		p.at++
		return true
	}
	return false
}

// end tells whether a result ends here, and goes behind its semicolon.
func (p *authParser) end() bool {
	p.blanks()
	if p.at < len(p.s) && p.s[p.at] == ';' {
		p.at++
		return true
	}
	return p.at == len(p.s)
}

// skip goes behind the next semicolon.
func (p *authParser) skip() { p.paramText(";") }
