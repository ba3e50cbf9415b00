package talk

import (
	"os"
	"path/filepath"
	"strings"
)

// Sizes of the history: what is kept in the file, and the length at which it is cut to that.
const (
	keptLines = 1000
	cutLines  = 2000
)

// history has the lines typed before, the newest last. It keeps them in a file that only its owner can read. The line editor offers it every line; what
// is kept is told by the session, once it is known whether the line is a secret.
type history struct {
	lines []string
	path  string // "" for none
}

func openHistory(path string) *history {
	h := &history{path: path}
	if path == "" {
		return h
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return h // there is none yet, or none to be had: that is no reason not to talk
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			h.lines = append(h.lines, line)
		}
	}
	if len(h.lines) > cutLines {
		h.lines = h.lines[len(h.lines)-keptLines:]
		h.rewrite()
	}
	return h
}

// rewrite puts the lines in the place of the file; another session may be reading it.
func (h *history) rewrite() {
	f, err := os.CreateTemp(filepath.Dir(h.path), ".talk-*") // 0600
	if err != nil {
		return
	}
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	if cerr := f.Close(); err != nil || cerr != nil || os.Rename(f.Name(), h.path) != nil {
		os.Remove(f.Name())
	}
}

// keep adds a line, unless it is the newest already.
func (h *history) keep(line string) {
	if h == nil || strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if h.path == "" {
		return
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	if f.Chmod(0o600) == nil { // it may be older than this rule
		_, _ = f.WriteString(line + "\n")
	}
}

// Add implements term.History.
func (h *history) Add(string) {}

// Len implements term.History.
func (h *history) Len() int { return len(h.lines) }

// At implements term.History: 0 is the newest.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }
