package luaapi

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// The language is tested in itself: testdata/lua/*.lua are scenario files, several in one, divided by a line "-----". Comments say
// what must come out.
//
//	-- outcome: passed            of every scenario; or one word for each, in their order; "load" for a file that does not
//	                              load, "unresolved" for one that lacks a fact to declare its scenarios
//	code()  -- want: "regexp"     a failure, a warning or a load error at this line, in whose texts all of the regexps are found
//	-- note: "regexp"             a note, -- log: a line of the record, -- reason: that of a skip
//	-- server: 220 hi             a server of the test's own in place of the demo server; see scriptedServer
//	-- set: name=value            a fact; "name" alone takes it away. -- var: is a variable
//	-- limits: reply=100ms        as the flags of the run set them; -- allow: host is --allow, -- allow: exec is --allow-exec
//	-- zone: name TYPE data       a record, or a fault, of the resolver that the chunk has; see resolvetest.Serve
//	-- file: lib/helpers.lua      what follows is that file
//
// A want in such a file is the line that Failure.Helper must name.

func TestLua(t *testing.T) { testLua(t, New()) }

// A scenario that begins with a copy of what the top level left cannot tell: all is as when the top level runs for each.
func TestLuaFromTemplates(t *testing.T) {
	lang := New()
	lang.templateFrom = 1
	testLua(t, lang)
}

func testLua(t *testing.T, lang *Language) {
	files, err := filepath.Glob("testdata/lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".lua"), func(t *testing.T) {
			line := 1
			for _, text := range strings.Split(string(source), "\n-----\n") {
				t.Run(strconv.Itoa(line), func(t *testing.T) {
					c := parseChunk(t, text)
					c.path, c.line, c.lang = path, line, lang
					c.run(t, srv)
				})
				line += strings.Count(text, "\n") + 2
			}
		})
	}
}

// chunk is a scenario file of the test data with what it says about itself.
type testChunk struct {
	path  string // of the test data
	line  int    // where it begins there
	lang  *Language
	files []*testFile // the scenario file, then those beside it

	outcomes []string
	server   []string
	set      []string
	vars     []string
	limits   Limits
	collect  time.Duration
	allow    []string
	zone     []string
	texts    map[string][]*regexp.Regexp // note, log and reason
}

type testFile struct {
	name  string
	text  string
	wants map[int][][]*regexp.Regexp // by line
}

var (
	directive = regexp.MustCompile(`-- ([a-z]+): (.*)$`)
	quotedRE  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

func parseChunk(t *testing.T, text string) *testChunk {
	c := &testChunk{texts: map[string][]*regexp.Regexp{}, files: []*testFile{{name: "t.lua", wants: map[int][][]*regexp.Regexp{}}}}
	for line := range strings.Lines(text) {
		f := c.files[len(c.files)-1]
		if m := directive.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			if m[1] == "file" {
				c.files = append(c.files, &testFile{name: m[2], wants: map[int][][]*regexp.Regexp{}})
				continue
			}
			c.directive(t, f, m[1], m[2])
		}
		f.text += line
	}
	return c
}

func (c *testChunk) directive(t *testing.T, f *testFile, name, value string) {
	t.Helper()
	switch name {
	case "outcome":
		c.outcomes = strings.Fields(value)
	case "want":
		n := strings.Count(f.text, "\n") + 1
		f.wants[n] = append(f.wants[n], regexps(t, value))
	case "note", "log", "reason":
		c.texts[name] = append(c.texts[name], regexps(t, value)...)
	case "server":
		c.server = append(c.server, value)
	case "set":
		c.set = append(c.set, value)
	case "var":
		c.vars = append(c.vars, value)
	case "allow":
		c.allow = append(c.allow, value)
	case "zone":
		c.zone = append(c.zone, value)
	case "limits":
		c.limit(t, value)
	}
}

func regexps(t *testing.T, value string) (out []*regexp.Regexp) {
	t.Helper()
	for _, q := range quotedRE.FindAllString(value, -1) {
		re, err := regexp.Compile(strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`))
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		out = append(out, re)
	}
	if len(out) == 0 {
		t.Fatalf("no regexp in quotes: %s", value)
	}
	return out
}

func (c *testChunk) limit(t *testing.T, value string) {
	for word := range strings.FieldsSeq(value) {
		name, text, _ := strings.Cut(word, "=")
		d, err := ParseSeconds(text)
		if err != nil && text != "rfc" {
			t.Fatal(err)
		}
		switch name {
		case "scenario":
			c.limits.Scenario = d
		case "reply":
			if err := c.limits.SetReply(text); err != nil {
				t.Fatal(err)
			}
		case "connect":
			c.limits.Connect = d
		case "collect":
			c.collect = d
		default:
			t.Fatalf("unknown limit %s", name)
		}
	}
}

// run plays the chunk and compares.
func (c *testChunk) run(t *testing.T, srv *demo.Server) {
	if len(c.outcomes) == 0 {
		t.Fatal("there is no -- outcome:")
	}
	dir := t.TempDir()
	for _, f := range c.files {
		path := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := &playback{chunk: c, dir: dir, notes: map[string][]string{}}
	got.play(t, c.env(t, srv))
	got.compare(t)
}

func (c *testChunk) env(t *testing.T, srv *demo.Server) *Env {
	facts := srv.Facts()
	if len(c.server) > 0 {
		facts["host"], facts["port"] = scriptedServer(t, c.server)
	}
	target := &Target{Facts: targetFacts(), URL: "demo"}
	vars := NewVars()
	for _, s := range c.set {
		name, value, ok := strings.Cut(s, "=")
		if facts[name] = value; !ok {
			delete(facts, name)
		}
	}
	for name, value := range facts {
		if err := target.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range c.vars {
		name, value, _ := strings.Cut(s, "=")
		if err := vars.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	target.Mail = func() (list []mailbox.Stored) {
		for _, m := range srv.Messages() {
			list = append(list, mailbox.Stored{From: m.From, To: m.To, Data: m.Data})
		}
		return list
	}
	secrets := &wire.Secrets{}
	target.AddSecrets(secrets)
	var r *resolve.Resolver
	if len(c.zone) > 0 {
		zone := resolvetest.Serve(t, strings.Join(c.zone, "\n"))
		r, _ = resolve.New(zone.Address)
		_ = vars.Set("resolver", zone.Address) // a value of the right type
	}
	return &Env{DNS: r, Target: target, Vars: vars, Limits: c.limits, Secrets: secrets, Allow: c.allow, AllowExec: slices.Contains(c.allow, "exec"), Run: "run", Counter: &atomic.Uint64{},
		Seed: 1, Keywords: &Keywords{}}
}

// playback is what came out of a chunk.
type playback struct {
	chunk    *testChunk
	dir      string
	outcomes []string
	found    []found
	notes    map[string][]string
}

// found is a failure, a warning or a load error, by its place and all of its text.
type found struct {
	file, text string
	line       int
	helper     string // file:line
}

func (p *playback) play(t *testing.T, env *Env) {
	path := filepath.Join(p.dir, "t.lua")
	f, err := p.chunk.lang.NewLoader(nil).Load(path, Place{RequireRoot: p.dir, ReadRoot: p.dir})
	var list []*Declaration
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(p.chunk.collect, time.Minute))
		defer cancel()
		list, err = f.Collect(ctx, env)
	}
	if err != nil {
		p.outcomes = []string{"load"}
		for _, problem := range err.(*LoadError).Problems {
			p.found = append(p.found, found{file: problem.Position.File, line: problem.Position.Line, text: problem.Message + "\n" + problem.Hint})
		}
		return
	}
	for _, d := range list {
		p.scenario(t, d, env)
	}
}

func (p *playback) scenario(t *testing.T, d *Declaration, env *Env) {
	if d.Unresolved != "" {
		p.outcomes = append(p.outcomes, "unresolved")
		p.notes["reason"] = append(p.notes["reason"], d.Unresolved)
		return
	}
	ctx := context.Background()
	reason, err := d.Missing(ctx, env)
	if err != nil {
		t.Errorf("%s: %v", d.Name, err)
	}
	if reason != "" {
		p.outcomes = append(p.outcomes, "skipped")
		p.notes["reason"] = append(p.notes["reason"], reason)
		return
	}
	r := d.Run(ctx, ctx, env, event.Key{File: "t.lua", Name: d.Name, Target: "demo", Repetition: 1}, 1)
	p.outcomes = append(p.outcomes, outcomeOf(r))
	for _, f := range append(r.Failures, r.Warnings...) {
		at := found{file: f.Position.File, line: f.Position.Line, text: strings.Join([]string{f.Kind, f.Message, f.Want, f.Got, f.Hint}, "\n")}
		if f.Helper != nil {
			at.helper = fmt.Sprintf("%s:%d", f.Helper.File, f.Helper.Line)
		}
		p.found = append(p.found, at)
	}
	p.notes["note"] = append(p.notes["note"], r.Notes...)
	if r.Skipped {
		p.notes["reason"] = append(p.notes["reason"], r.Reason)
	}
	for _, e := range r.Events {
		if l, ok := e.(*event.Log); ok {
			p.notes["log"] = append(p.notes["log"], l.Text)
		}
	}
}

// outcomeOf is the verdict that the runner makes of a result.
func outcomeOf(r *Result) string {
	switch {
	case r.Errored:
		return "error"
	case r.Failed:
		return "failed"
	case len(r.Warnings) > 0:
		return "warned"
	case r.Skipped:
		return "skipped"
	}
	return "passed"
}

func (p *playback) compare(t *testing.T) {
	want := p.chunk.outcomes
	for len(want) == 1 && len(want) < len(p.outcomes) && want[0] == p.chunk.outcomes[0] {
		want = make([]string, len(p.outcomes))
		for i := range want {
			want[i] = p.chunk.outcomes[0]
		}
	}
	if got := strings.Join(p.outcomes, " "); got != strings.Join(want, " ") {
		t.Errorf("outcome: want %s\ngot  %s", strings.Join(want, " "), got)
	}
	p.compareWants(t)
	for _, kind := range []string{"note", "log", "reason"} {
		for _, re := range p.chunk.texts[kind] {
			if all := strings.Join(p.notes[kind], "\n"); !re.MatchString(all) {
				t.Errorf("%s: want %s\ngot  %s", kind, re, all)
			}
		}
	}
	if t.Failed() {
		for _, f := range p.found {
			t.Logf("%s:%d (%s:%d): %s", filepath.Base(f.file), f.line, p.chunk.path, p.chunk.line+f.line-1, f.text)
		}
	}
}

// compareWants pairs what was found with what is wanted: nothing may be left on either side.
func (p *playback) compareWants(t *testing.T) {
	used := make([]bool, len(p.found))
	for _, file := range p.chunk.files {
		path := filepath.Join(p.dir, filepath.FromSlash(file.name))
		for line, wants := range file.wants {
			for _, want := range wants {
				p.compareWant(t, used, path, line, want)
			}
		}
	}
	for i, f := range p.found {
		if !used[i] {
			t.Errorf("%s:%d is not wanted: %s", filepath.Base(f.file), f.line, f.text)
		}
	}
}

func (p *playback) compareWant(t *testing.T, used []bool, path string, line int, want []*regexp.Regexp) {
	where := fmt.Sprintf("%s:%d", path, line)
	for i, f := range p.found {
		inHelper := f.helper == where
		if inHelper || !used[i] && fmt.Sprintf("%s:%d", f.file, f.line) == where {
			if matchesAll(want, f.text) {
				used[i] = used[i] || !inHelper
				return
			}
		}
	}
	t.Errorf("%s:%d: want %v", filepath.Base(path), line, want)
}

func matchesAll(want []*regexp.Regexp, text string) bool {
	for _, re := range want {
		if !re.MatchString(text) {
			return false
		}
	}
	return true
}
