package luaapi

import (
	"bufio"
	"io/fs"
	"sync"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// Language is the set of functions that scripts can call. It never changes once made, and is shared by all scenarios.
type Language struct {
	shipped   fs.FS // the files that are built into the program; nil for none
	reg       *bind.Registry
	base      map[string]lua.LValue            // Lua's own globals
	libs      map[string]map[string]lua.LValue // Lua's own libraries
	globals   *lua.LTable                      // metatable of the globals
	strings   *lua.LTable                      // metatable of strings
	others    *lua.LTable                      // metatable of numbers, booleans, functions and nil, which only complains
	operators map[lua.LValue]*lua.LFunction    // what is called for "..", "%" and the like
	types     classes

	readers      *sync.Pool // of *bufio.Reader, for the parser
	husks        *sync.Pool // of *lua.LState, what is left of states when their scripts have ended
	templateFrom int        // scenarios of a file from which on its top level does not run for each

	internals internals
}

// classes are the kinds of objects that scripts meet.
type classes struct {
	conn, reply, tls, certificate, target, vars, failure *bind.Class
	record, spf, dkim, dmarc, mtasts, tlsrpt             *bind.Class
	message, signature, authResults, authResult, box     *bind.Class
	policies                                             []*bind.Class // of those, what dns reads of a domain
}

// New makes the language.
func New() *Language {
	lang := &Language{internals: findInternals(), templateFrom: templateFrom,
		readers: &sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4096) }}, husks: &sync.Pool{}}
	lang.declareClasses()
	lang.reg = bind.New(lang.modules(), func(L *lua.LState) bind.Host { return attemptOf(L) })
	lang.openLibraries()
	return lang
}

// modules lists everything that smtpspec adds to Lua.
func (lang *Language) modules() []*bind.Module {
	return []*bind.Module{
		lang.globalFunctions(), lang.smtpModule(), lang.assertModule(), lang.dnsModule(),
		lang.mailModule(), codecModule(), hashModule(), randomModule(), timeModule(), lang.mailboxModule(),
	}
}

// Registry is the table of everything that smtpspec adds to Lua, for documentation and lint.
func (lang *Language) Registry() *bind.Registry { return lang.reg }
