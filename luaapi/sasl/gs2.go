package sasl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// gs2Header opens the first message of SCRAM and of OAUTHBEARER (RFC 5801 4).
type gs2Header struct {
	flag    byte   // 'n': no channel binding, 'y': the server seems to have none, 'p': bound
	binding string // the type of the binding, with 'p'
	authzID string
}

// String gives the header with the comma at its end.
func (h gs2Header) String() string {
	s := string(h.flag)
	if h.flag == 'p' {
		s += "=" + h.binding
	}
	s += ","
	if h.authzID != "" {
		s += "a=" + escapeName(h.authzID)
	}
	return s + ","
}

// cutGS2Header takes the header off a message. The flag "F" of RFC 5801 is not for SASL mechanisms of their own right
// and is refused like any other.
func cutGS2Header(message string) (h gs2Header, rest string, err error) {
	flag, rest, ok := strings.Cut(message, ",")
	name, rest, ok2 := strings.Cut(rest, ",")
	if !ok || !ok2 {
		return h, "", errors.New("message has no gs2 header")
	}
	switch binding, bound := strings.CutPrefix(flag, "p="); {
	case bound && isBindingName(binding):
		h.flag, h.binding = 'p', binding
	case flag == "n" || flag == "y":
		h.flag = flag[0]
	default:
		return h, "", fmt.Errorf("gs2 header has the channel binding flag %.100q", flag)
	}
	if name == "" {
		return h, rest, nil
	}
	name, ok = strings.CutPrefix(name, "a=")
	if !ok {
		return h, "", errors.New("gs2 header has something other than an authorization identity")
	}
	if h.authzID, err = unescapeName(name); err != nil {
		return h, "", fmt.Errorf("authorization identity: %w", err)
	}
	return h, rest, nil
}

func isBindingName(s string) bool {
	for _, c := range []byte(s) {
		if !isAlpha(c) && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return s != ""
}

func isAlpha(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z'
}

// escapeName makes a saslname (RFC 5802 5.1, n).
func escapeName(s string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s)
}

// unescapeName reads a saslname; the two escapes are the only ones, and in upper case only.
func unescapeName(s string) (string, error) {
	if s == "" || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return "", errors.New("name is empty or not UTF-8 without NUL")
	}
	if strings.Count(s, "=") != strings.Count(s, "=2C")+strings.Count(s, "=3D") {
		return "", errors.New("name has a \"=\" that is neither =2C nor =3D")
	}
	return strings.NewReplacer("=2C", ",", "=3D", "=").Replace(s), nil
}
