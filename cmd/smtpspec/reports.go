package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/smtpspec/smtpspec/runner/report"
	"github.com/urfave/cli/v2"
)

func formatNames() string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// seconds is a flag's value as a duration.
func seconds(to *time.Duration) func(string) error {
	return func(text string) error {
		d, err := luaapi.ParseSeconds(text)
		*to = d
		return err
	}
}

// reportFlags are those of the commands that write reports.
func reportFlags() []cli.Flag {
	return []cli.Flag{
		&cli.GenericFlag{Value: &texts{}, Name: "report", Aliases: []string{"r"}, Usage: "`FORMAT[=FILE]`: " + formatNames() + "; may be repeated"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show every scenario, with its record and transcript"},
		&cli.BoolFlag{Name: "full-transcript", Usage: "leave nothing out of transcripts"},
		&cli.StringFlag{Name: "color", Usage: "`WHEN`: auto, always or never", Value: "auto"},
	}
}

// outputs are the reports that a command line asks for.
type outputs struct {
	e      *env
	c      *cli.Context
	strict bool // warnings fail
	github bool // annotations beside the report on the screen, where no --report github is
	people bool // what has the screen is for people
	files  []string
}

// open makes a sink for each --report. One of them has the screen: list, unless another was sent there.
func (o *outputs) open() ([]event.Sink, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var sinks []event.Sink
	screen := report.Formats()[0]
	for _, arg := range given(o.c, "report") {
		name, file, toFile := strings.Cut(arg, "=")
		format, err := report.Lookup(name)
		if err != nil {
			return nil, err // check has seen them all
		}
		o.github = o.github && name != "github"
		if !toFile {
			screen = format
			continue
		}
		sink, err := o.file(format, file)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, sink)
	}
	o.people = screen.Screen
	if o.github {
		sinks = append(sinks, report.GitHub(o.beside(), o.options(false)))
	}
	return append(sinks, screen.New(o.e.stdout, o.options(screen.Screen))), nil // last, so that its summary is
}

// beside is where annotations do not spoil what has the screen. GitHub reads both streams.
func (o *outputs) beside() io.Writer {
	if o.people {
		return o.e.stdout
	}
	return o.e.stderr
}

// check refuses what is wrong with any --report before a file of another is touched.
func (o *outputs) check() error {
	taken := map[string]string{}
	for _, arg := range given(o.c, "report") {
		name, file, _ := strings.Cut(arg, "=")
		if _, err := report.Lookup(name); err != nil {
			return usage("--report takes FORMAT or FORMAT=FILE; the formats are "+formatNames(), "--report: %s", err)
		}
		other, twice := taken[file]
		switch {
		case twice && file == "":
			return usage("give all but one a file, as in --report "+name+"=FILE", "--report %s and --report %s both want the standard output", other, name)
		case twice:
			return usage("give each a file of its own", "--report %s and --report %s both want the file %s", other, name, file)
		}
		taken[file] = name
	}
	return nil
}

// options describes the screen, or with it a file.
func (o *outputs) options(screen bool) report.Options {
	out := report.Options{Verbose: o.c.Bool("verbose"), FullTranscript: o.c.Bool("full-transcript"), Strict: o.strict, Now: o.e.now, GitHub: o.e.step()}
	if screen {
		out.Terminal, out.Size, out.Workflow = o.e.terminal, o.e.size, o.e.onGitHub()
		out.Color, _ = o.e.color(o.c.String("color"))
	}
	return out
}

// onGitHub tells whether a workflow of GitHub Actions runs this, where nobody draws on a terminal.
func (e *env) onGitHub() bool {
	v, _ := e.getenv("GITHUB_ACTIONS")
	return v == "true" && !e.terminal
}

// step is what the environment says about the step of a workflow.
func (e *env) step() report.GitHubStep {
	root, _ := e.getenv("GITHUB_WORKSPACE")
	at := report.GitHubStep{Root: root, Dir: e.dir}
	if path, ok := e.getenv("GITHUB_STEP_SUMMARY"); ok && path != "" {
		at.Summary = func() (io.WriteCloser, int64, error) { return openSummary(path) }
	}
	return at
}

// openSummary opens the job summary of a step, which commands before this one may have begun.
func openSummary(path string) (io.WriteCloser, int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return nil, 0, fmt.Errorf("writing the job summary %s: %s", path, luaapi.FileProblem(err))
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, 0, fmt.Errorf("writing the job summary %s: %s", path, luaapi.FileProblem(err))
	}
	return f, info.Size(), nil
}

// linked is what a link names, which need not be there yet: that is replaced by a report, not the link.
func linked(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	to, err := os.Readlink(path)
	switch {
	case err != nil:
		return path
	case filepath.IsAbs(to):
		return to
	}
	return filepath.Join(filepath.Dir(path), to)
}

// file writes a report to a file: whole, at the end, or line by line where the format is a stream.
func (o *outputs) file(format report.Format, path string) (event.Sink, error) {
	if path == "" {
		return nil, usage("as in --report "+format.Name+"=FILE", "--report %s=: the name of a file expected", format.Name)
	}
	path = linked(path)
	open := path
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, usage("as in --report "+format.Name+"="+filepath.Join(path, "report."+format.Name), "--report %s=%s: that is a directory", format.Name, path)
	case err == nil && !info.Mode().IsRegular():
		// A device or a pipe is written as it is: nothing can take its place.
	case format.Whole:
		open = path + ".part"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, usage("", "--report %s=%s: the directory cannot be made: %s", format.Name, path, luaapi.FileProblem(err))
	}
	f, err := os.OpenFile(open, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, usage("", "--report %s=%s: cannot be written: %s", format.Name, path, luaapi.FileProblem(err))
	}
	o.files = append(o.files, open)
	how := o.options(false)
	how.Extension = strings.ToLower(filepath.Ext(path))
	return &fileSink{Sink: format.New(f, how), file: f, from: open, to: path}, nil
}

// fileSink closes its file after the report, and puts it in its place.
type fileSink struct {
	event.Sink
	file     io.Closer
	from, to string
}

func (s *fileSink) Close() error {
	err := s.Sink.Close()
	if cerr := s.file.Close(); err == nil {
		err = cerr
	}
	if err == nil && s.from != s.to {
		err = os.Rename(s.from, s.to)
	}
	if err != nil {
		return fmt.Errorf("writing the report %s: %w", s.to, err)
	}
	return nil
}
