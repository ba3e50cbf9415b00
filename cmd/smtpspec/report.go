package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/urfave/cli/v2"
)

func reportCommand(e *env) *cli.Command {
	flags := append([]cli.Flag{&cli.BoolFlag{Name: "strict", Usage: "warnings fail the run"}}, reportFlags()...)
	return &cli.Command{
		Name: "report", Usage: "write reports of recorded runs", ArgsUsage: "FILE…",
		Description: "FILE is what --report jsonl=FILE of run has written, or - for standard input. Several are told as one run: the shards of\n" +
			"one, or runs of different scenarios.",
		Flags:  fromEnvironment(flags),
		Action: func(c *cli.Context) error { return reportAgain(e, c) },
	}
}

// recording is a stream of events that is read.
type recording struct {
	name   string
	in     io.Reader
	close  func() error
	events *event.Reader
	own    runner.Recount

	start  *event.RunStart // nil where the stream ends before it, and so on
	plan   *event.Plan
	finish *event.RunFinish
	short  bool // it ends before the plan
}

func reportAgain(e *env, c *cli.Context) error {
	if _, err := e.color(c.String("color")); err != nil {
		return err
	}
	all, err := openRecordings(e, c.Args().Slice())
	defer func() {
		for _, r := range all {
			_ = r.close() // it was only read
		}
	}()
	if err != nil {
		return err
	}
	m, err := newMerge(e, all)
	if err != nil {
		return err
	}
	m.total.Policy.Strict = c.Bool("strict")
	if err := keepInputs(all, given(c, "report")); err != nil {
		return err
	}
	out := &outputs{e: e, c: c, strict: m.strict(c.Bool("strict"))}
	sinks, err := out.open()
	if err != nil {
		return err
	}
	m.sink = event.Tee(sinks...)
	code := m.run()
	if err := m.sink.Close(); err != nil {
		e.errorf("", "%s", err)
		code = runner.Worse(code, runner.ExitIncomplete)
	}
	if code == 0 {
		return nil
	}
	return exitError(code)
}

// openRecordings opens every stream and reads how it begins, so that what is no stream is found before a report is begun.
func openRecordings(e *env, names []string) ([]*recording, error) {
	if len(names) == 0 {
		return nil, usage("as in smtpspec report events.jsonl, which run --report jsonl=events.jsonl has written", "no recorded run is named")
	}
	var all []*recording
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return all, usage("", "%s is named twice", name)
		}
		r, err := openRecording(e, name)
		if err != nil {
			return all, err
		}
		all = append(all, r)
		if err := r.head(); err != nil {
			return all, err
		}
	}
	return all, nil
}

func openRecording(e *env, name string) (*recording, error) {
	r := &recording{name: name, in: e.stdin, close: func() error { return nil }}
	if name != "-" {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return nil, usage("smtpspec report "+filepath.Join(name, "*.jsonl")+" takes the streams in it", "%s: that is a directory", name)
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("", "%s: %s", name, luaapi.FileProblem(err))
		}
		r.in, r.close = f, f.Close
	}
	r.events = event.NewReader(r.in)
	return r, nil
}

// head reads as far as the plan.
func (r *recording) head() error {
	for r.plan == nil && !r.short {
		e, err := r.events.Next()
		switch {
		case errors.Is(err, event.ErrIncomplete):
			r.short = true
			return nil
		case err != nil:
			return usage("smtpspec report reads what smtpspec run --report jsonl=FILE writes", "%s", r.problem(err))
		}
		r.own.Event(e)
		switch e := e.(type) {
		case *event.RunStart:
			r.start = e
		case *event.Plan:
			r.plan = e
		}
	}
	return nil
}

// problem says what went wrong in reading, and where.
func (r *recording) problem(err error) string {
	var line *event.LineError
	switch {
	case errors.As(err, &line):
		return fmt.Sprintf("%s:%d: %v", r.name, line.Line, line.Err)
	case errors.Is(err, event.ErrIncomplete):
		return r.name + ": " + err.Error()
	}
	return r.name + ": cannot be read: " + luaapi.FileProblem(err)
}

// keepInputs refuses to write a report over a recording.
func keepInputs(all []*recording, reports []string) error {
	for _, arg := range reports {
		_, path, _ := strings.Cut(arg, "=")
		to, err := os.Stat(path)
		if err != nil {
			continue // it is not there yet, or opening it says what is wrong
		}
		for _, r := range all {
			f, ok := r.in.(*os.File)
			if !ok {
				continue
			}
			if from, err := f.Stat(); err == nil && from.Mode().IsRegular() && os.SameFile(from, to) {
				return usage("give it a file of its own", "--report %s would write over %s, which it is made from", arg, r.name)
			}
		}
	}
	return nil
}
