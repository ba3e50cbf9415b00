-- outcome: passed
scenario("what holds", function()
  assert(true)
  assert(0, "message")
  assert.equal(1, 1)
  assert.equal("a", "a", "message")
  assert.equal(nil, nil)
  assert.same({ 1, { a = "b" } }, { 1, { a = "b" } })
  assert.same("x", "x", "message")
  assert.match("^%d%d$", "25")
  assert.match("5", "250", "message")
  assert.is_true(true)
  assert.is_false(false)
  assert.is_nil(nil)
  assert.is_not_nil(false)
  assert.contains({ 1, "two" }, "two")
  assert.contains("text with a .", ".")
  assert.greater(2, 1)
  assert.less(1, 2)
  assert.error(function() error("boom") end)
  assert.error(function() error("boom") end, "bo+m$")
  assert.error(function() error({}) end)
  local a, b = assert(1, 2)
  assert.equal(2, b)
  assert.same({ 1, "m", 3 }, { assert(1, "m", 3) })
end)
-----
-- outcome: failed
scenario("assert", function()
  assert(nil) -- want: "assert does not hold\na value that is neither nil nor false\nnil"
end)
-----
-- outcome: failed
scenario("assert with a message", function()
  assert(false, "the answer is no") -- want: "^assertion\nthe answer is no\n.*\nfalse"
end)
-----
-- outcome: error
scenario("assert of nothing", function()
  assert() -- want: "assert: argument value is missing"
end)
-----
-- outcome: failed
scenario("equal", function()
  assert.equal(1, "1") -- want: "assert.equal does not hold\n1\n\"1\""
end)
-----
-- outcome: failed
scenario("equal tables", function()
  assert.equal({}, {}) -- want: "{} .table.\n{} .table, another one."
end)
-----
-- outcome: failed
scenario("equal with a message", function()
  assert.equal("a\r\n\255", "a", "the reply's text") -- want: "the reply's text\n\"a\\r\\n\\xff\"\n\"a\""
end)
-----
-- outcome: failed
scenario("same", function()
  assert.same({ 1, { a = "b", [true] = 1 } }, { 1, { a = "c" } }) -- want: "assert.same does not hold\n{1, {.true. = 1, a = \"b\"}}\n{1, {a = \"c\"}}"
end)
-----
-- outcome: failed
scenario("same, one has more", function()
  assert.same({ 1 }, { 1, 2 }) -- want: "\{1\}\n\{1, 2\}"
end)
-----
-- outcome: failed
scenario("match", function()
  assert.match("^2", "550 no", "refused") -- want: "refused\ntext that matches \"\^2\"\n\"550 no\""
end)
-----
-- outcome: failed
scenario("match of nil", function()
  assert.match("^2", nil) -- want: "text that matches \"\^2\"\nnil"
end)
-----
-- outcome: error
scenario("match with a bad pattern", function()
  assert.match("[a", "a") -- want: "assert.match: pattern \"\[a\": malformed pattern .missing ']'."
end)
-----
-- outcome: error
scenario("match with a number", function()
  assert.match(250, "250") -- want: "assert.match: argument pattern: string expected, got number 250"
end)
-----
-- outcome: failed
scenario("is_true", function()
  assert.is_true(1) -- want: "assert.is_true does not hold\ntrue\n1"
end)
-----
-- outcome: failed
scenario("is_false", function()
  assert.is_false(nil, "m") -- want: "m\nfalse\nnil"
end)
-----
-- outcome: failed
scenario("is_nil", function()
  assert.is_nil("x") -- want: "nil\n\"x\""
end)
-----
-- outcome: failed
scenario("is_not_nil", function()
  assert.is_not_nil(nil) -- want: "anything but nil\nnil"
end)
-----
-- outcome: failed
scenario("contains in a list", function()
  assert.contains({ "a", "b" }, "c") -- want: "something with \"c\" in it\n{\"a\", \"b\"}"
end)
-----
-- outcome: failed
scenario("contains in text is plain", function()
  assert.contains("abc", "a.c") -- want: "\"a.c\" in it\n\"abc\""
end)
-----
-- outcome: error
scenario("contains of a number", function()
  assert.contains("250", 250) -- want: "assert.contains: argument item: string expected, got number 250"
end)
-----
-- outcome: error
scenario("contains in nil", function()
  assert.contains(nil, "x") -- want: "assert.contains: argument container is missing: table or string"
end)
-----
-- outcome: failed
scenario("greater", function()
  assert.greater(1, 2) -- want: "assert.greater does not hold\nmore than 2\n1"
end)
-----
-- outcome: failed
scenario("less", function()
  assert.less(2, 2, "too slow") -- want: "too slow\nless than 2\n2"
end)
-----
-- outcome: error
scenario("less of text", function()
  assert.less("1", 2) -- want: "assert.less: argument a: number expected, got string \"1\""
end)
-----
-- outcome: failed
scenario("error, but none", function()
  assert.error(function() end) -- want: "a Lua error\nno error"
end)
-----
-- outcome: failed
scenario("error, but another", function()
  assert.error(function() error("boom") end, "crash", "m") -- want: "m\nan error that matches \"crash\"\n\".*boom\""
end)
-----
-- outcome: failed
scenario("a failed expectation in assert.error stays failed", function()
  assert.error(function()
    assert.equal(1, 2) -- want: "assert.equal does not hold"
  end)
end)
-----
-- outcome: skipped
-- reason: "s"
scenario("a skip in assert.error", function()
  assert.error(function() skip("s") end)
  fail("not reached")
end)
-----
-- outcome: error
scenario("a colon for a dot", function()
  assert:equal(1, 1) -- want: "call assert.equal with a dot, not a colon"
end)
-----
-- outcome: error
scenario("no such assertion", function()
  assert.equals(1, 1) -- want: "assert has no \"equals\" .did you mean \"equal\"\?"
end)
-----
-- outcome: error
scenario("too many", function()
  assert.is_true(true, "m", 3) -- want: "assert.is_true takes 2 arguments, got 3"
end)
