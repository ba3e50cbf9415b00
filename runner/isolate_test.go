package runner

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// declared is what a process that stands in for a worker says that its file declares.
const declared = `{"Declared":[[{"Plain":true,"Line":1,"Retries":-1,"Timeout":1000000}]]}` + "\n"

// standIns are processes that do something else than a worker would, by name: what they answer to collect, and to run.
var standIns = map[string]struct{ collect, run func() }{
	"garbage":    {say(declared), say("hello\n")},
	"no end":     {say(declared), say(`{}` + "\n")},
	"no finish":  {say(declared), say(`{"Ended":{}}` + "\n")},
	"fault":      {say(declared), say(`{"Fault":"it went wrong"}` + "\n")},
	"changed":    {say(declared), say(`{"Problems":[{"position":{"file":"x.lua","line":3},"message":"oops"}]}` + "\n")},
	"exit":       {say(declared), end("boom", 7)},
	"memory":     {say(declared), end("fatal error: runtime: out of memory\n\ngoroutine 1", 2)},
	"silent":     {say(declared), func() { select {} }},
	"endless":    {say(declared), endless},
	"load":       {say("hello\n"), nil},
	"load exit":  {end("boom", 7), nil},
	"load eats":  {end("fatal error: runtime: cannot allocate memory", 2), nil},
	"load two":   {say(`{"Declared":[[],[]]}` + "\n"), nil},
	"load many":  {endless, nil},
	"load never": {func() { select {} }, nil},
}

func say(text string) func() { return func() { fmt.Print(text) } }

func end(text string, code int) func() {
	return func() {
		fmt.Fprint(os.Stderr, text)
		os.Exit(code)
	}
}

func endless() {
	for {
		fmt.Print(strings.Repeat("x", 1<<20))
	}
}

// TestStandIn is no test: it is the process that the tests below start.
func TestStandIn(t *testing.T) {
	name := os.Getenv("SMTPSPEC_STAND_IN")
	switch s, ok := standIns[name]; {
	case name == "":
		t.Skip("the tests of isolation start it")
	case ok:
		in := bufio.NewReader(os.Stdin)
		for {
			line, err := in.ReadString('\n')
			switch {
			case err != nil:
				os.Exit(0)
			case strings.Contains(line, `"Collect"`):
				s.collect()
			case strings.Contains(line, `"Run":{`):
				s.run()
			}
		}
	}
	if err := Work(luaapi.New(), os.Stdin, os.Stdout); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprint(os.Stderr, err)
	}
	os.Exit(0)
}

func standIn(t *testing.T, name string) *Isolation {
	t.Helper()
	i := NewIsolation(func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestStandIn$")
		cmd.Env = append(os.Environ(), "SMTPSPEC_STAND_IN="+name)
		return cmd
	})
	t.Cleanup(func() {
		i.Close()
		if i.live != 0 {
			t.Errorf("%d processes are left", i.live)
		}
	})
	return i
}

// A process that does not do what it should makes its scenario an error of the right kind, and nothing else.
func TestLostWorkers(t *testing.T) {
	target := demoTarget(t)
	for _, c := range []struct{ name, kind, message, detail string }{
		{"garbage", "internal", "did not answer as it should have", "a line that is no answer"},
		{"no end", "internal", "did not answer as it should have", "no end of what was run"},
		{"no finish", "internal", "did not answer as it should have", "an end of what was not run"},
		{"fault", "internal", "did not answer as it should have", "it went wrong"},
		{"changed", "lua", "the file does not load any more", "x.lua:3: oops"},
		{"exit", "process", "came to an end before the scenario did", "exit status 7\nboom"},
		{"memory", "memory", "used up the memory", "out of memory"},
		{"endless", "memory", "more than 256 MiB", ""},
		{"silent", "scenario-timeout", "its process was killed", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && (c.name == "silent" || c.name == "endless") {
				t.Skip("it takes long")
			}
			rec := &record{}
			cfg := &Config{Lang: luaapi.New(), Targets: []*luaapi.Target{target}, Secrets: &wire.Secrets{}, Sink: rec, Isolation: standIn(t, c.name)}
			plan, err := Load(context.Background(), cfg, []*Found{{Path: "x.lua"}})
			if err != nil {
				t.Fatal(err)
			}
			sum := Run(context.Background(), cfg, plan)
			f := all[*event.ScenarioFinish](rec)[0].Failures[0]
			if sum.Counts.Error != 1 || f.Kind != c.kind || !strings.Contains(f.Message, c.message) || !strings.Contains(f.Detail, c.detail) {
				t.Errorf("%+v: %+v", sum.Counts, f)
			}
		})
	}
}

// A file whose process does not say what it declares is a load error.
func TestLostLoads(t *testing.T) {
	for _, c := range []struct{ name, message, hint string }{
		{"load", "did not answer as it should have", "a line that is no answer"},
		{"load exit", "crashed while it was loaded", "exit status 7"},
		{"load eats", "more memory than its process may have", "cannot allocate memory"},
		{"load two", "did not answer as it should have", "another number of targets"},
		{"load many", "what it declares takes more than 64 MiB", ""},
		{"load never", "its process did not tell what it declares in time", ""},
		{"none", "no process could be started for it", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && c.name == "load never" {
				t.Skip("it takes long")
			}
			i := standIn(t, c.name)
			if c.name == "none" {
				i.command = func() *exec.Cmd { return &exec.Cmd{Path: filepath.Join(t.TempDir(), "none")} }
			}
			_, err := Load(context.Background(), &Config{Lang: luaapi.New(), Secrets: &wire.Secrets{}, Isolation: i}, []*Found{{Path: "x.lua"}})
			var le *luaapi.LoadError
			if !errors.As(err, &le) || len(le.Problems) != 1 {
				t.Fatalf("%v", err)
			}
			p := le.Problems[0]
			if p.Position.File != "x.lua" || !strings.Contains(p.Message, c.message) || !strings.Contains(p.Hint, c.hint) {
				t.Errorf("%+v", p)
			}
		})
	}
}

// A file's scenarios share its processes, of which there are never more than jobs.
func TestWorkersAreUsedAgain(t *testing.T) {
	dir := t.TempDir()
	var files []*Found
	for n, times := range []int{200, 1, 1, 1, 1, 1} {
		path := filepath.Join(dir, fmt.Sprintf("%d.lua", n))
		text := fmt.Sprintf("for i = 1, %d do scenario('s' .. i, function() assert.equal(vars.x, 1/0) end) end\n", times)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, &Found{Path: path, Place: luaapi.Place{RequireRoot: dir, ReadRoot: dir}})
	}
	i := standIn(t, "a worker")
	most := 0
	command := i.command
	i.command = func() *exec.Cmd { // with the lock
		most = max(most, i.live)
		return command()
	}
	vars := luaapi.NewVars()
	if err := vars.Set("x", math.Inf(1)); err != nil {
		t.Fatal(err)
	}
	rec := &record{}
	cfg := &Config{Lang: luaapi.New(), Targets: []*luaapi.Target{demoTarget(t)}, Vars: vars, Secrets: &wire.Secrets{}, Sink: rec, Jobs: 3, Isolation: i}
	plan, err := Load(context.Background(), cfg, files)
	if err != nil {
		t.Fatal(err)
	}
	if sum := Run(context.Background(), cfg, plan); sum.Counts.Passed != 205 {
		t.Errorf("%+v: %+v", sum.Counts, all[*event.ScenarioFinish](rec)[0])
	}
	if most > 3 || i.started > 20 { // 6 to load, and of 205 few more
		t.Errorf("%d processes in all, %d at once", i.started, most)
	}
}

// An end of the run while files are loaded is no fault of theirs.
func TestInterruptedLoad(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	cfg := &Config{Lang: luaapi.New(), Secrets: &wire.Secrets{}, Isolation: standIn(t, "load never")}
	if _, err := Load(ctx, cfg, []*Found{{Path: "x.lua"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
