package luaapi

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

var update = flag.Bool("update", false, "record testdata/string/corpus.txt anew, from lua5.1")

const (
	stringTests = "testdata/string"
	recorded    = stringTests + "/corpus.txt"
)

// TestStringLibrary holds the string library against what PUC Lua 5.1 answers to the same expressions. The answers are
// recorded, so that they are checked where there is no lua5.1.
func TestStringLibrary(t *testing.T) {
	b, err := os.ReadFile(stringTests + "/expressions.lua")
	if err != nil {
		t.Fatal(err)
	}
	expressions := strings.Split(strings.TrimSpace(string(b)), "\n")
	if *update {
		recordAnswers(t, expressions)
	}
	b, err = os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
	got := ourAnswers(t, expressions)
	if len(want) != len(expressions) || len(got) != len(expressions) {
		t.Fatalf("%d expressions, %d recorded answers, %d of ours", len(expressions), len(want), len(got))
	}
	for i, e := range expressions {
		if got[i] != want[i] {
			t.Errorf("%s\nwant %s\ngot  %s", e, want[i], got[i])
		}
	}
}

func recordAnswers(t *testing.T, expressions []string) {
	lua, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Logf("the corpus is not recorded: %v", err)
		return
	}
	cmd := exec.Command(lua, "-e", `local answer = dofile("`+stringTests+`/answer.lua") for line in io.lines() do print(answer(line)) end`)
	cmd.Stdin = strings.NewReader(strings.Join(expressions, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	head := "-- What lua5.1 answers to expressions.lua, line by line. Recorded by go test -update. DO NOT EDIT.\n"
	if err := os.WriteFile(recorded, append([]byte(head), out...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ourAnswers runs answer.lua in a scenario, and reads them from its log.
func ourAnswers(t *testing.T, expressions []string) []string {
	answer, err := os.ReadFile(stringTests + "/answer.lua")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := `local answer = require "answer"` + "\n"
	for _, e := range expressions {
		source += fmt.Sprintf("log(answer(%q))\n", e)
	}
	source += "assert(true)\n"
	for name, text := range map[string]string{"answer.lua": string(answer), "t.lua": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := New().NewLoader(nil).Load(filepath.Join(dir, "t.lua"), Place{RequireRoot: dir, ReadRoot: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	env := &Env{Target: NoTarget(), Vars: NewVars(), Counter: &atomic.Uint64{}, Keywords: &Keywords{}}
	list, err := f.Collect(ctx, env)
	if err != nil {
		t.Fatal(err)
	}
	r := list[0].Run(ctx, ctx, env, event.Key{}, 1)
	for _, failure := range r.Failures {
		t.Error(failure.Message)
	}
	var out []string
	for _, e := range r.Events {
		if l, ok := e.(*event.Log); ok {
			out = append(out, l.Text)
		}
	}
	return out
}
