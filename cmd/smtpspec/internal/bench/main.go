//go:build linux

// Command bench measures smtpspec beside its peers on this machine and prints a Markdown table. .ci/bench builds what
// it compares and starts it; docs/benchmarks.md says what is measured and how.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := enter(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// enter measures or, in a process of its own, is one of the peers.
func enter(args []string) error {
	if len(args) > 1 {
		switch args[0] {
		case "client":
			return clientProcess(args[1:])
		case "holder":
			return holderProcess(args[1:])
		case "sink":
			return sinkProcess(args[1:])
		}
	}
	return measureAll(args)
}

// programs are what is compared, as paths.
type programs struct {
	Smtpspec, Empty, Source, Sink, Swaks, Self string
}

// sizes are how much of everything a pass measures.
type sizes struct {
	Runs          int   // of each network figure
	Starts        int   // of each program of the start-up figure
	Conversations int   // in one file
	Files         int   // of one conversation each
	Mails         int   // messages of swaks, which is a process each
	Held          int   // connections open at a time
	Trees         []int // files that assert something, the first is what the others are compared with
	Talks         []int // files with a conversation, likewise
	Declared      []int // scenarios of one file, likewise
	Listed        int   // scenarios that list lists
}

var (
	wholePass = sizes{Runs: 10, Starts: 60, Conversations: 2000, Files: 1000, Mails: 100, Held: 10_000, Listed: 10_000,
		Trees: []int{100, 1000, 10_000, 100_000}, Talks: []int{100, 1000, 10_000}, Declared: []int{100, 1000, 10_000}}
	quickPass = sizes{Runs: 3, Starts: 10, Conversations: 500, Files: 500, Mails: 10, Held: 1000, Listed: 2000,
		Trees: []int{100, 1000}, Talks: []int{100, 1000}, Declared: []int{100, 1000}}
)

func measureAll(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	var p programs
	flags.StringVar(&p.Smtpspec, "smtpspec", "", "the stripped `program`")
	flags.StringVar(&p.Empty, "empty", "", "a Go `program` that does nothing")
	flags.StringVar(&p.Source, "smtp-source", "smtp-source", "Postfix's test client")
	flags.StringVar(&p.Sink, "smtp-sink", "smtp-sink", "Postfix's test server")
	flags.StringVar(&p.Swaks, "swaks", "swaks", "swaks")
	dir := flags.String("dir", "", "empty `directory` to work in")
	quick := flags.Bool("quick", false, "a pass of a minute, with fewer and smaller runs")
	runs := flags.Int("runs", 0, "`runs` of each network figure, if not 10")
	only := flags.String("only", "", "measure these sections, as in `1,4`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if p.Smtpspec == "" || p.Empty == "" || *dir == "" {
		return errors.New("-smtpspec, -empty and -dir are needed; .ci/bench gives them")
	}
	var err error
	if p.Self, err = os.Executable(); err != nil {
		return err
	}
	size := wholePass
	if *quick {
		size = quickPass
	}
	if *runs > 0 {
		size.Runs = *runs
	}
	b := &bench{programs: p, sizes: size, dir: *dir, out: os.Stdout}
	defer b.close()
	return b.sections(*only)
}

// sections measures all of them, or those whose numbers are given, and prints each table as soon as it is there.
func (b *bench) sections(only string) error {
	if err := b.start(); err != nil {
		return err
	}
	b.machine()
	for i, s := range []struct {
		title   string
		measure func(*bench) ([]row, error)
	}{
		{"Client CPU of a conversation", (*bench).conversation},
		{"A file for each conversation", (*bench).files},
		{"One file as a whole process", (*bench).startup},
		{"Connections held open", (*bench).held},
		{"Cost of a scenario in large suites", (*bench).suites},
		{"Listing", (*bench).listing},
		{"Size of the program", (*bench).size},
	} {
		number := strconv.Itoa(i + 1)
		if only != "" && !strings.Contains(","+only+",", ","+number+",") {
			continue
		}
		rows, err := s.measure(b)
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		b.table(number+". "+s.title, rows)
	}
	return nil
}

// machine says where and when the figures come about.
func (b *bench) machine() {
	fmt.Fprintf(b.out, "%s, %s, %d cores of %s, Linux %s; load average at the start %s.\n",
		time.Now().Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), cpuModel(),
		firstLine("/proc/sys/kernel/osrelease"), firstLine("/proc/loadavg"))
}

func cpuModel() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unknown model"
}

func firstLine(file string) string {
	b, _ := os.ReadFile(file)
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// path is a file or directory below the directory to work in.
func (b *bench) path(names ...string) string {
	return filepath.Join(append([]string{b.dir}, names...)...)
}
