package runner

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
)

// suites are the built-in suites: those scenarios of the program's own that have the tag of this name.
var suites = []string{"core", "submission", "lmtp", "security", "delivery"}

// exampleDirs are directories of the program's files that no suite has.
var exampleDirs = map[string]bool{"examples": true, "probe": true}

// opening are the files of the suites that come first: what they find is often why others fail, and a server that never answers keeps each for long.
var opening = []string{"rfc5321/greeting.lua", "rfc5321/ehlo.lua"}

// shipped finds files that are built into the program: of a suite, of all suites, of a directory, or one of them.
func (d *discovery) shipped(arg string) error {
	name := strings.Trim(strings.TrimPrefix(arg, luaapi.ShippedRoot), "/")
	if d.Shipped == nil {
		return &PathError{Text: arg + ": nothing is built in here"}
	}
	for _, s := range suites {
		if name == s {
			return d.shippedBelow(".", s)
		}
	}
	if name == "all" {
		return d.shippedBelow(".", "")
	}
	line := 0
	if m := lineSuffix.FindStringSubmatch(name); m != nil {
		name = m[1]
		line, _ = strconv.Atoi(m[2]) // digits by the expression
	}
	info, err := fs.Stat(d.Shipped, name)
	switch {
	case err != nil:
		known := append([]string{"all"}, suites...)
		return &PathError{Text: fmt.Sprintf("%s: there is no such suite%s", arg, spell.Hint(name, known)), Hint: "there are builtin:" + strings.Join(known, ", builtin:")}
	case info.IsDir():
		return d.shippedBelow(name, "")
	}
	d.addShipped(name, "", line)
	return nil
}

// shippedBelow adds the files in a directory and below.
func (d *discovery) shippedBelow(dir, tag string) error {
	n := 0
	add := func(name string) {
		d.addShipped(name, tag, 0)
		n++
	}
	for _, name := range opening {
		if _, err := fs.Stat(d.Shipped, name); err == nil && dir == "." {
			add(name)
		}
	}
	err := fs.WalkDir(d.Shipped, dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == dir:
			return nil
		case e.IsDir() && (hidden(e.Name(), true) || dir == "." && exampleDirs[name]):
			return fs.SkipDir
		case !e.IsDir() && !hidden(e.Name(), false):
			add(name)
		}
		return nil
	})
	if err == nil && n == 0 {
		return &PathError{Text: luaapi.ShippedRoot + dir + ": it has no scenarios"}
	}
	return err
}

func (d *discovery) addShipped(name, tag string, line int) {
	full := luaapi.ShippedRoot + path.Join("/", name)
	before := d.seen[full]
	d.add(full, luaapi.Place{RequireRoot: luaapi.ShippedRoot, ReadRoot: luaapi.ShippedRoot}, line)
	switch f := d.seen[full]; {
	case tag == "":
		f.Tags = nil // all of it was asked for
	case before == nil || len(f.Tags) > 0 && !slices.Contains(f.Tags, tag):
		f.Tags = append(f.Tags, tag)
	}
}
