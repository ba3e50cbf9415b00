package luaapi_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// live begins a conversation with a demo server.
func live(t *testing.T, dir string) *luaapi.Live {
	t.Helper()
	server, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	target, err := luaapi.ParseTarget("smtp://" + server.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range server.Facts() {
		if err := target.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	secrets := &wire.Secrets{}
	target.AddSecrets(secrets)
	l := luaapi.New().Live(&luaapi.Env{Target: target, Vars: luaapi.NewVars(), Secrets: secrets, Counter: &atomic.Uint64{}, Keywords: &luaapi.Keywords{}}, dir)
	t.Cleanup(l.Close)
	return l
}

// Pieces of Lua share their globals and the connection, and what goes wrong in one is no matter for the next.
func TestLive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a directory")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"inside.txt": "inside", "helper.lua": "return { n = 42 }"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := live(t, dir)
	if l.Conn() != nil || l.Keywords() != nil {
		t.Error("there is a connection before one was made")
	}
	for _, c := range []struct {
		source  string
		values  []string
		failure string // in the first, "" for none
		failed  bool
	}{
		{"1 + 1", []string{"2"}, "", false},
		{"n = 3", nil, "", false},
		{"n, 'x', nil, {n = n}", []string{"3", `"x"`, "nil", "{n = 3}"}, "", false},
		{"c", nil, `there is no "c"`, false},
		{"c = smtp.connect()", nil, "", false},
		{"c:expect(220).code", []string{"220"}, "", false},
		{"c:send('NOOP'):expect(251)", nil, "the reply to NOOP is not the one wanted", true},
		{"c:ehlo('client.example').SIZE", []string{`"10485760"`}, "", false},
		{"c:rest()", nil, `no field or method "rest"`, false},
		{"c:noop()", []string{"reply 250 2.0.0 Nothing done"}, "", false},
		{"this is no Lua", nil, "syntax error", false},
		{`"\x41"`, nil, `"\x" is no escape`, false},
		{"error('mine')", nil, "mine", false},
		{"fail('mine')", nil, "mine", true},
		{"target.password", []string{`"‹password›"`}, "", false},
		{"read_file('inside.txt')", []string{`"inside"`}, "", false},
		{"read_file('../outside.txt')", nil, "outside", false},
		{"require('helper').n", []string{"42"}, "", false},
		{"io.open('x')", nil, "io is not there for scenarios", false},
		{"scenario('a', function() end)", nil, "scenario", false},
		{"smtp.connect{ host = 'mx.example.org' }", nil, "a script may not connect to mx.example.org", false},
		{"local a, b = ...; return b, a", []string{`"second"`, `"first"`}, "", false},
	} {
		said := l.DoWith(shortly(t), c.source, "first", "second")
		if !slices.Equal(said.Values, c.values) || said.Failed != c.failed {
			t.Errorf("%s: %q, failed: %v; want %q", c.source, said.Values, said.Failed, c.values)
		}
		got := ""
		if len(said.Failures) > 0 {
			got = said.Failures[0].Message
		}
		if !strings.Contains(got, c.failure) || c.failure == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.source, got, c.failure)
		}
	}
	if verb, name := l.Name(); verb != "EHLO" || name != "[127.0.0.1]" || l.Keywords()["SIZE"] == "" || l.Conn() == nil {
		t.Errorf("%s %s, %v", verb, name, l.Keywords())
	}
}

// shortly is a context that no piece of Lua needs to the end.
func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// What never ends ends with its context, and the next piece runs.
func TestLiveInterrupted(t *testing.T) {
	l := live(t, t.TempDir())
	if said := l.Do(t.Context(), "c = smtp.session()"); len(said.Failures) > 0 {
		t.Fatal(said.Failures)
	}
	for _, source := range []string{"while true do end", "sleep(60)", "c:reply()", "c:expect_silence(60)", "pcall(sleep, 60)"} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if said := l.Do(ctx, source); !said.Stopped {
			t.Errorf("%s: %+v", source, said)
		}
	}
	if said := l.Do(t.Context(), "c:noop().code"); !slices.Equal(said.Values, []string{"250"}) {
		t.Errorf("the connection is of no use any more: %+v", said)
	}
}

// What is logged, noted and warned of is told with what a piece gave, and not again with the next.
func TestLiveLogged(t *testing.T) {
	l := live(t, t.TempDir())
	said := l.Do(t.Context(), "print('a', target.password); log('b'); note('c'); warn('d')")
	if !slices.Equal(said.Logged, []string{"a ‹password›", "b"}) || !slices.Equal(said.Notes, []string{"c"}) || len(said.Warnings) != 1 {
		t.Errorf("%+v", said)
	}
	if said = l.Do(t.Context(), "1"); len(said.Logged)+len(said.Notes)+len(said.Warnings) > 0 {
		t.Errorf("%+v", said)
	}
}
