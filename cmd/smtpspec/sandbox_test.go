package main

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are scripts that would take all the time or memory that there is, and what is said of each.
var hostile = []struct{ name, body, want string }{
	{"endless loop", `while true do end`, "did not end within its 1 s"},
	{"loop that catches", `while true do pcall(function() while true do end end) end`, "did not end within its 1 s"},
	{"loop that catches with a handler", `while true do xpcall(error, function() while true do end end) end`, "did not end within its 1 s"},
	{"coroutines", `while true do local f = coroutine.wrap(function() while true do coroutine.yield() end end) f() f() end`, "did not end within its 1 s"},
	{"coroutine in coroutine", `local function f() coroutine.wrap(f)() end f()`, "resume each other more than 100 deep"},
	{"metamethods", `local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return t[1]`, "stack overflow"},
	{"a pattern", `local x = ("a"):rep(200):find(("a?"):rep(200) .. ("a"):rep(201))`, "pattern too complex"},
	{"a long pattern", `local x = ("a"):rep(1e5):find(("a-"):rep(50) .. "b")`, "pattern too complex"},
	{"one long string", `local x = ("x"):rep(1e9)`, "string.rep: the result has more than 67108864 bytes"},
	{"doubling", `local s = "x" while true do s = s .. s end`, "..: the result has more than 67108864 bytes"},
	{"doubling by format", `local s = "x" while true do s = ("%s%s"):format(s, s) end`, "string.format: the result has more than 67108864 bytes"},
	{"doubling by gsub", `local s = "x" while true do s = s:gsub(".", "%0%0") end`, "string.gsub: the result has more than 67108864 bytes|did not end within"},
	{"doubling by concat", `local s = "x" while true do s = table.concat {s, s} end`, "table.concat: the result has more than 67108864 bytes"},
	{"doubling by hex", `local s = "x" while true do s = codec.hex.encode(s) end`, "codec.hex.encode: the result has more than 67108864 bytes|did not end within"},
	{"recursion", `local function f() return 1 + f() end f()`, "stack overflow"},
	{"recursion that catches", `local function f() pcall(f) end f() error "deep"`, "deep"},
	{"nested source", `error((select(2, loadstring("x=" .. ("("):rep(1e6)))))`, "brackets are nested more than 200 deep"},
	{"nested operators", `error((select(2, loadstring("x=" .. ("- "):rep(5e5) .. "1"))))`, "nested more than 1000 deep"},
	{"nested blocks", `error((select(2, loadstring(("do "):rep(1e5) .. ("end "):rep(1e5)))))`, "nested more than 1000 deep"},
	{"a sparse array", `local t = {} local i = 1 while i < 2^60 do i = i * 2 t[i] = 1 end t[67108863] = 1 table.insert(t, 6e7, 1)`, "position out of bounds"},
	{"unpack", `unpack({}, 1, 1e9)`, "too many results to unpack"},
}

const goodScenarios = `
for i = 1, 100 do
  scenario("good " .. i, function()
    local c = smtp.session()
    c:deliver { from = "a@example.org", to = target.valid_rcpt, message = "Subject: x\r\n\r\n" .. ("line\r\n"):rep(1000) }
    c:quit()
  end)
end
`

// Hostile scripts end as errors, each for its own reason, and good ones beside them pass.
func TestHostileScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "good.lua", goodScenarios)
	var args []string
	for i, h := range hostile {
		timeout := 50
		if strings.HasPrefix(h.want, "did not end") {
			timeout = 1
		}
		name := fmt.Sprintf("hostile%02d.lua", i)
		writeFile(t, dir, name, fmt.Sprintf("scenario(%q, { timeout = %d }, function()\n%s\nend)\n", h.name, timeout, h.body))
		plain := fmt.Sprintf("plain%02d.lua", i)
		writeFile(t, dir, plain, fmt.Sprintf("suite { timeout = %d }\n%s\n", timeout, h.body))
		args = append(args, name, plain)
	}
	out, errs, code := smtpspec(t, dir, append([]string{"run", "good.lua", "--target", "demo", "--report", "list"}, args...)...)
	if errs != "" && !strings.HasPrefix(errs, "demo is") {
		t.Errorf("stderr: %s", errs)
	}
	if want := fmt.Sprintf("100 passed, %d errors", 2*len(hostile)); code != 4 || !strings.Contains(out, want) {
		t.Errorf("exit code %d, not 4, or not %s:\n%s", code, want, out)
	}
	for _, h := range hostile {
		found := false
		for text := range strings.SplitSeq(h.want, "|") {
			found = found || strings.Contains(out, text)
		}
		if !found {
			t.Errorf("%s: nothing says %q", h.name, h.want)
		}
	}
}
