package runner

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
)

// Found is a scenario file that the command line asks for.
type Found struct {
	Path  string
	Place luaapi.Place
	Lines []int    // of file.lua:LINE; none for the whole file
	Tags  []string // only the scenarios with one of these tags; none for all
}

// wants tells whether a scenario with tags was asked for.
func (f *Found) wants(tags []string) bool {
	return len(f.Tags) == 0 || slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(f.Tags, tag) })
}

// PathError is about a path that was given. It is a usage error.
type PathError struct{ Text, Hint string }

func (e *PathError) Error() string { return e.Text }

var lineSuffix = regexp.MustCompile(`^(.*\.lua):([0-9]+)$`)

// Where is what paths are seen from.
type Where struct {
	Home    string   // the directory of the configuration, "" without one
	Roots   []string // the directories that it names
	Shipped fs.FS    // the files that are built into the program; nil for none
}

// Discover finds the scenario files of files, directories, globs, file.lua:LINE and builtin:SUITE, each once, in the order given and by name
// within a directory. Names that begin with "_" or ".", and lib/, hold no scenarios. The error is a *PathError.
func Discover(paths []string, from Where) ([]*Found, error) {
	d := discovery{Where: from, seen: map[string]*Found{}}
	for _, p := range paths {
		if err := d.path(p); err != nil {
			return nil, err
		}
	}
	return d.found, nil
}

type discovery struct {
	Where
	found []*Found
	seen  map[string]*Found
}

func (d *discovery) path(arg string) error {
	if luaapi.IsShipped(arg) {
		return d.shipped(arg)
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return d.dir(arg)
	case err == nil:
		return d.named(arg, 0)
	}
	if m := lineSuffix.FindStringSubmatch(arg); m != nil {
		line, _ := strconv.Atoi(m[2]) // digits by the expression; too many give the largest number, which no file has
		if _, err := os.Stat(m[1]); err == nil {
			return d.named(m[1], line)
		}
		arg = m[1]
	}
	if strings.ContainsAny(arg, "*?[{") {
		return d.glob(arg)
	}
	return &PathError{Text: arg + ": no such file or directory", Hint: near(arg)}
}

// near suggests a neighbour of a path that does not exist.
func near(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	if n, ok := spell.Nearest(filepath.Base(path), names); ok {
		return "did you mean " + filepath.Join(filepath.Dir(path), n) + "?"
	}
	return ""
}

func (d *discovery) named(path string, line int) error {
	if filepath.Ext(path) != ".lua" {
		return &PathError{Text: path + ": scenario files end in .lua"}
	}
	if strings.HasPrefix(filepath.Base(path), "_") {
		return &PathError{Text: path + ": a file whose name begins with _ is a helper, it holds no scenarios"}
	}
	d.add(path, d.placeOf(path), line)
	return nil
}

// placeOf is where a file that was named itself may look for others: the same directory of the configuration's paths that holds it in a
// run of all, or else its own; helpers may be as far up as the configuration or the working directory.
func (d *discovery) placeOf(path string) luaapi.Place {
	dir := filepath.Dir(path)
	p := luaapi.Place{RequireRoot: dir, ReadRoot: dir}
	switch {
	case d.Home != "" && holds(d.Home, path):
		p.RequireRoot = d.Home
	case holds(".", path):
		p.RequireRoot = "."
	}
	for _, root := range d.Roots {
		if holds(root, path) {
			p.ReadRoot = root
		}
	}
	return p
}

func holds(dir, path string) bool {
	absDir, err1 := filepath.Abs(dir)
	abs, err2 := filepath.Abs(path)
	if err1 != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(absDir, abs)
	return err == nil && filepath.IsLocal(rel)
}

func (d *discovery) dir(root string) error {
	if base := filepath.Base(root); base == "lib" || strings.HasPrefix(base, "_") {
		return &PathError{Text: root + ": a directory named lib, or with a name that begins with _, has helpers; it holds no scenarios"}
	}
	place := luaapi.Place{RequireRoot: root, ReadRoot: root}
	start := root + string(filepath.Separator) + "." // WalkDir does not follow a link, but for the last part of a path
	err := filepath.WalkDir(start, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == start:
			return nil
		case hidden(e.Name(), e.IsDir()) && e.IsDir():
			return filepath.SkipDir
		case e.IsDir() || hidden(e.Name(), false):
			return nil
		}
		d.add(path, place, 0)
		return nil
	})
	if err != nil {
		return &PathError{Text: fmt.Sprintf("%s cannot be read: %v", root, err)}
	}
	return nil
}

// hidden tells whether a name in a directory is passed over.
func hidden(name string, dir bool) bool {
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		return true
	}
	if dir {
		return name == "lib"
	}
	return filepath.Ext(name) != ".lua" || name == "smtpspec.lua"
}

func (d *discovery) glob(pattern string) error {
	matches, err := doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly())
	if err != nil {
		return &PathError{Text: fmt.Sprintf("%s: not a pattern for file names", pattern)}
	}
	base, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
	root := filepath.FromSlash(base)
	sort.Strings(matches)
	n := 0
	for _, m := range matches {
		if !globbed(root, m) {
			continue
		}
		n++
		d.add(m, luaapi.Place{RequireRoot: root, ReadRoot: root}, 0)
	}
	if n == 0 {
		return &PathError{Text: pattern + ": no scenario file matches"}
	}
	return nil
}

// globbed tells whether a match is a scenario file, by the rules of a directory.
func globbed(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return false
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for _, dir := range parts[:len(parts)-1] {
		if hidden(dir, true) {
			return false
		}
	}
	return !hidden(parts[len(parts)-1], false)
}

func (d *discovery) add(path string, place luaapi.Place, line int) {
	path = filepath.Clean(path)
	f := d.seen[path]
	if f == nil {
		f = &Found{Path: path, Place: place}
		d.seen[path] = f
		d.found = append(d.found, f)
		if line > 0 {
			f.Lines = []int{line}
		}
		return
	}
	switch {
	case line == 0:
		f.Lines = nil // the whole file was asked for besides
	case len(f.Lines) > 0 && !slices.Contains(f.Lines, line):
		f.Lines = append(f.Lines, line)
	}
}
