package event

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendJSON writes the event by hand: there are dozens of wire events in every scenario, and encoding/json made writing
// them the dearest part of a run with a jsonl report.
func (w *Wire) appendJSON(b []byte) ([]byte, error) {
	b = append(b, `{"event":"wire","time":"`...)
	if y := w.Time.Year(); y < 0 || y > 9999 {
		return b, fmt.Errorf("encoding a wire event: the year %d has no RFC 3339 form", y)
	}
	b = w.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","key":`...)
	b = w.Key.appendJSON(b)
	b = appendInt(b, "attempt", int64(w.Attempt))
	b = appendInt(b, "index", int64(w.Index))
	b = append(b, `,"at":`...)
	b = strconv.AppendFloat(b, w.At, 'f', -1, 64)
	b = appendInt(b, "conn", int64(w.Conn))
	b = appendText(append(b, `,"role":`...), w.Role)
	b = appendText(append(b, `,"dir":`...), w.Dir)
	if w.Body {
		b = append(b, `,"body":true`...)
	}
	if w.Omitted != 0 {
		b = appendInt(b, "omitted", w.Omitted)
	}
	if w.SHA256 != "" {
		b = appendText(append(b, `,"sha256":`...), w.SHA256)
	}
	if utf8.Valid(w.Data) {
		b = appendText(append(b, `,"text":`...), w.Data)
	} else {
		b = append(b, `,"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, w.Data)
		b = append(b, '"')
	}
	return append(b, '}', '\n'), nil
}

func (k *Key) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"file":`...), k.File)
	b = appendText(append(b, `,"name":`...), k.Name)
	b = appendText(append(b, `,"target":`...), k.Target)
	b = appendInt(b, "repetition", int64(k.Repetition))
	return append(b, '}')
}

func appendInt(b []byte, name string, n int64) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, n, 10)
}

// appendText writes a JSON string (RFC 8259 7). Bytes that are no UTF-8 become U+FFFD, as in encoding/json.
func appendText[T string | []byte](b []byte, s T) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), `\ufffd`...)
				from = i + 1
			}
			i += n
			continue
		}
		if c < ' ' || c == '"' || c == '\\' || c == 0x7f {
			b = append(b, s[from:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			from = i + 1
		}
		i++
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
