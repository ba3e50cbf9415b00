package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxMessage is how many bytes of a file are read.
const maxMessage = 64 << 20

// maildir is a Maildir: a message a file in new or, once somebody has seen it, in cur. Files come there whole, by a rename.
type maildir struct {
	path  string
	since time.Time
	known map[string]bool // names without the flags: what was read, and what is old
	dirs  []*listing
	begun bool // the first look is over
}

func newMaildir(cfg Config) *maildir {
	return &maildir{path: cfg.Path, since: cfg.Since, known: map[string]bool{},
		dirs: []*listing{{path: filepath.Join(cfg.Path, "new")}, {path: filepath.Join(cfg.Path, "cur")}}}
}

func (d *maildir) leave() {}

func (d *maildir) look(context.Context) (list []found, older int, err error) {
	for _, dir := range d.dirs {
		entries, err := dir.entries()
		if err != nil {
			return list, older, d.problem(err)
		}
		for _, e := range entries {
			text, old, err := d.read(dir, e)
			switch {
			case errors.Is(err, fs.ErrNotExist): // a mail reader moved it just now, to cur
				dir.changed = time.Time{}
			case err != nil:
				return list, older, unreadable(filepath.Join(dir.path, e.Name()), err)
			case old:
				older++
			case text != "":
				list = append(list, found{text: text})
			}
		}
	}
	d.begun = true
	return list, older, nil
}

// read gives the text of a file that is new, and tells whether it is old; neither for what is known.
func (d *maildir) read(dir *listing, e fs.DirEntry) (text string, old bool, err error) {
	name, _, _ := strings.Cut(e.Name(), ":")
	if d.known[name] || strings.HasPrefix(name, ".") || !e.Type().IsRegular() {
		return "", false, nil
	}
	if !d.begun {
		info, err := e.Info()
		if err != nil {
			return "", false, err
		}
		if info.ModTime().Before(d.since) {
			d.known[name] = true
			return "", true, nil
		}
	}
	if text, err = readFile(filepath.Join(dir.path, e.Name())); err == nil {
		d.known[name] = true
	}
	return text, false, err
}

func (d *maildir) problem(err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(d.path, err)
	}
	if _, err := os.Stat(d.path); err == nil {
		return &Error{Text: d.path + " is no Maildir: there are no directories new and cur in it", Missing: true}
	}
	return missing(d.path)
}

// listing is a directory that is only listed when it has changed.
type listing struct {
	path    string
	changed time.Time // the directory's own time at the last listing; zero where it may have changed since without a trace
}

// coarse is how far apart changes are that all file systems tell from each other.
const coarse = 2 * time.Second

func (l *listing) entries() ([]fs.DirEntry, error) {
	now := time.Now()
	info, err := os.Stat(l.path)
	if err != nil {
		return nil, err
	}
	if l.changed.Equal(info.ModTime()) {
		return nil, nil
	}
	l.changed = time.Time{}
	dir, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1) // in no order: sorting a hundred thousand names ten times a second would cost more
	if err == nil && now.Sub(info.ModTime()) > coarse {
		l.changed = info.ModTime()
	}
	return entries, err
}

// readFile reads a file of which nothing but its beginning is taken where it is too large.
func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	_, err = io.Copy(&b, io.LimitReader(f, maxMessage))
	return b.String(), err
}

func missing(path string) error {
	return &Error{Text: fmt.Sprintf("there is no %s: the first delivery may make it, or the path is wrong", path), Missing: true}
}

func unreadable(path string, err error) error {
	why := "it cannot be read"
	if errors.Is(err, fs.ErrPermission) {
		why = "it may not be read: run as its owner, or give leave"
	}
	return &Error{Text: path + ": " + why}
}
