package script

import (
	"bytes"
	"fmt"
	"strings"
)

// match writes what a source requires of single lines. Call is the sending of the command before, or the connection's name.
func (w *writer) match(k *conn, call string, a *Answer) {
	m := a.Match
	if m.How == Whole {
		w.whole(k, call, a)
		return
	}
	if call != k.name {
		w.line("%s", call)
	}
	if a.Code > 0 {
		k.ledger.replied(a.Code)
	}
	patterns := make([]string, len(m.Patterns))
	for i, p := range m.Patterns {
		patterns[i] = quote(p)
	}
	list := patternList(patterns)
	switch {
	case len(patterns) == 0:
		w.line("%s:read_line()", k.name)
	case m.How == Next && len(patterns) == 1:
		w.line("assert.match(%s, %s:read_line())", patternText(m.Patterns[0]), k.name)
	case m.How == Next:
		w.help("one_of", k.name, list)
	case m.How == Until:
		w.help("skip_to", k.name, list)
	case m.How == Unordered:
		w.help("in_any_order", k.name, list)
	case m.How == Optional:
		w.help("if_there", k.name, list)
	}
}

// patternText is a pattern as a string, on as many lines as it needs.
func patternText(p string) string {
	var lines []string
	var cur []byte
	for rest := []byte(p); len(rest) > 0; {
		n := symbol(rest)
		cur, rest = append(cur, rest[:n]...), rest[n:]
		if len(cur) > column-40 {
			lines = append(lines, quote(string(cur)))
			cur = nil
		}
	}
	if len(cur) > 0 || lines == nil {
		lines = append(lines, quote(string(cur)))
	}
	return strings.Join(lines, "\n"+indent+indent+".. ")
}

// drained requires that nothing is left to read, in one with the sending of the line that follows.
func (w *writer) drained(k *conn, s *Step) {
	w.asks = true
	next := w.next()
	if next == nil || next.Kind != Line || next.Conn != s.Conn || bytes.ContainsAny(next.Data, "\r\n\x00") {
		w.line("assert.equal(\"\", %s.unread)", k.name)
		return
	}
	w.at++
	k.ledger.sent(next)
	w.help("say", k.name, w.expression(next.Data, "x"))
}

func patternList(patterns []string) string {
	one := "{ " + strings.Join(patterns, ", ") + " }"
	if len(one) <= column-30 {
		return one
	}
	return "{\n" + indent + indent + strings.Join(patterns, ",\n"+indent+indent) + ",\n" + indent + "}"
}

// whole requires a reply of a number of lines.
func (w *writer) whole(k *conn, call string, a *Answer) {
	k.ledger.replied(a.Code)
	codes := make([]string, len(a.Match.Codes))
	for i, c := range a.Match.Codes {
		codes[i] = quote(c)
	}
	if call != k.name {
		w.line("%s", call)
	}
	lines := ""
	if a.Match.Lines > 0 {
		lines = fmt.Sprintf(", %d", a.Match.Lines)
	}
	w.help("reply", k.name, "{ "+strings.Join(codes, ", ")+" }"+lines)
}

// help calls one of the functions that a file has itself.
func (w *writer) help(name string, args ...string) {
	w.helpers[name] = true
	w.line("%s(%s)", name, strings.Join(args, ", "))
}

// helpers are the functions that a file has where it calls them, in this order.
var helpers = []struct{ name, source string }{
	{"one_of", `-- Reads a line, and requires that one of the patterns is found in it.
local function one_of(c, patterns)
  local line, reason = c:read_line()
  for _, pattern in ipairs(patterns) do
    if line:find(pattern) then
      return assert.match(pattern, line)
    end
  end
  fail("none of the patterns is found in " .. string.format("%q", line) .. " " .. (reason or ""))
end
`},
	{"skip_to", `-- Reads lines until one of the patterns is found in one.
local function skip_to(c, patterns)
  repeat
    local line, reason = c:read_line()
    for _, pattern in ipairs(patterns) do
      if line:find(pattern) then
        return assert.match(pattern, line)
      end
    end
  until reason
  fail("the line that was waited for did not come")
end
`},
	{"in_any_order", `-- Reads as many lines as there are patterns, and requires each to be found in one of them.
local function in_any_order(c, patterns)
  local left = { unpack(patterns) }
  while #left > 0 do
    local line, reason = c:read_line()
    local found
    for i, pattern in ipairs(left) do
      if not found and line:find(pattern) then
        found = i
      end
    end
    if not found then
      fail("none of the patterns that are left is found in " .. string.format("%q", line) .. " " .. (reason or ""))
    end
    assert.match(table.remove(left, found), line)
  end
end
`},
	{"if_there", `-- Takes the lines in which one of the patterns is found, as long as they are there, and leaves others.
local function if_there(c, patterns)
  local function found()
    local line = c.unread:match("^[^\n]*\n")
    for _, pattern in ipairs(patterns) do
      if line and line:find(pattern) then
        return true
      end
    end
  end
  local deadline = time.monotonic() + 5
  while not c.unread:find("\n", 1, true) and not c.closed_by and time.monotonic() < deadline do
    sleep("10ms")
  end
  while found() do
    c:read_line()
  end
end
`},
	{"reply", `-- Reads a reply of printable characters, of so many lines if a number is given.
local function reply(c, codes, lines)
  local r = c:expect(codes)
  assert.is_nil(r.raw:find("[^\32-\126\r\n]"), "the reply has characters that are not printable")
  if lines then
    assert.equal(lines, #r.lines, "the number of lines")
  end
end
`},
	{"say", `-- Sends a line. What the server said before has to be read by then.
local function say(c, line)
  assert.equal("", c.unread, "the server said more than was read")
  c:send(line)
end
`},
}
