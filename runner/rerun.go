package runner

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/smtpspec/smtpspec/luaapi"
)

// Rerun makes the command line that runs one scenario again.
type Rerun struct {
	Program string
	Flags   []string                              // that matter to any scenario, each as one word, secrets masked
	Target  func(t *luaapi.Target) (flags string) // how t was given

	begun sync.Map // of begin, by target
}

func (r *Rerun) line(j *Job) string {
	if r.Program == "" || j.Target == nil {
		return ""
	}
	words := make([]string, 0, 4)
	switch {
	case j.Decl.ID != "" && j.Shared:
		words = append(words, "--id", luaapi.ShellWord(j.Decl.ID))
	case j.Shared:
		words = append(words, "--grep", luaapi.ShellWord("^"+regexp.QuoteMeta(j.Key.Name)+"$"))
	}
	path := j.Key.File
	if !j.Decl.Plain {
		path += ":" + strconv.Itoa(j.Decl.Line)
	}
	return r.begin(j.Target) + strings.Join(append(words, luaapi.ShellWord(path)), " ")
}

// Command runs a file against a target as the scenarios were run.
func (r *Rerun) Command(t *luaapi.Target, path string) string {
	return r.begin(t) + luaapi.ShellWord(path)
}

// begin is what the lines of a target have in common.
func (r *Rerun) begin(t *luaapi.Target) string {
	if text, ok := r.begun.Load(t); ok {
		return text.(string)
	}
	words := []string{r.Program, "run"}
	if r.Target != nil {
		words = append(words, "--target", luaapi.ShellWord(r.Target(t)))
	}
	for _, f := range r.Flags {
		words = append(words, luaapi.ShellWord(f))
	}
	text := strings.Join(words, " ") + " "
	r.begun.Store(t, text)
	return text
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
