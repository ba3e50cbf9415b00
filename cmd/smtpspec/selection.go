package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
)

// selection reads the flags that say which scenarios are meant.
func (s *setup) selection() (sel runner.Selection, err error) {
	for _, f := range []struct {
		flag string
		to   **regexp.Regexp
	}{{"grep", &sel.Grep}, {"grep-invert", &sel.GrepInvert}} {
		if text := s.c.String(f.flag); text != "" {
			if *f.to, err = regexp.Compile(text); err != nil {
				return sel, usage("parentheses, brackets and . * + ? are special: put \\ before them", "--%s: %q is no regular expression", f.flag, text)
			}
		}
	}
	if text := s.c.String("tag"); text != "" {
		if sel.Tags, err = runner.ParseTags(text); err != nil {
			return sel, usage(`as in --tag 'tls and not (slow or flood)'`, "--tag: %s", err)
		}
	}
	sel.Intrusive = s.c.Bool("intrusive")
	sel.IDs = given(s.c, "id")
	if s.c.Bool("last-failed") {
		sel.Last = true
		sel.LastFailed, err = s.e.lastFailed()
	}
	return sel, err
}

// lastFile is where the failures of the last run are kept.
func (e *env) lastFile() string { return filepath.Join(e.dir, ".smtpspec", "last-failed.json") }

func (e *env) lastFailed() ([]event.Key, error) {
	b, err := os.ReadFile(e.lastFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage("run without it first", "--last-failed: there is no record of a run in this directory")
	}
	if err != nil {
		return nil, fmt.Errorf("--last-failed: reading %s: %w", e.lastFile(), err)
	}
	var keys []event.Key
	if err := json.Unmarshal(b, &keys); err != nil {
		return nil, usage("remove the file", "--last-failed: %s is not what smtpspec wrote", e.lastFile())
	}
	return keys, nil
}

// keepFailed writes what failed, for --last-failed: scenarios that did not run this time keep their place.
func (e *env) keepFailed(sum *runner.Summary) error {
	old, _ := e.lastFailed() // none, or not ours: begun anew
	ran := map[[2]string]bool{}
	for _, k := range sum.Ran {
		ran[[2]string{k.File, k.Name}] = true
	}
	keys := []event.Key{}
	for _, k := range old {
		if !ran[[2]string{k.File, k.Name}] {
			keys = append(keys, k)
		}
	}
	keys = append(keys, sum.Failed...)
	if len(keys) == 0 && len(old) == 0 {
		return nil
	}
	b, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(e.lastFile()), 0o777); err != nil {
		return err
	}
	return os.WriteFile(e.lastFile(), append(b, '\n'), 0o666)
}
