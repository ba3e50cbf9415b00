// Package pattern is Lua 5.1's pattern matching, to the byte, for subjects and patterns that nobody vouches for.
//
//	Matcher.Find, Match, Gsub, Gmatch -> program (compiled, cached) -> run.search (where) -> run.exec (whether)
//
// The results, and the errors, are those of PUC Lua's lstrlib.c in the C locale, oddities included: a pattern ends at its first NUL, a
// fault in it is found only when matching comes to it, "^" is a plain byte for gmatch. What differs is the cost. A pattern has no
// alternatives and repeats only single bytes, so at most one choice is open for each repeated item: exec keeps these in a stack as
// deep as the pattern is long, whatever the subject. Each call has a budget of steps, and polls its context. A pattern of more than
// 16,384 items is too complex where matching comes to the next one.
package pattern
