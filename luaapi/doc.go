// Package luaapi is the language that scenario files are written in: what a script can name, what happens to it, and the
// record of that. It knows one scenario at a time; which ones run, when and how often is the runner's business.
//
//	Language.NewLoader -> Loader.Load -> File.Collect -> []Declaration -> Declaration.Run -> Result
//	     (once)            (each file once, compiled)    (the top level,       (a fresh Lua state,
//	                                                      network refused)      one attempt)
//
// The verdict is kept in Go, in an attempt, from the moment an expectation is broken: nothing that a script does afterwards, pcall
// included, takes it back. One file holds one noun that scripts can name; bind makes Lua functions of their entries.
package luaapi
