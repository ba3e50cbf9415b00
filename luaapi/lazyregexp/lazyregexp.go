// Package lazyregexp compiles regular expressions when they are first used: a program that starts for one conversation has no use for most
// of them, and they would take a tenth of its time.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New is regexp.MustCompile, done at the first call of what it returns.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
