package luaapi

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// formatItem is one "%..." of string.format.
type formatItem struct {
	left, sign, space, sharp, zero bool

	width     int
	precision int // -1: none
	verb      byte
}

// stringFormat is string.format of PUC Lua 5.1, which is C's printf under the same names. One thing differs: NUL bytes stay, where C
// ends the text of an item.
func stringFormat(L *lua.LState) int {
	a := arguments{L, "format"}
	rest := a.text(1)
	var b strings.Builder
	for arg := 1; ; {
		plain, after, found := strings.Cut(rest, "%")
		b.WriteString(plain)
		if !found {
			break
		}
		if strings.HasPrefix(after, "%") {
			b.WriteByte('%')
			rest = after[1:]
			continue
		}
		if arg++; arg > L.GetTop() {
			a.bad(arg, "no value")
		}
		var item formatItem
		item, rest = a.item(after)
		a.format(&b, item, arg)
		if b.Len() > maxString {
			L.RaiseError("%s", tooLong("string.format"))
		}
	}
	return a.pushText(b.String())
}

// item reads what follows a "%". Width and precision have two digits at most.
func (a arguments) item(s string) (item formatItem, rest string) {
	flags := s[:len(s)-len(strings.TrimLeft(s, "-+ #0"))]
	if len(flags) > len("-+ #0") {
		a.RaiseError("invalid format (repeated flags)")
	}
	item = formatItem{precision: -1, left: strings.Contains(flags, "-"), sign: strings.Contains(flags, "+"), space: strings.Contains(flags, " "),
		sharp: strings.Contains(flags, "#"), zero: strings.Contains(flags, "0")}
	s = s[len(flags):]
	item.width, s = twoDigits(s)
	if strings.HasPrefix(s, ".") {
		item.precision, s = twoDigits(s[1:])
	}
	if s != "" && isDigit(s[0]) {
		a.RaiseError("invalid format (width or precision too long)")
	}
	if s == "" {
		return item, ""
	}
	item.verb = s[0]
	return item, s[1:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func twoDigits(s string) (n int, rest string) {
	for range 2 {
		if s == "" || !isDigit(s[0]) {
			break
		}
		n, s = 10*n+int(s[0]-'0'), s[1:]
	}
	return n, s
}

func (a arguments) format(b *strings.Builder, item formatItem, arg int) {
	switch item.verb {
	case 'c':
		item.zero = false
		item.pad(b, "", string([]byte{byte(toInt(a.number(arg)))}))
	case 'd', 'i':
		item.signed(b, toInt(a.number(arg)))
	case 'o', 'u', 'x', 'X':
		item.unsigned(b, toUint(a.number(arg)))
	case 'e', 'E', 'f', 'g', 'G':
		item.float(b, a.number(arg))
	case 'q':
		quoted(b, a.text(arg))
	case 's':
		s := a.text(arg)
		if item.precision >= 0 {
			s = s[:min(item.precision, len(s))]
		}
		item.zero = false
		item.pad(b, "", s)
	default:
		verb := ""
		if item.verb != 0 {
			verb = string([]byte{item.verb})
		}
		a.RaiseError("invalid option '%%%s' to 'format'", verb)
	}
}

func toUint(n float64) uint64 {
	if n >= 1<<63 {
		return uint64(min(n, math.Nextafter(1<<64, 0)))
	}
	return uint64(toInt(n))
}

// pad writes a value to the item's width: blanks around it, or zeros between its prefix (a sign, 0x) and its digits.
func (item formatItem) pad(b *strings.Builder, prefix, body string) {
	n := max(0, item.width-len(prefix)-len(body))
	switch {
	case item.left:
		b.WriteString(prefix + body + strings.Repeat(" ", n))
	case item.zero:
		b.WriteString(prefix + strings.Repeat("0", n) + body)
	default:
		b.WriteString(strings.Repeat(" ", n) + prefix + body)
	}
}

func (item formatItem) signOf(negative bool) string {
	switch {
	case negative:
		return "-"
	case item.sign:
		return "+"
	case item.space:
		return " "
	}
	return ""
}

// digits fills digits to the item's precision, which takes the flag 0 out of force.
func (item *formatItem) digits(s string) string {
	if item.precision < 0 {
		return s
	}
	item.zero = false
	if item.precision == 0 && s == "0" {
		return ""
	}
	return strings.Repeat("0", max(0, item.precision-len(s))) + s
}

func (item formatItem) signed(b *strings.Builder, n int) {
	digits := item.digits(strings.TrimPrefix(strconv.Itoa(n), "-"))
	item.pad(b, item.signOf(n < 0), digits)
}

func (item formatItem) unsigned(b *strings.Builder, n uint64) {
	base := map[byte]int{'o': 8, 'u': 10, 'x': 16, 'X': 16}[item.verb]
	digits := item.digits(strconv.FormatUint(n, base))
	prefix := ""
	switch {
	case item.sharp && base == 8 && !strings.HasPrefix(digits, "0"):
		digits = "0" + digits
	case item.sharp && base == 16 && n != 0:
		prefix = "0x"
	}
	if item.verb == 'X' {
		prefix, digits = strings.ToUpper(prefix), strings.ToUpper(digits)
	}
	item.pad(b, prefix, digits)
}

func (item formatItem) float(b *strings.Builder, n float64) {
	digits := ""
	switch {
	case math.IsNaN(n):
		digits, item.zero = "nan", false
	case math.IsInf(n, 0):
		digits, item.zero = "inf", false
	default:
		digits = item.finite(math.Abs(n))
	}
	if item.verb == 'E' || item.verb == 'G' {
		digits = strings.ToUpper(digits)
	}
	item.pad(b, item.signOf(math.Signbit(n)), digits)
}

func (item formatItem) finite(n float64) string {
	precision, verb := item.precision, item.verb|0x20
	if precision < 0 {
		precision = 6
	}
	if verb == 'g' {
		return item.general(n, max(precision, 1))
	}
	s := strconv.FormatFloat(n, verb, precision, 64)
	if item.sharp && precision == 0 {
		mantissa, exponent, _ := strings.Cut(s, "e")
		s = mantissa + "."
		if exponent != "" {
			s += "e" + exponent
		}
	}
	return s
}

// general is "%g": the style of e where the exponent is below -4 or not below the precision, and no zeros at the end but with the flag #.
func (item formatItem) general(n float64, precision int) string {
	if !item.sharp {
		return strconv.FormatFloat(n, 'g', precision, 64)
	}
	s := strconv.FormatFloat(n, 'e', precision-1, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	x, _ := strconv.Atoi(exponent)
	if x < -4 || x >= precision {
		return pointed(mantissa) + "e" + exponent
	}
	return pointed(strconv.FormatFloat(n, 'f', precision-1-x, 64))
}

// pointed has a point, if only at its end.
func pointed(s string) string {
	if strings.Contains(s, ".") {
		return s
	}
	return s + "."
}

// quoted writes text so that Lua reads it back.
func quoted(b *strings.Builder, s string) {
	b.Grow(len(s) + len(s)/16 + 2)
	b.WriteByte('"')
	for i := range len(s) {
		switch s[i] {
		case '"', '\\', '\n':
			b.WriteByte('\\')
			b.WriteByte(s[i])
		case '\r':
			b.WriteString(`\r`)
		case 0:
			b.WriteString(`\000`)
		default:
			b.WriteByte(s[i])
		}
	}
	b.WriteByte('"')
}
