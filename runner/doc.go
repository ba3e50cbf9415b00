// Package runner turns scenario files into events: which scenarios there are, which of them run, when, how often, and what
// becomes of each.
//
//	Discover -> Load -> Plan.Select -> Run
//	 (paths)   (compile,   (pure)      (preflight, schedule, execute, retry)  -> event.Sink
//	            collect)
//
// It knows no terminal and no Lua value. A scenario is run by luaapi; the verdict on what it recorded is made in verdict.go.
package runner
