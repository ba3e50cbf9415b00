package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are the commands that the scripts have besides testscript's own.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		// run CODE ARG… runs smtpspec and requires the exit code.
		"run": func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < 1 {
				ts.Fatalf("usage: run CODE ARG...")
			}
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			err = ts.Exec("smtpspec", args[1:]...)
			code := 0
			if exit, ok := err.(*exec.ExitError); ok {
				code = exit.ExitCode()
			} else {
				ts.Check(err)
			}
			if code != want {
				ts.Fatalf("exit code %d, want %d", code, want)
			}
		},
		// absent TEXT FILE… requires that no file has the text.
		"absent": func(ts *testscript.TestScript, neg bool, args []string) {
			for _, file := range args[1:] {
				b, err := os.ReadFile(ts.MkAbs(file))
				ts.Check(err)
				if strings.Contains(string(b), args[0]) {
					ts.Fatalf("%s contains %q", file, args[0])
				}
			}
		},
	}
}
