package luaapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cText is text as C sees it: up to a NUL.
func cText(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// strftime is strftime of glibc in the C locale, one letter after each "%" as os.date of PUC Lua 5.1 calls it: what is none stays as it is.
func strftime(format string, t time.Time) string { return string(appendTime(nil, format, t)) }

func appendTime(b []byte, format string, t time.Time) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		if layout := layouts[format[i]]; layout != "" {
			b = t.AppendFormat(b, layout)
		} else if parts := combined[format[i]]; parts != "" {
			b = appendTime(b, parts, t)
		} else {
			b = append(b, conversion(format[i], t)...)
		}
	}
	return b
}

// combined are the conversions that stand for others.
var combined = [256]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'r': "%I:%M:%S %p", 'R': "%H:%M", 'T': "%H:%M:%S", 'x': "%m/%d/%y", 'X': "%H:%M:%S",
}

// layouts are those that Go has.
var layouts = [256]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'h': "Jan", 'H': "15", 'I': "03", 'm': "01", 'M': "04",
	'p': "PM", 'P': "pm", 'S': "05", 'z': "-0700", 'Z': "MST",
}

// conversion is one that Go has no layout for.
func conversion(c byte, t time.Time) string {
	weekday := int(t.Weekday())
	switch c {
	case 'C':
		return century(t.Year())
	case 'g', 'G', 'V':
		return isoWeek(c, t)
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay())
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
	case 'n':
		return "\n"
	case 's':
		return strconv.FormatInt(localTime(t, t.IsDST()).Unix(), 10)
	case 't':
		return "\t"
	case 'u':
		return strconv.Itoa((weekday+6)%7 + 1)
	case 'U':
		return pad2((t.YearDay() + 6 - weekday) / 7)
	case 'w':
		return strconv.Itoa(weekday)
	case 'W':
		return pad2((t.YearDay() + 6 - (weekday+6)%7) / 7)
	case 'y':
		return pad2(t.Year())
	case 'Y':
		return strconv.Itoa(t.Year())
	case '%':
		return "%"
	}
	return "%" + string([]byte{c})
}

// pad2 is the last two digits.
func pad2(n int) string { return fmt.Sprintf("%02d", (n%100+100)%100) }

// century is the year without them, rounded down.
func century(year int) string { return strconv.Itoa((year - (year%100+100)%100) / 100) }

// isoWeek is the week of ISO 8601, or its year.
func isoWeek(c byte, t time.Time) string {
	year, number := t.ISOWeek()
	switch c {
	case 'g':
		return pad2(year)
	case 'G':
		return strconv.Itoa(year)
	}
	return pad2(number)
}
