package luaapi

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The fuzz targets here make an expression of the fuzzer's bytes, and hold what it gives against lua5.1. They are skipped where that is not
// installed.

// againstPUC fuzzes expressions that generate makes.
func againstPUC(f *testing.F, generate func(g *choices) string) {
	p := startPUC(f)
	if p == nil {
		f.Skip("lua5.1 is not installed")
	}
	inZone(f)
	o := newOurs(f)
	for i := range 64 {
		seed := make([]byte, 96)
		for j := range seed {
			seed[j] = byte(i*(j+31)*(j+7) + j*i)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var expressions []string
		for g := (&choices{data}); len(g.data) > 0 && len(expressions) < 16; {
			expressions = append(expressions, generate(g))
		}
		got := o.answers(t, expressions)
		for i, e := range expressions {
			if want := p.answer(t, e); i >= len(got) || alike(got[i]) != alike(want) {
				t.Errorf("%s\nwant %s\ngot  %s", e, want, got[i:min(i+1, len(got))])
			}
		}
	})
}

// alike takes out what differs on purpose or by nature: which sign a value that is no number has, where a table
// lies, the names of variables in messages.
func alike(answer string) string {
	for _, own := range []string{"attempt to ", "cannot perform", "__unm undefined"} {
		if strings.Contains(answer, own) {
			return "error of the VM"
		}
	}
	return address.ReplaceAllString(strings.ReplaceAll(answer, "-nan", "nan"), "table")
}

var address = regexp.MustCompile(`table: 0x[0-9a-f]+`)

// choices takes decisions by the fuzzer's bytes, and always the first when these have come to their end.
type choices struct{ data []byte }

func (g *choices) n(below int) int {
	if len(g.data) == 0 {
		return 0
	}
	c := g.data[0]
	g.data = g.data[1:]
	return int(c) % below
}

func (g *choices) of(words ...string) string { return words[g.n(len(words))] }

// quoted is a text of up to length bytes, all of them possible.
func (g *choices) quoted(length int) string {
	var b strings.Builder
	for range g.n(length + 1) {
		fmt.Fprintf(&b, "\\%03d", g.n(256))
	}
	return `"` + b.String() + `"`
}

// made is a text of pieces.
func (g *choices) made(length int, pieces ...string) string {
	var b strings.Builder
	for range g.n(length + 1) {
		b.WriteString(g.of(pieces...))
	}
	return `"` + b.String() + `"`
}

func (g *choices) small() string {
	return g.of("0", "1", "2", "3", "-1", "-2", "5", "-7", "1.5", "-0.5", "2.999", `"2"`, `" 0x3 "`, "nil", "10")
}

// number is one as a literal, but for -0: to PUC Lua 5.1 that is the same constant as 0, whichever comes first.
func (g *choices) number() string {
	switch g.n(4) {
	case 0:
		return g.small()
	case 1:
		return g.of("0.1", "1e15", "-1e15", "2^31", "2^53", "-2^53", "1e100", "1e-100", "1/0", "-1/0", "0/0", "5e-324", "123456789.125", "1/3")
	case 2:
		return g.of("", "-") + strconv.Itoa(1+g.n(255)) + "." + strconv.Itoa(g.n(256)) + g.of("", "", "e"+strconv.Itoa(g.n(40)), "e-"+strconv.Itoa(g.n(40)))
	}
	return strconv.Itoa((g.n(256)<<16 + g.n(256)<<8 + g.n(256)) * g.n(256))
}

func (g *choices) value() string {
	switch g.n(8) {
	case 0, 1:
		return g.number()
	case 2:
		return g.quoted(6)
	case 3:
		return g.made(6, "a", "b", "1", " ", "x", "-", "0", ".", "e", "\\n")
	case 4:
		return g.of("nil", "true", "false", "{}", "{1, 2, 3}", `{"a", "b", "c"}`, "{3, 1, 2}", "{x = 1}", "print")
	case 5:
		return "{" + strconv.Itoa(g.n(9)) + ", " + g.quoted(3) + ", " + g.small() + "}" // no hole: what "#" gives then is anybody's
	case 6:
		return g.of(`"10"`, `"0x1F"`, `" 5 "`, `"1e2"`, `""`, `"abc"`, `"a\0b"`, `"-0"`, `"%d"`, `"#"`)
	}
	return g.small()
}

func (g *choices) arguments(most int, value func() string) string {
	args := make([]string, g.n(most+1))
	for i := range args {
		args[i] = value()
	}
	return strings.Join(args, ", ")
}

// FuzzLibrary calls pure functions and operators with anything.
func FuzzLibrary(f *testing.F) { againstPUC(f, libraryCall) }

func libraryCall(g *choices) string {
	switch g.n(4) {
	case 0:
		name := g.of("string.len", "string.upper", "string.lower", "string.reverse", "tonumber", "type", "rawequal", "math.abs", "math.ceil", "math.floor",
			"math.max", "math.min", "math.modf", "math.frexp", "math.sqrt", "math.rad", "math.deg", "table.getn", "table.maxn", "rawget", "select", "unpack")
		if name == "select" || name == "unpack" {
			return name + "(" + g.arguments(3, func() string { return g.of("{1, 2, 3}", g.small()) }) + ")"
		}
		return name + "(" + g.arguments(3, g.value) + ")"
	case 1:
		if g.n(3) == 0 {
			return g.of("string.char", "math.max") + "(" + g.small() + ", " + g.arguments(2, g.small) + ")"
		}
		return g.of("string.sub", "string.byte", "string.rep", "tonumber") + "(" + g.of(g.value(), g.quoted(8)) + ", " + g.arguments(2, g.small) + ")"
	case 2:
		list := "{" + g.arguments(9, func() string { return g.of("1", "2", "3", "4", "5", "1.5", `"a"`, `"b"`, "true") }) + "}"
		switch g.n(4) {
		case 0:
			return "table.concat(" + list + ", " + g.quoted(2) + ", " + g.small() + ", " + g.small() + ")"
		case 1:
			return "after(table.remove, " + list + ", " + g.small() + ")"
		case 2:
			return "after(table.insert, " + list + ", " + g.small() + ", " + g.small() + ")"
		}
		return "after(table.sort, " + list + g.of("", ", function(a, b) return tostring(a) > tostring(b) end") + ")"
	}
	if g.n(6) == 0 {
		return g.of("-", "#", "not ") + "(" + g.value() + ")"
	}
	return "(" + g.value() + ") " + g.of("+", "-", "%", "..", "<", "<=", "==", "~=", "and", "or") + " (" + g.value() + ")"
}

// FuzzFormat formats numbers and text.
func FuzzFormat(f *testing.F) { againstPUC(f, formatCall) }

func formatCall(g *choices) string {
	var items, args strings.Builder
	for range 1 + g.n(3) {
		verb := g.of("d", "i", "u", "x", "X", "o", "c", "e", "E", "f", "g", "G", "s", "q", "%", "a", "z")
		items.WriteString(g.of("", "", " ", "abc") + "%" + g.of("", "", "-", "+", " ", "#", "0", "-0", "+0", "0#", "#+ ", "-+ #0", "00", "-+ #0-") +
			g.of("", "", "1", "5", "12", "99", "100") + g.of("", "", ".", ".0", ".1", ".3", ".17", ".99", ".100") + verb)
		switch verb {
		case "%":
		case "d", "i":
			args.WriteString(", " + g.of(g.small(), "-"+strconv.Itoa(g.n(256)*g.n(256)), "2^40", `"12"`))
		case "u", "x", "X", "o":
			args.WriteString(", " + g.of(strconv.Itoa(g.n(256)*g.n(256)), "2^40", "2^53", `"12"`, "1.75", "0"))
		case "c":
			args.WriteString(", " + strconv.Itoa(1+g.n(255)))
		case "s", "q":
			args.WriteString(", " + g.of(`"text"`, `""`, `"a\nb"`, `"\200\255"`, g.made(5, "a", "\\\\", "\\\"", "\\n", "\\r"), "15", "-0.5", "nil", "{}"))
		default:
			args.WriteString(", " + g.number())
		}
	}
	return `string.format("` + items.String() + g.of("", "%") + `"` + args.String() + ")"
}

// FuzzPattern looks for patterns, short ones, for lua5.1 does not stop at long ones.
func FuzzPattern(f *testing.F) { againstPUC(f, patternCall) }

func patternCall(g *choices) string {
	subject := g.of(g.made(12, "a", "b", "c", "1", " ", "(", ")", "[", "%%", "\\0", "\\200", "-", "."), g.quoted(6))
	pat := g.made(7, "a", "b", ".", "%a", "%d", "%s", "%w", "[ab]", "[^a]", "[a-c1]", "*", "+", "-", "?", "(", ")", "()", "%1", "%b()", "%f[%w]", "^", "$", "%", "[", "]",
		"%%", "\\0", "%z", "\\200", "[%a_]", "%A", "%2", "[a-", "^a")
	call := subject + ", " + pat
	switch g.n(6) {
	case 0:
		return "string.find(" + call + ", " + g.of("1", "2", "-1", "0", "nil", "20") + g.of("", ", true") + ")"
	case 1:
		return "string.match(" + call + ", " + g.of("1", "2", "-2", "nil") + ")"
	case 2:
		return "each(string.gmatch(" + call + "))"
	case 3:
		return "string.gsub(" + call + ", " + g.made(4, "x", "%0", "%1", "%2", "%%", "%", "<", "%a") + g.of("", ", 1", ", 0", ", 2") + ")"
	case 4:
		return "string.gsub(" + call + `, { a = "A", b = false, ab = 1, [""] = "e", c = {} })`
	}
	return "string.gsub(" + call + ", function(...) return " + g.of("nil", "...", `select("#", ...)`, `"x"`, "false", "pack") + " end)"
}

// FuzzTonumber reads text as numbers, and writes what it read.
func FuzzTonumber(f *testing.F) { againstPUC(f, numeralCall) }

func numeralCall(g *choices) string {
	text := g.of(
		g.made(10, "0", "1", "2", "5", "9", "7", "a", "f", "F", "e", "E", "x", "X", "p", ".", "+", "-", " ", "\\t", "n", "i", "_", "0x", "inf", "nan", "\\0", "12345678901234567890"),
		`"`+g.of("", "-", "+", " ")+strconv.Itoa(g.n(256))+g.of("", "."+strconv.Itoa(g.n(256)))+g.of("", "e", "E+", "e-", "p")+g.of("", strconv.Itoa(g.n(256)), "308", "400")+g.of("", " ", "\\0x", "z")+`"`)
	switch g.n(5) {
	case 0:
		return "tonumber(" + text + ", " + g.of("2", "8", "16", "36", strconv.Itoa(g.n(40))) + ")"
	case 1:
		return text + " + 0"
	case 2:
		return "tostring(tonumber(" + text + "))"
	case 3:
		return "loadstring(" + `"return "` + " .. " + g.made(6, "0", "1", "9", "e1", ".5", "f", "00") + ") and 1"
	}
	return "tonumber(" + text + `), string.format("%.17g", tonumber(` + text + ") or 0)"
}

// FuzzDate writes and reads dates.
func FuzzDate(f *testing.F) { againstPUC(f, dateCall) }

func dateCall(g *choices) string {
	bits := func(n int) (v int64) {
		for range n {
			v = v<<8 | int64(g.n(256))
		}
		return v
	}
	if g.n(2) == 0 {
		seconds := bits(4)
		zone := g.of("!", "")
		if zone == "!" {
			seconds = seconds*int64(g.n(100)) - bits(5)
		} else if seconds > 1<<31-1 {
			seconds -= 1 << 32
		}
		return fmt.Sprintf(`os.date("%s%s", %d)`, zone, strings.Trim(g.made(5, "%a", "%A", "%b", "%B", "%c", "%d", "%H", "%I", "%j", "%m", "%M", "%p", "%S", "%U", "%w", "%W", "%x", "%X",
			"%y", "%Y", "%Z", "%%", "%C", "%e", "%G", "%g", "%V", "%u", "%F", "%T", "%z", "%k", "%l", "%r", "%R", "%s", "%q", "%E", "x"), `"`), seconds)
	}
	field := func(name string, around, below int) string {
		return fmt.Sprintf("%s = %d, ", name, around+g.n(below)-g.n(below)/4)
	}
	// As the clock shows it, for an hour that comes twice is either of both to C.
	return `os.date("%c", os.time({` + field("year", 1971, 66) + field("month", 1, 40) + field("day", 1, 250) + g.of("", field("hour", 0, 100)) + g.of("", field("min", 0, 200)) +
		g.of("", field("sec", 0, 250)) + "}))"
}

// FuzzStatements runs straight programs over a few variables.
func FuzzStatements(f *testing.F) { againstPUC(f, program) }

func program(g *choices) string {
	name := func() string { return g.of("a", "b", "c", "t.x", "t.y", "t[a]", "u", "t[1]") }
	expr := func() string {
		return g.of(name(), name(), "1", "2", `"s"`, name()+" or "+name(), name()+" and "+name(), name()+" == "+name(), "not "+name(), "f("+name()+", "+name()+")", "(f("+name()+", 5))",
			"tostring("+name()+") .. tostring("+name()+")", "(tonumber("+name()+") or 3) % 2", "#tostring("+name()+")", "{"+name()+"}", "nil")
	}
	var b strings.Builder
	b.WriteString(`(function() local u = 7 return (function(...) local a, b, c = 1, "z", nil local t = { 4, 5, x = 1 } local function f(p, q) return q, p end `)
	for range 1 + g.n(8) {
		switch g.n(6) {
		case 0, 1, 2:
			names := []string{name(), name(), name()}[:1+g.n(3)]
			b.WriteString(strings.Join(names, ", ") + " = " + expr())
			for range g.n(3) {
				b.WriteString(", " + expr())
			}
			b.WriteByte(' ')
		case 3:
			b.WriteString("local " + g.of("a", "b", "a, b", "c, a") + " = " + expr() + ", " + expr() + " ")
		case 4:
			b.WriteString("if " + expr() + " then a, b = b, " + expr() + " else " + name() + " = " + expr() + " end ")
		case 5:
			b.WriteString("for a = " + g.of("1, 2", `"1", 3, 2`, "2, 1, -1") + " do c, b = " + expr() + ", a end ")
		}
	}
	return b.String() + "return a, b, c, t.x, t.y, t[1], t[2], u end)(1, 2) end)()"
}
