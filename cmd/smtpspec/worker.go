package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
)

// workerCommand is what --isolate runs in a process for each scenario file. It is no command for people.
func workerCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "worker", Usage: "run the scenarios of one file as run --isolate says", Hidden: true,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("smtpspec run --isolate starts it", "no argument is expected, got %d", c.NArg())
			}
			return work(e)
		},
	}
}

// Bounds of a worker that Go sees to, in bytes: from the first on it collects garbage all the time, at the second a recursion ends it. They
// are below the system's, which end it without a word.
const (
	workerHeap  = 512 << 20
	workerStack = 256 << 20
)

// work is a worker process. It ends with its stdin, whatever it is at: then the program that started it is gone, or wants it gone. An interrupt
// from the terminal comes to that program too, which sees to what follows.
func work(e *env) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	debug.SetMemoryLimit(workerHeap)
	debug.SetMaxStack(workerStack)
	if err := limitProcess(); err != nil {
		return fmt.Errorf("limiting the process: %w", err)
	}
	if err := runner.Work(language(), &lifeline{e.stdin}, e.stdout); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return nil
}

// lifeline is a stdin whose end is that of the process.
type lifeline struct{ io.Reader }

func (l *lifeline) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if err != nil {
		os.Exit(0)
	}
	return n, err
}

// passed are the variables of the environment that a worker gets, none of which is a secret: what decides the local time, which
// certificates are trusted, and settings of Go.
var passed = []string{"TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG"}

// isolate makes the run one of processes.
func (s *setup) isolate() error {
	if !s.c.Bool("isolate") {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("--isolate: the program does not find itself: %w", err)
	}
	environ := []string{}
	for _, name := range passed {
		if v, ok := s.e.getenv(name); ok {
			environ = append(environ, name+"="+v)
		}
	}
	s.cfg.Isolation = runner.NewIsolation(func() *exec.Cmd {
		return &exec.Cmd{Path: self, Args: []string{"smtpspec", "worker"}, Env: slices.Clone(environ), SysProcAttr: workerAttributes()}
	})
	s.closed = append(s.closed, s.cfg.Isolation.Close)
	s.rerun = append(s.rerun, "--isolate")
	if unlimited != "" {
		fmt.Fprintf(s.e.stderr, "--isolate: %s\n", unlimited)
	}
	return nil
}
