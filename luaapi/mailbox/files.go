package mailbox

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// files is a directory in which each file is a message, at any depth. Nothing says when one is whole, so it is read when it has not changed
// between two looks, and again when it changes later.
type files struct {
	root  string
	since time.Time
	seen  map[string]*file
	begun bool
}

type file struct {
	size int64
	time time.Time
	done bool // it was read, or is old
}

func (f *files) leave() {}

func (f *files) look(context.Context) (list []found, older int, err error) {
	if f.seen == nil {
		f.seen = map[string]*file{}
	}
	err = filepath.WalkDir(f.root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != f.root:
			return nil // it is gone meanwhile
		case err != nil:
			return err
		case path == f.root:
			return nil
		case strings.HasPrefix(e.Name(), ".") && e.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(e.Name(), "."), !e.Type().IsRegular():
			return nil
		}
		text, old, err := f.read(path, e)
		if old {
			older++
		}
		if text != "" {
			list = append(list, found{text: text})
		}
		return err
	})
	f.begun = true
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return list, older, missing(f.root)
	case err != nil:
		return list, older, unreadable(f.root, err)
	}
	return list, older, nil
}

// read gives the text of a file that is new or has changed, once it has settled.
func (f *files) read(path string, e fs.DirEntry) (text string, old bool, err error) {
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	s := f.seen[path]
	if s == nil {
		s = &file{}
		f.seen[path] = s
		if !f.begun && info.ModTime().Before(f.since) {
			old = true
		}
	}
	settled := s.size == info.Size() && s.time.Equal(info.ModTime()) || time.Since(info.ModTime()) > coarse
	if s.done && s.size == info.Size() && s.time.Equal(info.ModTime()) {
		return "", false, nil
	}
	s.size, s.time, s.done = info.Size(), info.ModTime(), old || settled
	if old || !settled {
		return "", old, nil
	}
	if text, err = readFile(path); errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return text, false, err
}
