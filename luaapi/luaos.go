package luaapi

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// osFunctions are what scenarios have of Lua's os library. gopher-lua's writes dates otherwise than C, and its os.time knows no summer time.
func osFunctions() map[string]lua.LGFunction {
	start := time.Now()
	return map[string]lua.LGFunction{
		"date": osDate, "difftime": osDifftime, "time": osTime,
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(time.Since(start).Seconds()))
			return 1
		},
	}
}

func osDifftime(L *lua.LState) int {
	a := arguments{L, "difftime"}
	from := 0
	to := a.integer(1)
	if L.Get(2) != lua.LNil {
		from = a.integer(2)
	}
	L.Push(lua.LNumber(float64(to) - float64(from)))
	return 1
}

// osTime is os.time: the seconds since 1970, now or of a table as mktime of C reads it, in local time.
func osTime(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(time.Now().Unix()))
		return 1
	}
	arguments{L, "time"}.table(1)
	f := dateFields{L}
	sec, minute, hour := f.number("sec", 0), f.number("min", 0), f.number("hour", 12)
	day, month, year := f.number("day", required), f.number("month", required), f.number("year", required)
	date := time.Date(year, time.Month(month), day, hour, minute, sec, 0, time.Local)
	if summer := L.GetField(L.Get(1), "isdst"); summer != lua.LNil {
		date = localTime(date, lua.LVAsBool(summer))
	}
	if cYear(date) != date.Year() || date.Unix() == -1 { // which is how mktime says so
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LNumber(date.Unix()))
	}
	return 1
}

// cYear is a date's year as far as C can hold it, in an int from 1900.
func cYear(t time.Time) int { return min(max(t.Year(), math.MinInt32+1900), math.MaxInt32+1900) }

// dateFields reads the table of os.time.
type dateFields struct{ *lua.LState }

const required = -1

func (f dateFields) number(name string, fallback int) int {
	n, ok := numeral(f.GetField(f.Get(1), name))
	switch {
	case ok:
		return min(max(toInt(n), math.MinInt32), math.MaxInt32)
	case fallback == required:
		f.RaiseError("field '%s' missing in date table", name)
	}
	return fallback
}

// localTime is the local time that a clock shows as t does, in summer time or not.
func localTime(t time.Time, summer bool) time.Time {
	t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.Local)
	if t.IsDST() != summer {
		return otherTime(t)
	}
	return t
}

// otherTime reads a date in summer time where it falls into winter time, or the other way round: with the offset of the nearest time of that
// kind, as mktime of glibc does. A zone without one leaves the date alone.
func otherTime(t time.Time) time.Time {
	const (
		stride = 601200 * time.Second // the shortest that a kind of time ever lasted
		reach  = 536454000 * time.Second
	)
	_, offset := t.Zone()
	for d := stride; d < reach/2+stride; d += stride {
		for _, near := range []time.Time{t.Add(-d), t.Add(d)} {
			if near.IsDST() != t.IsDST() {
				_, other := near.Zone()
				return t.Add(time.Duration(offset-other) * time.Second)
			}
		}
	}
	return t
}

// farthest is a number of seconds that no year of C reaches.
const farthest = 1e17

// osDate is os.date: nil for a time whose year C cannot hold.
func osDate(L *lua.LState) int {
	a := arguments{L, "date"}
	format, t := "%c", time.Now()
	if L.Get(1) != lua.LNil {
		format = cText(a.text(1))
	}
	if L.Get(2) != lua.LNil {
		n := a.number(2)
		if math.IsNaN(n) {
			n = math.Inf(1)
		}
		t = time.Unix(int64(min(max(n, -farthest), farthest)), 0)
	}
	zone := t.Location()
	if len(format) > 0 && format[0] == '!' {
		format, zone = format[1:], greenwich
	}
	t = t.In(zone)
	switch {
	case cYear(t) != t.Year():
		L.Push(lua.LNil)
	case format == "*t":
		L.Push(dateTable(L, t))
	default:
		L.Push(lua.LString(strftime(format, t)))
	}
	return 1
}

// greenwich is UTC as C calls it.
var greenwich = time.FixedZone("GMT", 0)

func dateTable(L *lua.LState, t time.Time) *lua.LTable {
	out := L.CreateTable(0, 9)
	for name, n := range map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(), "hour": t.Hour(), "min": t.Minute(), "sec": t.Second(),
		"wday": int(t.Weekday()) + 1, "yday": t.YearDay(),
	} {
		out.RawSetString(name, lua.LNumber(n))
	}
	out.RawSetString("isdst", lua.LBool(t.IsDST()))
	return out
}
