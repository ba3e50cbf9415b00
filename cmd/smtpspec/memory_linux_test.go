package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hungry are scripts that keep ever more.
var hungry = map[string]string{
	"tables":       `local t = {} while true do t[#t + 1] = {} end`,
	"keys":         `local t, i = {}, 0 while true do i = i + 1 t["k" .. i] = 1 t["k" .. i] = nil end`,
	"sparse":       `local t, i = {}, 0 while true do i = i + 1 t[i] = {} t[i][1048575] = 1 end`,
	"strings":      `local t = {} while true do t[#t + 1] = ("x"):rep(60000000) .. #t end`,
	"closures":     `local f = function() end while true do local g = f f = function() return g end end`,
	"coroutines":   `local t = {} while true do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) t[#t + 1] = co end`,
	"replacements": `local s, t = ("x"):rep(1e6), {} while true do t[#t + 1] = s:gsub("x", ("y"):rep(40)) end`,
	"chunks":       `local t = {} while true do t[#t + 1] = loadstring(("x=function() end "):rep(5e4)) end`,
}

// Eight scripts that keep ever more end as errors, beside a hundred good ones, in a process that never has more than 1.5 GiB.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "smtpspec")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil { // this one may be instrumented for races
		t.Fatalf("go build: %v\n%s", err, out)
	}
	writeFile(t, dir, "good.lua", goodScenarios)
	args := []string{"run", "good.lua", "--target", "demo", "--report", "jsonl=events.jsonl", "--report", "list"}
	for name, body := range hungry {
		writeFile(t, dir, name+".lua", fmt.Sprintf("scenario(%q, { timeout = 20 }, function()\n%s\nend)\n", name, body))
		args = append(args, name+".lua")
	}
	var out bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 4 || !strings.Contains(out.String(), "100 passed, 8 errors") {
		t.Errorf("exit code %d:\n%s", code, &out)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if peak := usage.Maxrss << 10; peak > 3<<29 {
		t.Errorf("the process had %d MiB at its peak", peak>>20)
	}
}
