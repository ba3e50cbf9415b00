package demo

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// param is one esmtp-param of MAIL or RCPT (RFC 5321 4.1.2).
type param struct {
	keyword string // in upper case
	value   string
	valued  bool // there was a "="
}

var (
	errParamSyntax  = reply{501, "5.5.4", "Parameter syntax"}
	errParamTwice   = reply{501, "5.5.4", "Parameter given twice"}
	errParamValue   = reply{501, "5.5.4", "Parameter value not allowed"}
	errParamUnknown = reply{555, "5.5.4", "Parameter not recognized"}
	errParamHELO    = reply{555, "5.5.4", "Parameters need EHLO"}
	errTooBig       = reply{552, "5.3.4", "Message is larger than the SIZE offered"}
)

// parseParams reads what follows a path: nothing, or parameters with one space before each.
func parseParams(text string) ([]param, reply) {
	var params []param
	for text != "" {
		if text[0] != ' ' {
			return nil, errParamSyntax
		}
		var word string
		word, text, _ = cutBefore(text[1:], ' ')
		keyword, value, valued := strings.Cut(word, "=")
		if !isKeyword(keyword) || valued && !isValue(value) {
			return nil, errParamSyntax
		}
		p := param{strings.ToUpper(keyword), value, valued}
		for _, earlier := range params {
			if earlier.keyword == p.keyword { // RFC 3461 4.5, RFC 1870 6, RFC 6152 3
				return nil, errParamTwice
			}
		}
		params = append(params, p)
	}
	return params, reply{}
}

// cutBefore cuts text before the first sep.
func cutBefore(text string, sep byte) (before, after string, found bool) {
	if i := strings.IndexByte(text, sep); i >= 0 {
		return text[:i], text[i:], true
	}
	return text, "", false
}

// isKeyword is esmtp-keyword.
func isKeyword(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || !isLetDig(c) && (c != '-' || i == 0) {
			return false
		}
	}
	return s != ""
}

// isValue is esmtp-value: printable and no "=" or space; with UTF-8 (RFC 6531 3.3).
func isValue(s string) bool {
	return s != "" && strings.IndexByte(s, '=') < 0 && textOnly(s, true) && utf8.ValidString(s)
}

// mailParam takes a parameter of MAIL into the envelope.
func (s *session) mailParam(e *envelope, p param) reply {
	var ok bool
	switch p.keyword {
	case "SIZE":
		return s.sizeParam(p)
	case "BODY": // RFC 6152 2, RFC 3030 3
		e.binary = strings.EqualFold(p.value, "BINARYMIME")
		ok = e.binary || strings.EqualFold(p.value, "8BITMIME") || strings.EqualFold(p.value, "7BIT")
	case "SMTPUTF8": // RFC 6531 3.4
		e.utf8 = true
		ok = !p.valued
	case "AUTH": // RFC 4954 5; what it claims is not believed
		ok = p.value == "<>" || isXtext(p.value)
	case "RET": // RFC 3461 4.3; of a delivered message only the header is ever returned
		ok = strings.EqualFold(p.value, "HDRS") || strings.EqualFold(p.value, "FULL")
	case "ENVID": // RFC 3461 4.4
		e.id = p.value
		ok = isPrintableXtext(p.value) && len(p.value) <= 100
	default:
		return errParamUnknown
	}
	if !ok {
		return errParamValue
	}
	return reply{}
}

// sizeParam compares the declared size with what is offered (RFC 1870 6.1). It has up to 20 digits, which is more than
// any integer type holds.
func (s *session) sizeParam(p param) reply {
	if p.value == "" || len(p.value) > 20 || strings.Trim(p.value, "0123456789") != "" {
		return errParamValue
	}
	if size, err := strconv.ParseInt(p.value, 10, 64); err != nil || size > s.srv.cfg.MaxSize {
		return errTooBig
	}
	return reply{}
}

// rcptParam takes a parameter of RCPT.
func (s *session) rcptParam(r *recipient, p param) reply {
	var ok bool
	switch p.keyword {
	case "NOTIFY": // RFC 3461 4.1
		r.onSuccess, ok = parseNotify(p.value)
	case "ORCPT": // RFC 3461 4.2
		r.original = p.value
		ok = s.isOriginal(p.value)
	default:
		return errParamUnknown
	}
	if !ok {
		return errParamValue
	}
	return reply{}
}

// parseNotify reads the value of NOTIFY: NEVER alone, or a list of the others.
func parseNotify(value string) (onSuccess, ok bool) {
	if strings.EqualFold(value, "NEVER") {
		return false, true
	}
	for word := range strings.SplitSeq(value, ",") {
		switch strings.ToUpper(word) {
		case "SUCCESS":
			onSuccess = true
		case "FAILURE", "DELAY":
		default:
			return false, false
		}
	}
	return onSuccess, true
}

// isOriginal checks ORCPT: an address type, an atom, and the address as xtext, or with SMTPUTF8 as UTF-8 (RFC 6533 3).
func (s *session) isOriginal(value string) bool {
	typ, address, ok := strings.Cut(value, ";")
	if !ok || typ == "" || len(value) > 500 {
		return false
	}
	for i := range len(typ) {
		if typ[i] >= 0x80 || !isAtext(typ[i]) {
			return false
		}
	}
	if strings.EqualFold(typ, "utf-8") && s.envelope.utf8 {
		decoded := decodeXtext(address)
		return address != "" && textOnly(decoded, true) && utf8.ValidString(decoded)
	}
	return isPrintableXtext(address)
}

// isPrintableXtext tells whether s is xtext of printable ASCII, which alone can go into a report (RFC 3461 4.2, 4.4).
func isPrintableXtext(s string) bool { return isXtext(s) && textOnly(decodeXtext(s), false) }

// isXtext tells whether s is xtext and not empty (RFC 3461 4): "+" begins two upper-case hexadecimal digits.
func isXtext(s string) bool {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < '!' || c > '~' || c == '=':
			return false
		case c == '+':
			if i+2 >= len(s) || strings.IndexByte(hex, s[i+1]) < 0 || strings.IndexByte(hex, s[i+2]) < 0 {
				return false
			}
			i += 2
		}
	}
	return s != ""
}
