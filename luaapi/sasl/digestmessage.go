package sasl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxDigestMessage is more than any message may have: 2048 octets for a challenge, 4096 for a response (RFC 2831 2.1.1, 2.1.2).
const maxDigestMessage = 4096

// directive is a part of a message: a name in lower case and a value without its quotes.
type directive struct{ name, value string }

// parseDirectives reads 1#(name "=" (token | quoted-string)) of RFC 2831 7.1: parts between commas, blanks around them, empty parts skipped.
func parseDirectives(text string) (list []directive, err error) {
	if len(text) > maxDigestMessage {
		return nil, fmt.Errorf("it has %d octets, more than %d", len(text), maxDigestMessage)
	}
	for text = trimDigest(text, true); text != ""; {
		name := text[:len(text)-len(strings.TrimLeft(text, digestToken))]
		rest := trimDigest(text[len(name):], false)
		if name == "" || !strings.HasPrefix(rest, "=") {
			return nil, fmt.Errorf("part %d is no name with a value", len(list)+1)
		}
		value, rest, err := cutDigestValue(trimDigest(rest[1:], false))
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", len(list)+1, err)
		}
		if rest = trimDigest(rest, false); rest != "" && rest[0] != ',' {
			return nil, fmt.Errorf("part %d does not end with its value", len(list)+1)
		}
		list = append(list, directive{strings.ToLower(name), value})
		text = trimDigest(rest, true)
	}
	return list, nil
}

// digestToken are the characters of a token (RFC 2831 7.1).
const digestToken = "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"

func trimDigest(text string, commas bool) string {
	if commas {
		return strings.TrimLeft(text, ", \t\r\n")
	}
	return strings.TrimLeft(text, " \t\r\n")
}

// cutDigestValue takes a token or a quoted string off the front of text.
func cutDigestValue(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		n := len(text) - len(strings.TrimLeft(text, digestToken))
		if n == 0 {
			return "", "", errors.New("there is no value")
		}
		return text[:n], text[n:], nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:], nil
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return "", "", errors.New("the quotes are not closed")
}

// digestQuote is the reverse for a quoted string.
func digestQuote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// digestChallenge is what a client needs of a digest-challenge.
type digestChallenge struct {
	realms []string
	nonce  string
	utf8   bool
}

// parseDigestChallenge refuses what RFC 2831 2.1.1 has a client abort on.
func parseDigestChallenge(text string) (d digestChallenge, err error) {
	list, err := parseDirectives(text)
	if err != nil {
		return d, err
	}
	seen := map[string]string{}
	for _, part := range list {
		if part.name == "realm" {
			d.realms = append(d.realms, part.value)
			continue
		}
		if _, twice := seen[part.name]; twice && slices.Contains([]string{"nonce", "algorithm", "charset", "maxbuf", "stale"}, part.name) {
			return d, fmt.Errorf("%s is there twice", part.name)
		}
		seen[part.name] = part.value
	}
	d.nonce = seen["nonce"]
	d.utf8 = seen["charset"] != ""
	qop, hasQOP := seen["qop"]
	switch {
	case d.nonce == "":
		return d, errors.New("there is no nonce")
	case seen["algorithm"] == "":
		return d, errors.New("there is no algorithm")
	case !strings.EqualFold(seen["algorithm"], "md5-sess"):
		return d, fmt.Errorf("algorithm %.100q is not md5-sess", seen["algorithm"])
	case d.utf8 && !strings.EqualFold(seen["charset"], "utf-8"):
		return d, fmt.Errorf("charset %.100q is not utf-8", seen["charset"])
	case hasQOP && !slices.ContainsFunc(strings.Split(qop, ","), func(q string) bool { return strings.EqualFold(strings.TrimSpace(q), "auth") }):
		return d, fmt.Errorf("qop %.100q does not have auth", qop)
	}
	return d, nil
}
