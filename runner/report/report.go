// Package report turns the events of a run into what people and machines read.
//
// Each format is one file with one constructor, a function of a writer and Options that gives an event.Sink. A Run folds the
// stream, so that no format counts on its own; what a failure looks like is written once, for every format that shows text.
//
//	sink, err := report.New("list", os.Stdout, report.Options{Color: true})
//
// The package never looks at the terminal, the clock of the machine or the environment by itself: Options say what it may
// know.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Options are what a report is told about its surroundings and wishes. The zero value is good for a file or a pipe.
type Options struct {
	Color    bool // escape codes for colour, which add to the text and never carry it
	Terminal bool // the writer is a terminal: a region at its bottom may be drawn again and again

	// Size gives the terminal's columns and rows. It is asked again for every drawing. Nil, or zeros, are 80 and 24.
	Size func() (columns, rows int)

	// Workflow says that the runner of GitHub Actions reads what is written, and takes some lines for commands. A server's
	// text is none.
	Workflow bool

	Verbose        bool // every scenario with its transcript and log, and each failure in full
	FullTranscript bool // fold nothing: whole transcripts, message bodies and long lines
	Strict         bool // warned scenarios fail where a format knows only passed and failed
	Slowest        int  // how many of the slowest scenarios to name; 0 is 5, below it none

	Now func() time.Time // nil is time.Now; live times only, everything else has its time from the events

	GitHub GitHubStep // for the github format

	Extension string // of the file that is written, with its dot; "" for none. The matrix format takes its form from it
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

func (o Options) slowest() int {
	if o.Slowest == 0 {
		return 5
	}
	return max(o.Slowest, 0)
}

func (o Options) size() (columns, rows int) {
	if o.Size != nil {
		columns, rows = o.Size()
	}
	if columns <= 0 {
		columns = 80
	}
	if rows <= 0 {
		rows = 24
	}
	return columns, rows
}

// Format describes a form that a report can take.
type Format struct {
	Name  string // what --report takes
	About string // one line of help
	New   func(io.Writer, Options) event.Sink
	Whole bool // of use only when it is complete, so its file is put in place after Close or not at all

	// Screen says that it is for people: it heeds Color, Terminal and Size, and other lines may stand between its own.
	Screen bool
}

// Formats lists the formats that there are, the console's first.
func Formats() []Format {
	return []Format{
		{Name: "list", About: "for people: failures in full as they happen, then a summary", New: List, Screen: true},
		{Name: "dot", About: "for people: a character for each scenario, then the failures in full and a summary", New: Dot, Screen: true},
		{Name: "jsonl", About: "every event as a JSON line, as it happens; all other reports can be made from it", New: JSONL},
		{Name: "junit", About: "JUnit XML for Jenkins, GitLab and others", New: JUnit, Whole: true},
		{Name: "tap", About: "the Test Anything Protocol, version 14", New: TAP, Whole: true},
		{Name: "github", About: "annotations and the job summary of GitHub Actions", New: GitHub, Whole: true},
		{Name: "matrix", About: "requirement by server, as FILE.html, FILE.json or FILE.md", New: Matrix, Whole: true},
	}
}

// Lookup finds a format by its name. The error for an unknown one names the nearest.
func Lookup(name string) (Format, error) {
	formats := Formats()
	names := make([]string, len(formats))
	for i, f := range formats {
		if f.Name == name {
			return f, nil
		}
		names[i] = f.Name
	}
	if near, ok := spell.Nearest(name, names); ok {
		return Format{}, fmt.Errorf("unknown report format %q; did you mean %q?", name, near)
	}
	return Format{}, fmt.Errorf("unknown report format %q; there are %s", name, strings.Join(names, ", "))
}

// New makes the sink that writes the named format to w.
func New(format string, w io.Writer, o Options) (event.Sink, error) {
	f, err := Lookup(format)
	if err != nil {
		return nil, err
	}
	return f.New(w, o), nil
}
