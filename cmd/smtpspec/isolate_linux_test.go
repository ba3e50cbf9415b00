package main

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is smtpspec under way, as a process of its own.
type program struct {
	*exec.Cmd
	out bytes.Buffer
}

func begin(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{}
	p.Cmd = &exec.Cmd{Path: self, Args: append([]string{"smtpspec"}, args...), Dir: dir, Stdout: &p.out, Stderr: &p.out,
		Env: []string{"HOME=" + dir, "PROBE_PASSWORD=hunter2-secret"}}
	p.WaitDelay = time.Minute
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// children are the processes that a process has started.
func children(t *testing.T, pid int) []int {
	t.Helper()
	var out []int
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if _, parent := stateOf(child); parent == pid {
			out = append(out, child)
		}
	}
	return out
}

// stateOf is a process's state and parent (proc(5), stat), "" when there is none.
func stateOf(pid int) (state string, parent int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}

// gone waits until a process has ended. One that nobody has reaped yet counts.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		if state, _ := stateOf(pid); state == "" || state == "Z" || state == "X" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the process %d is still there", pid)
}

// knocked is a server that tells of each connection.
func knocked(t *testing.T) (url string, came chan bool) {
	t.Helper()
	came = make(chan bool, 100)
	return serve(t, func(c *net.TCPConn) {
		b := make([]byte, 1)
		fmt.Fprint(c, "220 x\r\n")
		if n, _ := c.Read(b); n > 0 { // preflight says nothing
			came <- true
		}
		wait(c)
	}), came
}

const (
	busy  = "local c = smtp.connect()\nc:expect(220)\nc:write('x')\nwhile true do end\n"
	sleep = "local c = smtp.connect()\nc:expect(220)\ncleanup(function() log 'cleaned up' end)\nc:write('x')\nsleep(50)\n"
)

// A worker that is killed takes its scenario with it, and nothing else. It has the limits that the manual says, and nothing of the
// environment.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "a.lua", busy)
	writeFile(t, dir, "b.lua", "assert.equal(1, 1)\n")
	url, came := knocked(t)
	p := begin(t, dir, "run", "a.lua", "b.lua", "--isolate", "--jobs", "1", "--target", url)
	<-came
	kids := children(t, p.Process.Pid)
	if len(kids) != 1 {
		t.Fatalf("there are the processes %v", kids)
	}
	limits := readFile(t, fmt.Sprintf("/proc/%d/limits", kids[0]))
	for _, limit := range []string{"Max file size 0 0", "Max core file size 0 0", "Max open files 4096 4096"} {
		if !strings.Contains(strings.Join(strings.Fields(limits), " "), limit) {
			t.Errorf("%s is not among\n%s", limit, limits)
		}
	}
	if strings.Contains(strings.Join(strings.Fields(limits), " "), "Max data size unlimited") {
		t.Errorf("memory has no limit:\n%s", limits)
	}
	if env := readFile(t, fmt.Sprintf("/proc/%d/environ", kids[0])); strings.Contains(env, "PROBE") || strings.Contains(env, "HOME") {
		t.Errorf("it has the environment %q", env)
	}
	if err := syscall.Kill(kids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // its exit code tells
	out := p.out.String()
	for _, want := range []string{"ERROR a.lua:1", "came to an end before the scenario did", "signal: killed", "PASS b.lua:1", "1 passed, 1 error"} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if code := p.ProcessState.ExitCode(); code != 4 || t.Failed() {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	gone(t, kids[0])
}

// However the program ends, its workers end too.
func TestNoWorkerIsLeft(t *testing.T) {
	for _, c := range []struct {
		name, script string
		signals      []os.Signal
		code         int
		want         string
	}{
		{"interrupted", sleep, []os.Signal{os.Interrupt}, 130, "cleaned up"},
		{"terminated while busy", busy, []os.Signal{syscall.SIGTERM}, 143, "1 not run"},
		{"interrupted twice", "cleanup(function() while true do end end)\n" + busy, []os.Signal{os.Interrupt, os.Interrupt}, 130, "1 not run"},
		{"killed", busy, []os.Signal{os.Kill}, -1, ""},
		{"killed while idle", sleep, []os.Signal{os.Kill}, -1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, dir, "a.lua", c.script)
			url, came := knocked(t)
			p := begin(t, dir, "run", "a.lua", "--isolate", "--target", url, "--report", "jsonl=events.jsonl", "--report", "list")
			<-came
			kids := children(t, p.Process.Pid)
			for i, s := range c.signals {
				if i > 0 {
					time.Sleep(100 * time.Millisecond) // two at once count as one
				}
				if err := p.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			_ = p.Wait() // its exit code tells
			events := readFile(t, filepath.Join(dir, "events.jsonl"))
			if code := p.ProcessState.ExitCode(); code != c.code || !strings.Contains(p.out.String()+events, c.want) {
				t.Errorf("exit code %d, or not %q:\n%s%s", code, c.want, &p.out, events)
			}
			if len(kids) == 0 {
				t.Error("there was no process")
			}
			for _, kid := range kids {
				gone(t, kid)
			}
		})
	}
}

// A worker ends with its stdin, whatever it is at.
func TestWorkerEndsWithItsInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "a.lua", "while true do end\n")
	for _, lines := range []string{"", `{"Path":"YS5sdWE=","Targets":[null]}` + "\n" + `{"Run":{"Plain":true,"Line":1,"Retries":-1},"Key":["","","","MQ=="],"Nth":1}` + "\n"} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := &exec.Cmd{Path: self, Args: []string{"smtpspec", "worker"}, Dir: dir, Env: []string{}}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(in, lines)
		time.Sleep(300 * time.Millisecond) // to get to the loop
		if state, _ := stateOf(cmd.Process.Pid); state == "" || state == "Z" {
			t.Errorf("%q: it has ended by itself", lines)
		}
		in.Close()
		gone(t, cmd.Process.Pid)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// What the language itself does not bound, the system does: the file beside passes.
func TestIsolatedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "smtpspec")
	if out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput(); err != nil { // this one may be instrumented for races
		t.Fatalf("go build: %v\n%s", err, out)
	}
	writeFile(t, dir, "good.lua", goodScenarios)
	args := []string{"run", "good.lua", "--isolate", "--jobs", "4", "--target", "demo", "--report", "jsonl=events.jsonl", "--report", "list"}
	scripts := maps.Clone(hungry)
	scripts["warnings"] = `local s = ("x"):rep(6e7) for i = 1, 100 do log(s) note(s .. i) warn(s .. i) end` // which nothing weighs
	for name, body := range scripts {
		writeFile(t, dir, name+".lua", fmt.Sprintf("scenario(%q, { timeout = 20 }, function()\n%s\nend)\n", name, body))
		args = append(args, name+".lua")
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput() // its exit code tells
	if code := cmd.ProcessState.ExitCode(); code != 4 || !strings.Contains(string(out), fmt.Sprintf("100 passed, %d errors", len(scripts))) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage) // of the program and of the largest of its workers
	if peak := usage.Maxrss << 10; peak > 1<<30 {
		t.Errorf("a process had %d MiB at its peak", peak>>20)
	}
}
