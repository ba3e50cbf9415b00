// Package importer makes scenario files of what other programs wrote: transcripts, logs, and test scripts.
package importer

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// format is one kind of source.
type format struct {
	name  string
	what  string
	knows func(lines []string) bool // by its content
	read  func(name string, lines []string) []script.Scenario
}

// formats are all that can be read, those first whose content is told more surely.
var formats = []format{
	{"exim-client", "a script of the client in Exim's test suite", isEximClient, readEximClient},
	{"smtpscript", "a script of OpenSMTPD's smtpscript", isSMTPScript, readSMTPScript},
	{"chamuyero", "a dialog of chasquid's chamuyero (.cmy)", isChamuyero, readChamuyero},
	{"swaks", "a transcript of swaks", isSwaks, readSwaks},
	{"postfix", "a log of Postfix's smtpd or smtp with -v", isPostfix, readPostfix},
	{"exim", "a session that Exim shows with -v or -d", isExim, readExim},
	{"mpt", "a .test of Apache James MPT, with C: and S:", isMPT, readMPT},
	{"telnet", "a session typed into telnet", isTelnet, readTelnet},
}

// Formats are the names of the formats.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// UnknownError says that nothing tells the format of a source, or that there is no conversation in it.
type UnknownError struct {
	Format string // the format that it was read as, "" if none fits
}

func (e *UnknownError) Error() string {
	if e.Format == "" {
		return "it looks like none of the formats that are known"
	}
	return "as " + e.Format + " it has no conversation of a client in it"
}

// Hint says what to do.
func (e *UnknownError) Hint() string {
	return "--from says what it is: " + strings.Join(Formats(), ", ")
}

// Import reads a source in a format, "" for the one that its content looks like. Name is the source's own, of which those of scenarios are made.
// The error is an *UnknownError.
func Import(name string, source []byte, from string) (*script.File, error) {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	lines := strings.Split(strings.TrimSuffix(string(source), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	lines = unindented(lines)
	f := formatOf(lines, from)
	if f == nil {
		return nil, &UnknownError{}
	}
	origin := filepath.Base(name)
	base := strings.TrimSuffix(origin, filepath.Ext(name))
	if name == "-" || base == "" {
		origin, base = "standard input", "imported from "+f.name
	}
	file := &script.File{}
	for _, s := range f.read(base, lines) {
		if s.Steps = tidy(s.Steps); speaks(s.Steps) {
			file.Scenarios = append(file.Scenarios, s)
		}
	}
	if len(file.Scenarios) == 0 {
		return nil, &UnknownError{f.name}
	}
	file.Comment = []string{fmt.Sprintf("Imported from %s, %s.", origin, f.what)}
	return file, nil
}

// speaks tells whether anything is said in steps, by whichever side.
func speaks(steps []script.Step) bool {
	return slices.ContainsFunc(steps, func(s script.Step) bool {
		return s.Kind == script.Line || s.Kind == script.Raw || s.Kind == script.Message || s.Kind == script.Reply || s.Kind == script.Closed
	})
}

func formatOf(lines []string, name string) *format {
	for i, f := range formats {
		if name == f.name || name == "" && f.knows(lines) {
			return &formats[i]
		}
	}
	return nil
}

// unindented are lines without the blanks that all of them begin with, as those of a quotation do.
func unindented(lines []string) []string {
	indent := -1
	for _, line := range lines {
		if n := len(line) - len(strings.TrimLeft(line, " \t")); n < len(line) && (indent < 0 || n < indent) {
			indent = n
		}
	}
	if indent <= 1 {
		return lines // swaks begins lines with one blank
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = line[min(indent, len(line)):]
	}
	return out
}
