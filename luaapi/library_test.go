package luaapi

import (
	"bufio"
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

var update = flag.Bool("update", false, "record testdata/library/*.txt anew, from lua5.1")

const (
	libraryTests = "testdata/library"
	recordHead   = "-- What lua5.1 answers to the expressions of the same name, line by line. Recorded by go test -update. DO NOT EDIT.\n"
)

// zone has summer time, and had other offsets before.
const zone = "Europe/Berlin"

// inZone makes zone the local one for a test.
func inZone(t testing.TB) {
	t.Helper()
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Skipf("this machine knows no time zones: %v", err)
	}
	local := time.Local
	time.Local = place
	t.Cleanup(func() { time.Local = local })
}

// TestLibrary holds Lua's libraries, operators and literals against what PUC Lua 5.1 answers to the same expressions: a line of
// testdata/library/*.lua each. The answers are recorded, so that they are checked where there is no lua5.1.
func TestLibrary(t *testing.T) {
	inZone(t)
	files, err := filepath.Glob(libraryTests + "/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	total, o := 0, newOurs(t)
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".lua")
		if name == "answer" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			expressions := expressionsOf(t, path)
			total += len(expressions)
			want := recordedAnswers(t, strings.TrimSuffix(path, ".lua")+".txt", expressions)
			got := o.answers(t, expressions)
			if len(want) != len(expressions) || len(got) != len(expressions) {
				t.Fatalf("%d expressions, %d recorded answers, %d of ours", len(expressions), len(want), len(got))
			}
			for i, e := range expressions {
				if got[i] != want[i] {
					t.Errorf("%s\nwant %s\ngot  %s", e, want[i], got[i])
				}
			}
		})
	}
	t.Logf("%d expressions", total)
}

// expressionsOf reads a file of expressions, a line each, without comments and empty lines.
func expressionsOf(t *testing.T, path string) (out []string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "--") {
			out = append(out, line)
		}
	}
	return out
}

// recordedAnswers reads what lua5.1 answered, and sees to it that it still does.
func recordedAnswers(t *testing.T, path string, expressions []string) []string {
	var answers []string
	if p := startPUC(t); p != nil {
		for _, e := range expressions {
			answers = append(answers, p.answer(t, e))
		}
		if *update {
			if err := os.WriteFile(path, []byte(recordHead+strings.Join(answers, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[1:]
	if answers != nil && !slices.Equal(answers, lines) {
		t.Errorf("%s is stale: go test -update", path)
	}
	return lines
}

// puc is a lua5.1 that answers expressions.
type puc struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// startPUC gives nil where lua5.1 is not installed.
func startPUC(t testing.TB) *puc {
	t.Helper()
	binary, err := exec.LookPath("lua5.1")
	if err != nil {
		return nil
	}
	cmd := exec.Command(binary, "-e", `local answer = dofile("`+libraryTests+`/answer.lua") io.stdout:setvbuf("full")
for line in io.lines() do io.write(answer(line), "\n") io.flush() end`)
	cmd.Env = append(os.Environ(), "TZ="+zone)
	p := &puc{}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.in.Close()
		_ = cmd.Wait()
	})
	return p
}

func (p *puc) answer(t testing.TB, expression string) string {
	t.Helper()
	if _, err := io.WriteString(p.in, expression+"\n"); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("lua5.1 ended at %s: %v", expression, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// ours is this package, which answers the same expressions.
type ours struct {
	lang   *Language
	answer string // answer.lua
}

func newOurs(t testing.TB) *ours {
	t.Helper()
	b, err := os.ReadFile(libraryTests + "/answer.lua")
	if err != nil {
		t.Fatal(err)
	}
	return &ours{New(), string(b)}
}

// answers runs answer.lua in a scenario.
func (o *ours) answers(t testing.TB, expressions []string) []string {
	t.Helper()
	source := "local answer = (function() " + o.answer + " end)()\n"
	for _, e := range expressions {
		source += "log(answer([=====[" + e + "]=====]))\n"
	}
	return o.run(t, source)
}

// run runs source as a scenario, and gives its log.
func (o *ours) run(t testing.TB, source string) (out []string) {
	t.Helper()
	source += " assert(true)"
	f, err := o.lang.NewLoader(func(string) ([]byte, error) { return []byte(source), nil }).Load("t.lua", Place{})
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
	for _, e := range r.Events {
		if l, ok := e.(*event.Log); ok {
			out = append(out, l.Text)
		}
	}
	return out
}
