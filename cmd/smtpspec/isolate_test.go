package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

const outcomes = `
suite { tags = { "a" } }
after_each(function() log "after" end)
scenario("passes", { refs = { "RFC 5321 4.1" }, id = "P1" }, function()
  local c = smtp.session()
  c:send("NOOP") c:expect(250)
  log("bytes \255 and " .. random.hex(4))
  c:quit()
end)
scenario("fails", function() local c = smtp.connect() c:expect(554) end)
scenario("warns", function() local c = smtp.connect() c:expect(220) warn("careful") end)
scenario("skips", function() skip("not today") end)
scenario("is inconclusive", function() inconclusive("policy") end)
scenario("known", { known_issue = "bug 7" }, function() assert.equal(1, 2) end)
scenario("known that passes", { known_issue = "bug 8" }, function() assert.equal(1, 1) end)
scenario("errs", function() local x = nil; x.y = 1 end)
scenario("nothing", function() end)
scenario("endless", { timeout = 0.3 }, function() while true do end end)
scenario("cleans", { timeout = 0.3 }, function() cleanup(function() log "cleaned" end) sleep(5) end)
scenario("steps", function() step("one", function() check("two", function() assert.equal("a", "b") end) end) end)
scenario("needs a fact", { requires = { "nosuchfact" } }, function() end)
scenario("needs a keyword", { requires = { "NOSUCH" } }, function() end)
scenario("serial", { serial = true }, function() assert.equal(1, 1) end)
scenario("locked", { lock = "x" }, function() assert.equal(vars.secret_key, "hunter22") log("it is " .. vars.secret_key) end)
scenario("bytes \255", function() note(random.hex(8)) fail("text \254") end)
scenario("masked hunter22", function() assert.equal(target.password, "x") end)
`

// varying are the parts of an event that differ between two runs of the same.
var varying = regexp.MustCompile(`"(?:time|at|seconds|after|run|index|port|\w+_port)":(?:"[^"]*"|[-0-9.e]+)|127\.0\.0\.1:\d+|Accepted as \w+|Date: [^\\]*|` +
	`smtpspec[a-z0-9]+-[-0-9]+|(?:less|more) than [0-9.e+]+|"got":"1\d{9}"`)

// sameRun takes away what the runs are told apart by: the demo server's mailbox is out of reach of other processes.
var sameRun = strings.NewReplacer("--isolate ", "", `"mailbox":"demo:",`, "")

// eventsOf are the events of a recorded run by scenario, without what varies. What depends on who was faster is left out, too: how a
// connection ended, and what stands between which bytes.
func eventsOf(t *testing.T, path string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(readFile(t, path)), "\n") {
		var head struct {
			Event, Dir, Text string
			Key              event.Key
		}
		if err := json.Unmarshal([]byte(line), &head); err != nil {
			t.Fatal(err)
		}
		if head.Dir == event.Info && strings.Contains(head.Text, "closed") {
			continue
		}
		name := head.Key.File + " " + head.Key.Name + " " + head.Dir
		if head.Event == "plan" || head.Event == "run_start" || head.Event == "run_finish" {
			name = head.Event
		}
		out[name] = append(out[name], varying.ReplaceAllString(sameRun.Replace(line), "…"))
	}
	return out
}

// A run with --isolate comes to the same as one without.
func TestIsolatedIsTheSame(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(repository, "scenarios", "examples"))); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "outcomes.lua", outcomes)
	writeFile(t, dir, "plain.lua", "suite { name = 'plain one', level = 'should' }\nlocal c = smtp.connect()\nc:expect(554)\n")
	writeFile(t, dir, "unresolved.lua", "for i = 1, tonumber(target.howmany) do scenario('n' .. i, function() end) end\n")
	args := []string{"run", ".", "--target", "demo", "--seed", "abc", "--retries", "1", "--shuffle", "--var", "secret_key=hunter22", "--report"}
	without, _, code := smtpspec(t, dir, append(args, "jsonl=without.jsonl", "--report", "tap")...)
	with, errs, got := smtpspec(t, dir, append(args, "jsonl=with.jsonl", "--report", "tap", "--isolate")...)
	if code != 1 || got != code {
		t.Errorf("exit code %d, and with --isolate %d\n%s", code, got, errs)
	}
	want, have := eventsOf(t, filepath.Join(dir, "without.jsonl")), eventsOf(t, filepath.Join(dir, "with.jsonl"))
	if len(want) < 60 || len(want) != len(have) {
		t.Errorf("%d scenarios, and with --isolate %d", len(want), len(have))
	}
	for name := range want {
		n := 0
		for n < len(want[name]) && n < len(have[name]) && want[name][n] == have[name][n] {
			n++
		}
		if w, h := want[name][n:], have[name][n:]; len(w)+len(h) > 0 {
			t.Errorf("%s: %d events, and with --isolate %d; from %d on:\n%.1000q\n%.1000q", name, len(w)+n, len(h)+n, n, w, h)
		}
	}
	for _, text := range []string{without, with, readFile(t, filepath.Join(dir, "with.jsonl"))} {
		if strings.Contains(text, "hunter22") {
			t.Error("a secret is shown")
		}
	}
}
