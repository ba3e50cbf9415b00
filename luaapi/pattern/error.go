package pattern

// Error is a fault of a pattern, or of what was asked of it; its text is Lua's. A context's error is returned as it is, and is none.
type Error string

// Error is the text, without a position: the caller knows the line of the script.
func (e Error) Error() string { return string(e) }

// The errors of a call that was stopped. PUC Lua 5.1 would have gone on.
const (
	ErrTooComplex = Error("pattern too complex")        // the budget of steps is used up
	ErrTooLarge   = Error("resulting string too large") // Sub.Limit is reached
)

// The faults of lstrlib.c.
const (
	errEscape     = Error("malformed pattern (ends with '%')")
	errBracket    = Error("malformed pattern (missing ']')")
	errFrontier   = Error("missing '[' after '%f' in pattern")
	errBalance    = Error("unbalanced pattern")
	errCaptures   = Error("too many captures")
	errClose      = Error("invalid pattern capture")
	errIndex      = Error("invalid capture index")
	errUnfinished = Error("unfinished capture")
)
