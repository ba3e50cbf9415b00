package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/urfave/cli/v2"
)

func knownCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "known", Usage: "write the list of known deviations from recorded runs", ArgsUsage: "FILE…",
		Description: "FILE is what --report jsonl=FILE of run has written. What failed there is listed, for the server that greeted; what a list\n" +
			"has already keeps its reason, and goes when it passed.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "update", Usage: "`FILE` of known deviations to write anew; without it the list goes to standard output"},
		},
		Action: func(c *cli.Context) error { return updateKnown(e, c) },
	}
}

func updateKnown(e *env, c *cli.Context) error {
	if c.NArg() == 0 {
		return usage("as in smtpspec known --update known.lua events.jsonl", "no recorded run is named")
	}
	path := c.String("update")
	k := &knownList{}
	if path != "" {
		old, err := language().LoadKnown(path)
		if _, serr := os.Stat(path); err != nil && !errors.Is(serr, os.ErrNotExist) {
			return err
		}
		k.entries = old
	}
	for _, name := range c.Args().Slice() {
		r, err := openRecording(e, name)
		if err != nil {
			return err
		}
		err = k.add(r)
		_ = r.close() // it was only read
		if err != nil {
			return err
		}
	}
	if path == "" {
		_, err := io.WriteString(e.stdout, k.source())
		return err
	}
	if err := os.WriteFile(path, []byte(k.source()), 0o666); err != nil {
		return usage("", "--update: %s: %s", path, luaapi.FileProblem(err))
	}
	fmt.Fprintf(e.stderr, "%s: %s; %d new, %d gone\n", path, count(len(k.entries), "known deviation"), k.added, k.gone)
	return nil
}

// knownList is a list that is brought up to date.
type knownList struct {
	entries     []luaapi.Known
	added, gone int
}

// add takes over what a recorded run says.
func (k *knownList) add(r *recording) error {
	greetings := map[event.Key]string{} // of the scenario that runs
	servers := map[string]string{}      // by target
	for {
		ev, err := r.events.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return usage("", "%s: %s", r.name, err)
		}
		switch ev := ev.(type) {
		case *event.Wire:
			if text, ok := strings.CutPrefix(string(ev.Data), "220"); ok && ev.Dir == event.In && greetings[ev.Key] == "" {
				greetings[ev.Key] = "220" + text
				servers[ev.Key.Target] = "220" + text
			}
		case *event.ScenarioFinish:
			if ev.Final && ev.ID != "" {
				greeting := greetings[ev.Key]
				if greeting == "" {
					greeting = servers[ev.Key.Target]
				}
				k.scenario(ev, greeting)
			}
			delete(greetings, ev.Key)
		}
	}
}

// scenario takes over what became of one.
func (k *knownList) scenario(end *event.ScenarioFinish, greeting string) {
	listed := func(known luaapi.Known) bool { return known.ID == end.ID && known.Matches(greeting, end.Target) }
	passed := end.Outcome == event.Passed || end.Outcome == event.Failed && end.Failure != nil && end.Failure.Kind == "known-issue"
	if passed {
		before := len(k.entries)
		k.entries = slices.DeleteFunc(k.entries, listed)
		k.gone += before - len(k.entries)
		return
	}
	if end.Outcome != event.Failed || slices.ContainsFunc(k.entries, listed) {
		return
	}
	k.entries = append(k.entries, luaapi.Known{ID: end.ID, Server: serverPattern(greeting), Reason: reasonOf(end)})
	k.added++
}

// dated finds the date in a greeting, which is another each time.
var dated = lazyregexp.New(`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*`)

// serverPattern is what a greeting says besides the code and the name of the host, as a Lua pattern.
func serverPattern(greeting string) string {
	said, _, _ := strings.Cut(greeting, "\n")
	said = dated().ReplaceAllString(strings.TrimLeft(said, "0123456789- "), "")
	words := strings.Fields(said)
	if len(words) < 2 {
		return ""
	}
	var b strings.Builder
	for _, c := range strings.Join(words[1:], " ") {
		if strings.ContainsRune(`^$()%.[]*+-?`, c) {
			b.WriteByte('%')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func reasonOf(end *event.ScenarioFinish) string {
	f := end.Failure
	text := f.Message
	if f.Want != "" {
		text = strings.TrimPrefix(text+": wanted "+f.Want+", got "+f.Got, ": ")
	}
	return strings.Join(strings.Fields(text), " ")
}

// source is the list as Lua.
func (k *knownList) source() string {
	slices.SortStableFunc(k.entries, func(a, b luaapi.Known) int {
		return strings.Compare(a.ID+" "+a.Server, b.ID+" "+b.Server)
	})
	var b strings.Builder
	b.WriteString("-- Known deviations, for smtpspec run --known; smtpspec known --update writes it anew from a run.\n\nreturn {\n")
	for _, e := range k.entries {
		fields := []string{"id = " + script.Quote(e.ID)}
		if e.Server != "" {
			fields = append(fields, "server = "+script.Quote(e.Server))
		}
		fields = append(fields, "reason = "+script.Quote(e.Reason))
		if e.Link != "" {
			fields = append(fields, "link = "+script.Quote(e.Link))
		}
		if !e.Until.IsZero() {
			fields = append(fields, `["until"] = `+script.Quote(e.Until.Format(time.DateOnly)))
		}
		b.WriteString("  { " + strings.Join(fields, ",\n    ") + " },\n")
	}
	b.WriteString("}\n")
	return b.String()
}
