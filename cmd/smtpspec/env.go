package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// env is everything around the program: tests make their own.
type env struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	dir            string // working directory
	getenv         func(string) (string, bool)
	now            func() time.Time
	terminal       bool // stdout is one
	size           func() (columns, rows int)
	// signals returns a context that ends at the first interrupt, one that ends at the second, and a function that tells
	// the exit code of the signal that came.
	signals func() (soft, hard context.Context, code func() int)
}

// color tells whether colours are wanted: on a terminal, unless NO_COLOR or a dumb one says no.
func (e *env) color(flag string) (bool, error) {
	switch flag {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, usage(`write --color auto, always or never`, "--color: %q is not one of auto, always, never", flag)
	}
	no, _ := e.getenv("NO_COLOR")
	terminal, _ := e.getenv("TERM")
	return e.terminal && no == "" && terminal != "dumb", nil
}

// The rules of the screen: results go to stdout, everything about them that is no result goes to stderr. An error is one
// line that begins with "error:", with one line "hint:" beneath where there is something to do. No capitals, no full stop.

// usageError is a mistake on the command line or in the configuration: exit code 2.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// exitError ends the program with a code, after everything was said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func (e *env) errorf(hint, format string, args ...any) {
	fmt.Fprintf(e.stderr, "error: %s\n", strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
	if hint != "" {
		fmt.Fprintf(e.stderr, "hint: %s\n", hint)
	}
}

// watchSignals turns the first interrupt into the end of soft and the second into the end of hard.
func watchSignals() (soft, hard context.Context, code func() int) {
	soft, cancelSoft := context.WithCancel(context.Background())
	hard, cancelHard := context.WithCancel(context.Background())
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	first := make(chan os.Signal, 1)
	go func() {
		first <- <-c
		cancelSoft()
		<-c
		cancelHard()
		signal.Stop(c) // a third ends the program by itself, whatever it is doing
	}()
	return soft, hard, func() int {
		select {
		case s := <-first:
			first <- s
			if s == syscall.SIGTERM {
				return 143
			}
		default:
		}
		return 130
	}
}
