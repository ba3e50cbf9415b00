package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deviations are the failures that the page has, as an id and the anchor of the server's heading. What fails has a heading of its
// own; what is in a table is a warning.
func deviations(page string) map[string]bool {
	listed := map[string]bool{}
	server := ""
	for line := range strings.Lines(page) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			server = strings.ToLower(strings.TrimSpace(name))
		}
		if ids, ok := strings.CutPrefix(line, "### `"); ok {
			for _, id := range regexp.MustCompile("[^`, \n]+").FindAllString(ids, -1) {
				listed[id+" docs/deviations.md#"+server] = true
			}
		}
	}
	return listed
}

// docs/deviations.md has what .ci/known.lua lists, under the heading that the link names, and nothing more that fails.
func TestDeviations(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository, "docs", "deviations.md"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := language().LoadKnown(filepath.Join(repository, ".ci", "known.lua"))
	if err != nil {
		t.Fatal(err)
	}
	known, written := map[string]bool{}, deviations(string(page))
	for _, entry := range entries {
		key := entry.ID + " " + entry.Link
		if known[key] {
			t.Errorf("known.lua has %s twice", key)
		}
		known[key] = true
		if !written[key] {
			t.Errorf("deviations.md lacks %s", key)
		}
		if _, server, _ := strings.Cut(entry.Link, "#"); !strings.EqualFold(entry.Server, "^"+server+" ") {
			t.Errorf("%s is of the server %q, and its link of %s", entry.ID, entry.Server, server)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(written)) {
		if !known[key] {
			t.Errorf("known.lua lacks %s", key)
		}
	}
}
