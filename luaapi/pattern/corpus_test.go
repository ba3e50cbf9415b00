package pattern

import (
	"bytes"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "record testdata/corpus.txt anew, from lua5.1")

const (
	corpusFile = "testdata/corpus.txt"
	corpusHead = "# What lua5.1 answers: operation, subject, pattern, argument, answer. Recorded by go test -update. DO NOT EDIT.\n"
)

// example is a question to string.find and the like; oracle.lua describes the answers.
type example struct{ op, subject, pattern, arg string }

// ask is what this package answers.
func (e example) ask() string {
	ctx, m := context.Background(), new(Matcher)
	var (
		answer string
		err    error
	)
	switch e.op {
	case "find", "match":
		answer, err = e.one(ctx, m)
	case "gmatch":
		answer, err = e.each(ctx, m)
	default:
		answer, err = e.replace(ctx, m)
	}
	if err != nil {
		return "error " + err.Error()
	}
	return answer
}

func (e example) one(ctx context.Context, m *Matcher) (string, error) {
	init, err := strconv.Atoi(e.arg)
	if err != nil {
		return "", err
	}
	init = Offset(init, len(e.subject))
	if e.op == "match" {
		found, ok, err := m.Match(ctx, e.subject, e.pattern, init)
		if err != nil || !ok {
			return "nil", err
		}
		return values(e.subject, found)
	}
	found, ok, err := m.Find(ctx, e.subject, e.pattern, init)
	if err != nil || !ok {
		return "nil", err
	}
	answer := fmt.Sprintf("i%d i%d", found.Start+1, found.End)
	if len(found.Captures) > 0 {
		captures, err := values(e.subject, found)
		return answer + " " + captures, err
	}
	return answer, nil
}

func (e example) each(ctx context.Context, m *Matcher) (string, error) {
	it := m.Gmatch(e.subject, e.pattern)
	var out []string
	for {
		found, ok, err := it.Next(ctx)
		if err != nil {
			return "", err
		}
		if !ok {
			return showText(strings.Join(out, ",")), nil
		}
		text, err := values(e.subject, found)
		if err != nil {
			return "", err
		}
		three := append(strings.Fields(text), "nil", "nil")[:3] // as many as oracle.lua looks at
		out = append(out, strings.Join(three, " "))
	}
}

func (e example) replace(ctx context.Context, m *Matcher) (string, error) {
	sub := Sub{Subject: e.subject, Pattern: e.pattern, Max: All}
	if e.op == "gsub2" {
		sub.Max = 2
	}
	var (
		text  string
		n     int
		err   error
		calls int
	)
	switch e.op {
	case "call":
		text, n, err = m.Gsub(ctx, sub, func(found Match) (string, bool, error) {
			shown, err := values(e.subject, found)
			calls++
			return "<" + shown + ">", calls%2 == 1, err
		})
	case "table":
		text, n, err = m.Gsub(ctx, sub, func(found Match) (string, bool, error) {
			c, err := found.Capture(0)
			if err != nil {
				return "", false, err
			}
			return "<" + value(e.subject, c) + ">", true, nil
		})
	default:
		text, n, err = m.GsubText(ctx, sub, e.arg)
	}
	return fmt.Sprintf("%s i%d", showText(text), n), err
}

func values(s string, m Match) (string, error) {
	out := make([]string, m.Len())
	for i := range out {
		c, err := m.Capture(i)
		if err != nil {
			return "", err
		}
		out[i] = value(s, c)
	}
	return strings.Join(out, " "), nil
}

func value(s string, c Capture) string {
	if c.Position {
		return fmt.Sprintf("i%d", c.Start+1)
	}
	return showText(c.Text(s))
}

func showText(s string) string { return "s" + hex.EncodeToString([]byte(s)) }

// lua is what lua5.1 answers, to all of them in one process.
func lua(t *testing.T, examples []example) []string {
	t.Helper()
	binary, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Log("lua5.1 is not installed; testdata/corpus.txt alone was compared")
		t.Skip()
	}
	var in bytes.Buffer
	for _, e := range examples {
		fmt.Fprintf(&in, "%s %x %x %x\n", e.op, e.subject, e.pattern, e.arg)
	}
	cmd := exec.CommandContext(t.Context(), binary, "testdata/oracle.lua")
	cmd.Stdin = &in
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(examples) {
		t.Fatalf("%d answers to %d questions", len(answers), len(examples))
	}
	return answers
}

// generator makes examples that often match, and patterns that are often wrong in an interesting way.
type generator struct{ *rand.Rand }

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) example() example {
	e := example{op: g.pick("find", "find", "match", "match", "gmatch", "gsub", "gsub2", "call", "table")}
	for few, n := g.IntN(2) == 0, g.IntN(20); n > 0; n-- {
		if few {
			e.subject += g.pick("a", "a", "b", "c", " ")
			continue
		}
		e.subject += g.pick("a", "a", "a", "b", "b", "c", "A", "0", "1", " ", "-", "(", ")", "[", "]", "%", "^", "$", ".", "\n", "\x00", "\xe9", "\xff")
	}
	if g.IntN(5) == 0 {
		e.pattern = "^"
	}
	for range g.IntN(7) {
		e.pattern += g.piece()
	}
	if g.IntN(6) == 0 {
		e.pattern += "$"
	}
	switch e.op {
	case "find", "match":
		e.arg = g.pick("1", "1", "1", "0", "2", "3", "-1", "-3", "30", "-30")
	case "gsub", "gsub2":
		e.arg = g.pick("", "x", "<%0>", "%1%1", "%2-%1", "%%", "%a\x00", "%", "%9", "a\xff")
	}
	return e
}

func (g generator) piece() string {
	const sign = 3
	switch g.IntN(12) {
	case 0:
		return "(" + g.single() + g.pick("", "*", "-", "+", "?") + ")"
	case 1:
		return g.pick("(", ")", "()", "(", ")")
	case 2:
		return g.pick("%b()", "%bab", "%baa", "%f[a]", "%f[%w]", "%f[^a]", "%f[%z]", "%f[\xe9]", "%f")
	case 3:
		return g.pick("%1", "%2", "%1", "%0", "%b", "%ba", "%", "[", "[^", "]", "\x00", "$", "^", "*", "-")
	}
	if g.IntN(sign) == 0 {
		return g.single()
	}
	return g.single() + g.pick("*", "-", "+", "?")
}

func (g generator) single() string {
	switch g.IntN(5) {
	case 0:
		return g.pick(".", ".", "%a", "%c", "%d", "%l", "%p", "%s", "%u", "%w", "%x", "%z", "%A", "%D", "%S", "%W", "%Z", "%P", "%%", "%.", "%g", "%G", "%\xe9")
	case 1:
		set := g.pick("[", "[^", "[]", "[^]")
		for range 1 + g.IntN(3) {
			set += g.pick("a", "b", "a-c", "%a", "%d", "%]", "-", "^", "%", "%%", "a-%", "-%%", "\xe0-\xff", "b-a", "A-Z0-9", "%z", ".", "(")
		}
		return set + "]"
	}
	return g.pick("a", "a", "b", "c", "-", "0", "(", "\xe9", "]")
}

func generate(seed uint64, n int) []example {
	g := generator{rand.New(rand.NewPCG(seed, 51))}
	out := make([]example, n)
	for i := range out {
		out[i] = g.example()
	}
	return out
}

func TestLua51(t *testing.T) {
	examples := generate(rand.Uint64(), 20_000)
	for i, want := range lua(t, examples) {
		if got := examples[i].ask(); got != want {
			t.Errorf("%+q:\n got %s\nwant %s", examples[i], got, want)
		}
	}
}

func TestCorpus(t *testing.T) {
	if *update {
		record(t)
	}
	data, err := os.ReadFile(corpusFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(string(data), corpusHead)), "\n")
	if len(lines) < 4000 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		var (
			e    example
			want string
		)
		if _, err := fmt.Sscanf(line, "%s %q %q %q %q", &e.op, &e.subject, &e.pattern, &e.arg, &want); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if got := e.ask(); got != want {
			t.Errorf("%+q:\n got %s\nwant %s", e, got, want)
		}
	}
}

func record(t *testing.T) {
	examples := generate(1, 4000)
	for _, row := range table {
		for _, op := range []string{"find", "match"} {
			examples = append(examples, example{op, row.subject, row.pattern, "1"})
		}
		examples = append(examples, example{"gmatch", row.subject, row.pattern, ""}, example{"gsub", row.subject, row.pattern, "%1"})
	}
	out := bytes.NewBufferString(corpusHead)
	for i, answer := range lua(t, examples) {
		e := examples[i]
		fmt.Fprintf(out, "%s %+q %+q %+q %+q\n", e.op, e.subject, e.pattern, e.arg, answer)
	}
	if err := os.WriteFile(corpusFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
