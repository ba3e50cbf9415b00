package runner

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
)

// Rerun makes the command line that runs one scenario again.
type Rerun struct {
	Program string
	Flags   []string                              // that matter to any scenario, each as one word, secrets masked
	Target  func(t *luaapi.Target) (flags string) // how t was given
}

func (r Rerun) line(j *Job) string {
	if r.Program == "" || j.Target == nil {
		return ""
	}
	words := []string{r.Program, "run"}
	if r.Target != nil {
		words = append(words, "--target", Quote(r.Target(j.Target)))
	}
	for _, f := range r.Flags {
		words = append(words, Quote(f))
	}
	switch {
	case j.Decl.ID != "" && j.Shared:
		words = append(words, "--id", Quote(j.Decl.ID))
	case j.Shared:
		words = append(words, "--grep", Quote("^"+regexp.QuoteMeta(j.Key.Name)+"$"))
	}
	path := j.Key.File
	if !j.Decl.Plain {
		path = fmt.Sprintf("%s:%d", path, j.Decl.Line)
	}
	return strings.Join(append(words, Quote(path)), " ")
}

// isPlain tells whether a character means nothing to a shell.
func isPlain(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_@%+=:,./^-", c)
}

// Quote makes text one word of a shell command line.
func Quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !isPlain(c) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// SeedText writes a seed as --seed takes it.
func SeedText(seed uint64) string { return strconv.FormatUint(seed, 36) }

// ParseSeed reads what SeedText writes.
func ParseSeed(text string) (uint64, error) {
	n, err := strconv.ParseUint(strings.ToLower(text), 36, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no seed: letters and digits, as a run prints it", text)
	}
	return n, nil
}
