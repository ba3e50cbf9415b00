package demo

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of RFC 5321 4.5.3.1 and, for a label, RFC 1035 2.3.4.
const (
	maxLocal  = 64
	maxLabel  = 63
	maxDomain = 255
	maxPath   = 256 // with its angle brackets
)

// path is a reverse-path or forward-path (RFC 5321 4.1.2). A source route is not kept: it is to be ignored (RFC 5321 C).
type path struct {
	mailbox string // as it came, without the route; empty for <>
	local   string // local part with its quoting undone, so that equal mailboxes are equal
	domain  string // domain or address literal as it came; empty in <postmaster>
	ascii   bool
}

// parsePath reads a path at the start of text and gives what follows it. Octets above 127 pass for letters; whether
// they may is the caller's to say.
func parsePath(text string) (p path, rest string, ok bool) {
	if !strings.HasPrefix(text, "<") {
		return path{}, "", false
	}
	if rest, null := strings.CutPrefix(text, "<>"); null {
		return path{ascii: true}, rest, true
	}
	start, ok := scanRoute(text, 1)
	if !ok {
		return path{}, "", false
	}
	at, ok := scanLocal(text, start)
	if !ok || at-start > maxLocal {
		return path{}, "", false
	}
	end := at
	if end < len(text) && text[end] == '@' {
		if end, ok = scanHost(text, end+1); !ok {
			return path{}, "", false
		}
		p.domain = text[at+1 : end]
	}
	if end >= len(text) || text[end] != '>' || end+1 > maxPath {
		return path{}, "", false
	}
	p.mailbox = text[start:end]
	p.local = unquote(text[start:at])
	p.ascii = textOnly(p.mailbox, false)
	return p, text[end+1:], p.ascii || utf8.ValidString(p.mailbox)
}

// The scan functions read one construct of text from i and give the index behind it.

// scanRoute skips a source route with its colon (A-d-l, RFC 5321 4.1.2). None is fine.
func scanRoute(text string, i int) (int, bool) {
	if i >= len(text) || text[i] != '@' {
		return i, true
	}
	for i < len(text) && text[i] == '@' {
		end, ok := scanDomain(text, i+1)
		if !ok || end >= len(text) {
			return i, false
		}
		switch text[end] {
		case ':':
			return end + 1, true
		case ',':
			i = end + 1
		default:
			return i, false
		}
	}
	return i, false
}

// scanLocal reads a Dot-string or Quoted-string.
func scanLocal(text string, i int) (int, bool) {
	if i < len(text) && text[i] == '"' {
		return scanQuoted(text, i+1)
	}
	atom := i
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case isAtext(c):
		case c == '.' && i > atom:
			atom = i + 1
		default:
			return i, i > atom
		}
	}
	return i, i > atom
}

// scanQuoted reads a quoted string behind its first quote. It may be empty, by the letter of RFC 5321.
func scanQuoted(text string, i int) (int, bool) {
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1, true
		case c < ' ' || c == 0x7f:
			return i, false
		case c == '\\':
			if i++; i >= len(text) || text[i] < ' ' || text[i] >= 0x7f { // quoted-pairSMTP
				return i, false
			}
		}
	}
	return i, false
}

// scanHost reads a domain or an address literal.
func scanHost(text string, i int) (int, bool) {
	if i >= len(text) || text[i] != '[' {
		return scanDomain(text, i)
	}
	size := strings.IndexByte(text[i:], ']')
	if size < 0 {
		return i, false
	}
	return i + size + 1, isAddress(text[i+1 : i+size])
}

// scanDomain reads labels of letters, digits and inner hyphens.
func scanDomain(text string, i int) (int, bool) {
	start, label := i, i
	for ; i < len(text); i++ {
		c := text[i]
		if isLetDig(c) || c == '-' && i > label {
			continue
		}
		if c != '.' {
			break
		}
		if !isLabel(text[label:i]) {
			return i, false
		}
		label = i + 1
	}
	return i, isLabel(text[label:i]) && i-start <= maxDomain
}

// isLabel completes what scanDomain saw of a label.
func isLabel(label string) bool {
	return label != "" && len(label) <= maxLabel && label[len(label)-1] != '-'
}

// isAddress tells whether the inside of a literal is an IPv4 address or a tagged IPv6 one (RFC 5321 4.1.3). There is no
// other registered tag.
func isAddress(text string) bool {
	const tag = "IPv6:"
	if len(text) > len(tag) && strings.EqualFold(text[:len(tag)], tag) {
		a, err := netip.ParseAddr(text[len(tag):])
		return err == nil && a.Is6() && a.Zone() == "" && isCompressed(text[len(tag):])
	}
	numbers := strings.Split(text, ".")
	for _, n := range numbers {
		// Snum is one to three digits, and zeros may lead
		if v, err := strconv.ParseUint(n, 10, 16); err != nil || v > 255 || len(n) > 3 {
			return false
		}
	}
	return len(numbers) == 4
}

// isCompressed tells whether "::", where an IPv6 address has it, stands for two groups at least (RFC 5321 4.1.3): an
// address of RFC 4291 may leave out a single one.
func isCompressed(address string) bool {
	if !strings.Contains(address, "::") {
		return true
	}
	groups := 0
	for group := range strings.SplitSeq(address, ":") {
		switch {
		case strings.Contains(group, "."):
			groups += 2
		case group != "":
			groups++
		}
	}
	return groups <= 6
}

// unquote gives the mailbox name that a local part means: the quotes and backslashes are not part of it, and all ways of
// quoting a name are equal (RFC 5321 4.1.2).
func unquote(local string) string {
	if !strings.HasPrefix(local, `"`) {
		return local
	}
	local = local[1 : len(local)-1]
	if !strings.Contains(local, `\`) {
		return local
	}
	b := make([]byte, 0, len(local))
	for i := 0; i < len(local); i++ {
		if local[i] == '\\' {
			i++
		}
		b = append(b, local[i])
	}
	return string(b)
}

// isAtext is atext of RFC 5322 3.2.3, with the octets of UTF-8 (RFC 6531 3.3).
func isAtext(c byte) bool {
	return isLetDig(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// isLetDig is Let-dig, with the octets of UTF-8.
func isLetDig(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80
}
