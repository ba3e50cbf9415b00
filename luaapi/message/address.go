package message

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Address is a mailbox (RFC 5322 3.4). One whose Address is a group, as in "undisclosed-recipients:;", is written as it is.
type Address struct {
	Name    string // decoded; "" where there is none
	Address string // without angle brackets
}

// ParseAddresses reads a list of addresses, with or without names, as header fields and people write them. It takes what it can: the
// members of groups, comments, names that should have been quoted; what is no address at all is given as one without a domain.
func ParseAddresses(s string) (list []Address) {
	p := addressParser{s: unfold(s)}
	for p.at < len(p.s) {
		if a, ok := p.next(); ok {
			list = append(list, a)
		}
	}
	return list
}

// addressParser reads one address after the other.
type addressParser struct {
	s  string
	at int
}

// next reads up to the next comma, or the end of a group.
func (p *addressParser) next() (Address, bool) {
	var words []byte
	var comment, address string
	angle := false
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch c {
		case ',', ';':
			return mailbox(string(words), comment, address, angle)
		case ':':
			words = words[:0] // that was the name of a group
		case '"':
			raw := p.upTo('"')
			if p.at < len(p.s) && p.s[p.at] == '@' {
				words = append(words, `"`+raw+`"`...) // a local part
			} else {
				words = append(words, unescape(raw)...)
			}
		case '(':
			comment = addComment(comment, p.comment())
		case '<':
			address, angle = p.upTo('>'), true
		case '[': // an address literal, which may have a colon
			words = append(words, "["+p.upTo(']')+"]"...)
		default:
			words = append(words, c)
		}
	}
	return mailbox(string(words), comment, address, angle)
}

// upTo reads up to an end, which an escaped one is not.
func (p *addressParser) upTo(end byte) string {
	start := p.at
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch {
		case c == end:
			return p.s[start : p.at-1]
		case c == '\\' && p.at < len(p.s):
			p.at++
		case c == '"' && end == '>':
			p.upTo('"')
		}
	}
	return p.s[start:]
}

func (p *addressParser) comment() string {
	start, depth := p.at, 1
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch c {
		case '\\':
			p.at = min(p.at+1, len(p.s))
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return unescape(p.s[start : p.at-1])
			}
		}
	}
	return unescape(p.s[start:])
}

// addComment puts comments together, as long as anybody wants to read them.
func addComment(all, one string) string {
	if len(all) > 1000 {
		return all
	}
	return strings.TrimSpace(all + " " + one)
}

// mailbox is what the parts of an address are; without angle brackets the words are the address, and a comment names it (RFC 5322 3.4).
func mailbox(words, comment, address string, angle bool) (Address, bool) {
	name := strings.TrimSpace(words)
	if !angle {
		address, name = name, comment
	}
	address = strings.TrimSpace(address)
	if route, rest, ok := strings.Cut(address, ":"); ok && strings.HasPrefix(route, "@") {
		address = rest // a source route (RFC 5322 4.4)
	}
	return Address{Name: DecodeWords(name), Address: address}, angle || address != ""
}

// unescape takes the backslashes out of quoted text.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// quote is text as a quoted string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// addressField writes a field of addresses.
func addressField(name string, list []Address, utf8Header bool) (string, error) {
	var words []string
	for i, a := range list {
		w, err := addressWords(a, utf8Header, len(name)+2)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if i < len(list)-1 {
			w[len(w)-1] += ","
		}
		words = append(words, w...)
	}
	return fold(name, words), nil
}

func addressWords(a Address, utf8Header bool, before int) ([]string, error) {
	switch {
	case hasControl(a.Address) || strings.Contains(a.Address, "\t"):
		return nil, fmt.Errorf("a control character is in the address %q", a.Address)
	case !isASCII(a.Address) && !utf8Header:
		return nil, fmt.Errorf("the address %s is not ASCII, and addresses are never encoded: smtputf8 = true writes it as it is", a.Address)
	case len(a.Address) > maxLine-4:
		return nil, fmt.Errorf("an address of %d octets does not fit into a line of %d", len(a.Address), maxLine)
	case IsGroup(a.Address):
		return strings.Split(a.Address, " "), nil
	}
	if a.Name == "" {
		if a.Address == "" || strings.ContainsAny(a.Address, "<>, ") {
			return []string{"<" + a.Address + ">"}, nil
		}
		return []string{a.Address}, nil
	}
	words, err := phrase(a.Name, utf8Header, before)
	return append(words, "<"+a.Address+">"), err
}

// IsGroup tells whether text is a group of addresses (RFC 5322 3.4).
func IsGroup(s string) bool { return strings.HasSuffix(s, ";") && strings.Contains(s, ":") }

// phrase writes a name: as it is, quoted, or in encoded words.
func phrase(name string, utf8Header bool, before int) ([]string, error) {
	if !utf8.ValidString(name) {
		return nil, fmt.Errorf("the name %q is no UTF-8", name)
	}
	words, ok := plainWords("", name)
	switch {
	case !ok || hasControl(name) || !utf8Header && !isPlain(name):
		return encodeWords(name, true, before), nil
	case isAtoms(name):
		return words, nil
	}
	words, _ = plainWords("", quote(name))
	return words, nil
}

// isAtoms tells whether text is words of plain characters (RFC 5322 3.2.3), one blank between them.
func isAtoms(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c < utf8.RuneSelf && strings.IndexByte("!#$%&'*+-/=?^_`{|}~ ", c) < 0 {
			return false
		}
	}
	return !strings.Contains(s, "  ")
}

// HasDomain tells whether an address has an @ with something on both sides.
func HasDomain(address string) bool {
	local, domain, ok := cutLast(address, "@")
	return ok && local != "" && domain != ""
}
