package talk

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// escapes are those of one letter.
var escapes = map[byte]byte{'r': '\r', 'n': '\n', 't': '\t', '0': 0, '\\': '\\'}

// unescape turns escapes into the bytes that they stand for.
func unescape(text string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		i++
		if i == len(text) {
			return nil, fmt.Errorf(`a backslash at the end begins no escape: \\ is a backslash`)
		}
		b, ok := escapes[text[i]]
		switch {
		case ok:
			out = append(out, b)
		case text[i] == 'x' && i+2 < len(text):
			two, err := hex.DecodeString(text[i+1 : i+3])
			if err != nil {
				return nil, fmt.Errorf(`\x%s is no escape: \x and two hex digits are a byte`, text[i+1:i+3])
			}
			out = append(out, two...)
			i += 2
		default:
			return nil, fmt.Errorf(`\%c is no escape: there are \r \n \t \0 \\ and \xNN`, text[i])
		}
	}
	return out, nil
}

// unhex reads bytes in hex, with any blanks and colons between.
func unhex(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "\t", "").Replace(text))
	if err != nil {
		return nil, fmt.Errorf("%q is not hex: two digits from 0 to 9 and a to f are a byte", event.Visible(text))
	}
	return b, nil
}

// visibleLine is a line without its end, fit to be shown.
func visibleLine(line string) string {
	return event.Visible(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
}
