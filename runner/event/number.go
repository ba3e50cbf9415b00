package event

import (
	"math"
	"strconv"
	"time"
)

// clock writes times as RFC 3339 has them. The events of a scenario fall into a second or two, so all but the fraction is copied.
type clock struct {
	unix     int64
	location *time.Location
	head     []byte // up to the seconds
	zone     []byte
}

func (c *clock) append(b []byte, t time.Time) ([]byte, error) {
	if c.location == nil || c.unix != t.Unix() || c.location != t.Location() {
		whole, err := t.Truncate(0).Add(-time.Duration(t.Nanosecond())).AppendText(nil)
		if err != nil {
			return b, err
		}
		const head = len("2006-01-02T15:04:05")
		c.unix, c.location, c.head, c.zone = t.Unix(), t.Location(), whole[:head], whole[head:]
	}
	b = append(b, c.head...)
	return append(appendFraction(b, t.Nanosecond()), c.zone...), nil
}

// appendFraction writes a fraction of a second, without the zeros at its end.
func appendFraction(b []byte, nanoseconds int) []byte {
	if nanoseconds == 0 {
		return b
	}
	var digits [10]byte
	for i := 9; i > 0; i-- {
		digits[i] = '0' + byte(nanoseconds%10)
		nanoseconds /= 10
	}
	digits[0] = '.'
	n := len(digits)
	for digits[n-1] == '0' {
		n--
	}
	return append(b, digits[:n]...)
}

// appendNanoseconds writes a number that is one of whole nanoseconds, as durations in seconds are, and says whether it is. With so few
// digits the decimal is the only one of its length for f, and so the shortest, which is what encoding/json writes.
func appendNanoseconds(b []byte, f float64) ([]byte, bool) {
	if math.Float64bits(f) != 0 && !(f >= 1e-6 && f <= 1e5) {
		return b, false
	}
	n := int64(f*1e9 + 0.5)
	if float64(n)/1e9 != f {
		return b, false
	}
	b = strconv.AppendInt(b, n/1e9, 10)
	return appendFraction(b, int(n%1e9)), true
}
