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

// openReports makes a sink for each --report. One of them has the screen: list, unless another was sent there.
func (s *setup) openReports() ([]event.Sink, error) {
	if err := s.checkReports(); err != nil {
		return nil, err
	}
	var sinks []event.Sink
	screen := ""
	for _, arg := range s.c.StringSlice("report") {
		name, file, toFile := strings.Cut(arg, "=")
		format, err := report.Lookup(name)
		if err != nil {
			return nil, err // checkReports has seen them all
		}
		if toFile {
			sink, err := s.fileReport(format, file)
			if err != nil {
				return nil, err
			}
			sinks = append(sinks, sink)
			continue
		}
		screen = name
		s.listed = name == "list"
		sinks = append(sinks, format.New(s.e.stdout, s.options(name == "list")))
	}
	if screen == "" {
		s.listed = true
		sinks = append(sinks, report.List(s.e.stdout, s.options(true)))
	}
	return sinks, nil
}

// checkReports refuses what is wrong with any --report before a file of another is touched.
func (s *setup) checkReports() error {
	taken := map[string]string{}
	for _, arg := range s.c.StringSlice("report") {
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
func (s *setup) options(screen bool) report.Options {
	host, _ := os.Hostname() // an unknown name is left out
	o := report.Options{Verbose: s.c.Bool("verbose"), FullTranscript: s.cfg.FullTranscript, Strict: s.cfg.Policy.Strict, Now: s.e.now, Hostname: host}
	if screen {
		o.Terminal, o.Size = s.e.terminal, s.e.size
		o.Color, _ = s.e.color(s.c.String("color"))
	}
	return o
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

// fileReport writes a report to a file: whole, at the end, or line by line where the format is a stream.
func (s *setup) fileReport(format report.Format, path string) (event.Sink, error) {
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
	return &fileSink{Sink: format.New(f, s.options(false)), file: f, from: open, to: path}, nil
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
