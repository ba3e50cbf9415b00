// Command smtpspec runs scenario files against mail servers and reports what passed and what failed.
package main

import (
	"os"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"golang.org/x/term"
)

func main() {
	luaapi.SetProcessLimits()
	wd, err := os.Getwd()
	if err != nil {
		wd = "."
	}
	out := int(os.Stdout.Fd())
	e := &env{
		args: os.Args, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, dir: wd,
		getenv:   os.LookupEnv,
		now:      time.Now,
		terminal: term.IsTerminal(out),
		size: func() (int, int) {
			columns, rows, err := term.GetSize(out)
			if err != nil {
				return 0, 0 // the report has its own
			}
			return columns, rows
		},
		signals: watchSignals,
	}
	os.Exit(run(e))
}
