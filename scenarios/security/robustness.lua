-- What anybody can send to the port: octets that are no commands, commands far too long, the shapes of attacks that have
-- worked. They are harmless here; whoever takes them for what they look like shows it. No server may crash, hang or get out
-- of step.

local sasl = require "sasl"
local to = require "to"

suite { name = "Robustness", tags = { "security" }, refs = { "RFC 5321 7.8" }, timeout = 120 }

-- answer is any reply, or the end. A server that goes without a word may have crashed: a warning says so.
local function answer(c, what)
  local before = c.replies[#c.replies]
  local reply = c:expect { code = { "2xx", "4xx", "5xx", "close" }, within = 20 }
  if reply.ended and (not before or before.code < 400) then
    warn("the server closes the connection without a word " .. what)
  end
  return reply
end

-- serves requires that the next client has an answer: at once, or after a moment in which the server was busy.
local function serves()
  for _ = 1, 3 do
    local c = smtp.connect { optional = true }
    local reply = c and c:reply(10)
    if reply and not reply.ended then
      c:abort()
      return
    end
    sleep("300ms")
  end
  fail("the server answers no other client any more")
end

-- refused requires that a line is, and that nothing more is said.
local function refused(c, octets, what)
  local reply = c:write(octets .. "\r\n"):expect { code = { 221, "4xx", "5xx", "close" }, within = 20 }
  if reply.ended then
    warn("the server closes the connection without a word at " .. what)
  elseif reply.code ~= 221 then
    to.quiet(c)
  end
end

local function mail(path, params)
  return "MAIL FROM:<" .. path .. ">" .. (params or "")
end

scenario("NUL has no place in a command", {
  id = "sec-cmd-nul", level = "must", refs = { "RFC 5321 4.1.2" },
}, function()
  check("MAIL", function() refused(to.ehlo(), mail("a\0b@example.org"), "a NUL") end)
  check("a verb", function() refused(to.ehlo(), "NO\0OP", "a NUL") end)
  check("EHLO", function()
    local reply = to.greeting():write(to.hello("x\0y.example.org") .. "\r\n"):expect { "2xx", "4xx", "5xx", "close" }
    to.doubtful(reply, "EHLO with a NUL in the name")
  end)
end)

scenario("an argument does not hold a second command", {
  id = "sec-cmd-crlf-in-arg", level = "security", refs = { "RFC 5321 2.3.8" }, requires = { "valid_rcpt" },
}, function()
  local second = "RCPT TO:<" .. target.valid_rcpt .. ">\r\n"
  for octet, severe in pairs { ["\r"] = true, ["\n"] = false, ["\0"] = true, ["\11"] = true } do
    check(codec.percent.encode(octet), function()
      local c = to.proven()
      c:write(mail(to.sender()) .. octet .. second):expect { "2xx", "4xx", "5xx", "close" }
      if c:reply("200ms").ended == "timeout" or c.replies[#c.replies].ended then
        return
      elseif severe then
        fail("two commands are read from one line")
      end
      warn("a bare LF ends a command")
    end)
  end
end)

scenario("a line that does not end does no harm", {
  id = "sec-cmd-long-line", level = "security", refs = { "RFC 5321 4.5.3.1.4" },
}, function()
  local c = to.ehlo()
  c:write(("A"):rep(200000))
  c:write("\r\n")
  serves()
  if not c:expect({ code = { 221, "4xx", "5xx", "close" }, within = 20 }).ended then
    local more = c:reply("300ms")
    if not more.ended and more.code ~= 421 then
      fail("there are two replies to a line of 200 kB: a part of it is taken for another command")
    end
  end
  serves()
end)

-- Where servers cut lines off.
local cuts = { 510, 512, 998, 1000, 1024, 2048, 4096 }

scenario("what is cut off of a line is no command", {
  id = "sec-cmd-long-line-tail", level = "security",
}, function()
  for _, cut in ipairs(cuts) do
    for _, tail in ipairs { "QUIT", " QUIT" } do
      check(("%q at octet %d"):format(tail, cut), function()
        local c = to.greeting()
        c:write("NOOP " .. ("x"):rep(cut - 5) .. tail .. "\r\n"):expect { "2xx", "4xx", "5xx", "close" }
        for _, reply in ipairs(c.replies) do
          assert.is_true(reply.code ~= 221, "the end of a long line is taken for QUIT")
        end
        assert.is_true(c:reply("50ms").code ~= 221, "the end of a long line is taken for QUIT")
        c:abort()
      end)
    end
  end
end)

scenario("a name of 11 kB in EHLO", {
  id = "sec-ehlo-overflow", level = "security",
}, function()
  answer(to.greeting():write(to.hello(("x"):rep(11000)) .. "\r\n"), "at a long EHLO")
  serves()
  answer(to.greeting():write(to.hello(("x."):rep(5500) .. "example.org") .. "\r\n"), "at a long EHLO")
  serves()
end)

scenario("addresses that are huge or odd", {
  id = "sec-addr-overflow", level = "security",
}, function()
  local paths = {
    ["a thousand dots"] = ("a."):rep(1000) .. "b@example.org",
    ["a thousand hops"] = ("@a.example,"):rep(999) .. "@b.example:a@example.org",
    ["ten kilobytes in quotes"] = '"' .. ("q"):rep(10000) .. '"@example.org',
    ["ten kilobytes of backslashes"] = '"' .. ("\\\\"):rep(5000) .. '"@example.org',
    ["comments in comments"] = ("("):rep(1000) .. "x" .. (")"):rep(1000) .. "a@example.org",
    ["ten thousand @"] = ("@"):rep(10000),
    ["a huge literal"] = "a@[" .. ("1"):rep(5000) .. "]",
  }
  for what, path in pairs(paths) do
    check(what, function()
      answer(to.ehlo():write(mail(path) .. "\r\n"), "at " .. what)
      serves()
    end)
  end
end)

-- Canaries: what would be seen, or take its time, where a shell or an expansion reads them.
local canaries = {
  "x${primary_hostname}y", "x$(id)y", "x`id`y", "x;sleep 5;y", "() { :;}; sleep 5", "x|sleep 5", "x%{2*21}y", "x{{2*21}}y",
}

scenario("what a shell would obey is text", {
  id = "sec-addr-shell", level = "security", requires = { "valid_rcpt" },
}, function()
  local domain = target.valid_rcpt:match("@(.*)$")
  local function tried(c, octets, name)
    local reply = answer(c:write(octets .. "\r\n"), "at " .. name)
    assert.is_true((reply.elapsed or 0) < 4, "the reply takes as long as sleep does")
    assert.is_nil(not reply.ended and reply.text:match("uid=%d+") or nil, "the reply shows the output of id")
    local shown = not reply.ended and reply.text:match("x(%w[%w.-]*)y@" .. domain:gsub("%p", "%%%0"))
    local host = target("hostname", "${primary_hostname}")
    for _, known in ipairs { host:find("^[%w.-]+$") and "x" .. host .. "y" or nil, "x42y" } do
      shown = shown or not reply.ended and reply.text:find(known, 1, true)
    end
    assert.is_nil(shown or nil, "the reply shows an expansion")
    c:abort()
  end
  for _, canary in ipairs(canaries) do
    check(canary, function()
      tried(to.mail(), 'RCPT TO:<"' .. canary .. '"@' .. domain .. ">", "RCPT")
      tried(to.ehlo(), mail('"' .. canary .. '"@' .. domain), "MAIL")
      tried(to.greeting(), to.hello(canary), "EHLO")
    end)
  end
end)

-- like_nobody requires that a local part is refused as one that nobody has.
local function like_nobody(c, part, domain)
  local reply = c:send("RCPT TO:<" .. part .. "@" .. domain .. ">"):expect { "2xx", "4xx", "5xx", "close" }
  if to.accepted(reply) then
    fail("it is taken, and a mailbox that nobody has is not")
  elseif reply.code == 451 then
    fail("looking it up fails, and for a mailbox that nobody has it does not")
  end
  c:abort()
end

-- strict is the domain of the fact valid_rcpt, if the server tells there who exists.
local function strict()
  local domain = target.valid_rcpt:match("@(.*)$")
  local reply = to.open():send("RCPT TO:<" .. unique("nobody") .. "@" .. domain .. ">"):expect { "2xx", "4xx", "5xx" }
  if reply.code < 500 then
    skip("the server does not refuse mailboxes that nobody has")
  end
  return domain
end

-- stranger requires that a login is refused as any is. A name that would break a query may be wrong by its form, too.
local function stranger(name)
  local c = to.secure { policy = { 421 } }
  if not c:supports("AUTH", "PLAIN") then
    return
  end
  local reply = c:send("AUTH PLAIN " .. sasl.plain(name, "wrong-" .. unique())):expect { "2xx", "4xx", "5xx", "close" }
  if to.accepted(reply) then
    fail("a login with that name and any password is taken")
  elseif not reply.ended and reply.code < 500 and reply.code ~= 421 then
    local usual = to.secure({ policy = { 421 } }):send("AUTH PLAIN " .. sasl.wrong()):expect { "2xx", "4xx", "5xx", "close" }
    assert.is_true(usual.code == reply.code, "looking it up fails, and for another name that nobody has it does not")
  end
end

scenario("quotes and wildcards do not reach a database", {
  id = "sec-addr-sql", level = "security", requires = { "valid_rcpt" },
}, function()
  local domain = strict()
  for _, part in ipairs { "x'or'1'='1", "*", "%", '"x\\" or 1=1 --"', "\"x)(uid=*\"", "x'--", "\"' or ''='\"" } do
    check(part, function() like_nobody(to.open(), part, domain) end)
  end
  for _, name in ipairs { "x'or'1'='1", "*)(uid=*", "\"' or ''='" } do
    check("the user " .. name, function() stranger(name) end)
  end
end)

scenario("no local part is a file or a program", {
  id = "sec-path-traversal", level = "security", requires = { "valid_rcpt" },
}, function()
  local domain = strict()
  for _, part in ipairs { "../../etc/passwd", "/tmp/x", "\"|id\"", "\":include:/etc/passwd\"", "\"../../../tmp/x\"" } do
    check(part, function() like_nobody(to.open(), part, domain) end)
  end
end)

scenario("the argument of ETRN is text", {
  id = "sec-etrn-injection", level = "security", refs = { "RFC 1985" }, requires = { "ETRN" },
}, function()
  for _, argument in ipairs { "#'", "@x", ";id", "#x'or'1'='1" } do
    check(argument, function()
      local reply = to.ehlo():send("ETRN " .. argument):expect { "2xx", 451, 458, 459, "5xx" }
      to.doubtful(reply, "ETRN " .. argument)
      assert.is_true(reply.code ~= 451, "the server is in trouble with it")
    end)
  end
end)

-- sent sends a header, and gives what the server says to it.
local function sent(header)
  local c = to.data()
  c:write(header .. to.message(unique()) .. ".\r\n")
  local reply = answer(c, "at the message")
  serves()
  if not reply.ended and reply.code ~= 421 then
    c:send("NOOP"):expect { "2xx", "close" }
  end
end

scenario("a header of ten thousand fields, or of a megabyte", {
  id = "sec-header-bomb", level = "security", requires = { "valid_rcpt" }, tags = { "intrusive" },
}, function()
  check("ten thousand fields", function() sent(("X-Field: value\r\n"):rep(10000)) end)
  check("a line of a megabyte", function() sent("X-Field: " .. ("x"):rep(2 ^ 20) .. "\r\n") end)
  check("a field of a megabyte", function() sent("X-Field:" .. (" value\r\n"):rep(130000)) end)
  check("ten thousand parts", function()
    local parts = {}
    for i = 1, 10000 do
      parts[i] = ("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"):format(i, i)
    end
    sent("MIME-Version: 1.0\r\n" .. table.concat(parts))
  end)
end)

scenario("broken trace fields do no harm", {
  id = "sec-received-parse", level = "security", requires = { "valid_rcpt" },
}, function()
  local fields = {
    "Received:\r\n", "Received: " .. (";"):rep(2000) .. "\r\n", "Received: from x by y; 99 Foo 99999 99:99:99 +9999\r\n",
    "Received: from " .. ("("):rep(5000) .. "\r\n", "Date: Mon, 99 \0 2026\r\n", "Return-Path: <<<>\r\nReceived\r\n : x\r\n",
  }
  for i, field in ipairs(fields) do
    check("field " .. i, function() sent(field) end)
  end
end)

scenario("chunks and errors in turns", {
  id = "sec-bdat-uaf", level = "security", requires = { "valid_rcpt", "CHUNKING" }, tags = { "intrusive" },
}, function()
  for _ = 1, 5 do
    local c = to.rcpt()
    for _, octets in ipairs { "BDAT 1\r\nx", "BDAT x\r\n", "\127\r\n", "BDAT 5 LAST\r\nx\r\n\r\n" } do
      c:write(octets)
      if answer(c, "at BDAT").ended then
        break
      end
    end
    serves()
  end
end)

scenario("a chunk that is a dot does not loop, nor do empty ones", {
  id = "sec-bdat-dot-loop", level = "security", requires = { "valid_rcpt", "CHUNKING" },
}, function()
  check("a dot", function()
    to.rcpt():write("BDAT 3 LAST\r\n.\r\n"):expect { code = { "2xx", "4xx", "5xx", "close" }, within = 5 }
    serves()
  end)
  check("a hundred empty chunks", function()
    local c = to.rcpt()
    for _ = 1, 100 do
      if c:write("BDAT 0\r\n"):expect({ code = { "2xx", "4xx", "5xx", "close" }, within = 5 }).code ~= 250 then
        break
      end
    end
  end)
  serves()
end)

scenario("a chunk of a gigabyte is refused, or waited for", {
  id = "sec-bdat-hold", level = "security", requires = { "valid_rcpt", "CHUNKING" }, tags = { "intrusive" },
}, function()
  local c = to.rcpt()
  c:write("BDAT 1073741824 LAST\r\n" .. ("x"):rep(1024))
  c:expect { code = { "silence", "4xx", "5xx", "close" }, within = 1 }
  serves()
  c:abort()
  serves()
end)

scenario("the limit holds whatever size was declared", {
  id = "sec-size-lie", level = "security", refs = { "RFC 1870 6.3" }, requires = { "valid_rcpt", "SIZE" },
}, function()
  local c = to.sent()
  local limit = tonumber(c.caps.SIZE) or 0
  if limit == 0 or limit > 64 * 2 ^ 20 then
    skip("the server has no limit, or one that is too high to be tried")
  end
  to.need(c:send(mail(to.sender(), " SIZE=1")):reply(), 250, "SIZE=1")
  to.need(to.recipient(c), 250, "RCPT")
  to.need(c:send("DATA"):reply(), 354, "DATA")
  c:write(to.message(unique()))
  local block = (("x"):rep(62) .. "\r\n"):rep(1024)
  for _ = 1, math.ceil(1.1 * limit / #block) + 1 do
    c:write(block)
  end
  c:write(".\r\n"):expect { code = { "4xx", "5xx", "close" }, within = 60 }
end)

scenario("many unknown recipients are slowed down, or end the session", {
  id = "sec-rcpt-flood", level = "security", refs = { "RFC 5321 7.8" }, requires = { "invalid_rcpt" }, tags = { "intrusive" },
}, function()
  local c = to.mail()
  local domain = target.invalid_rcpt:match("@(.*)$")
  for i = 1, 100 do
    local reply = answer(c:send("RCPT TO:<" .. unique("nobody") .. "@" .. domain .. ">"), "at recipient " .. i)
    if reply.ended or reply.code == 421 or reply.elapsed > 0.9 then
      log(("limited at recipient %d"):format(i))
      return
    end
  end
  note("a hundred unknown recipients are answered at once, in one session")
end)

scenario("many idle connections lock nobody out", {
  id = "sec-conn-flood", level = "security", refs = { "RFC 5321 4.5.4.2" }, tags = { "intrusive" }, serial = true,
}, function()
  local idle = {}
  for i = 1, 49 do -- and one more
    idle[i] = smtp.connect { optional = true } or nil
  end
  local c = smtp.connect()
  c:expect { code = { 220, 421, 451, 554 }, within = 30 }
  for _, open in pairs(idle) do
    open:abort()
  end
end)

scenario("who talks first is refused, or answered in order", {
  id = "sec-pretalk", level = "security",
}, function()
  local c = smtp.connect()
  c:write(to.hello(to.name) .. "\r\nNOOP\r\n")
  local greeting = c:expect { 220, "4xx", "5xx", "close" }
  if greeting.code ~= 220 then
    return
  end
  local hello = c:expect { 250, "4xx", "5xx", "close" }
  if hello.code == 250 then
    c:expect { 250, "4xx", "5xx", "close" }
    c:expect_silence("100ms")
  end
end)

scenario("what comes too early is refused, or done in order", {
  id = "sec-unauth-pipelining", level = "security", refs = { "RFC 2920 3.1" }, requires = { "valid_rcpt" },
}, function()
  check("EHLO and MAIL", function()
    local c = to.greeting()
    c:write(to.hello(to.name) .. "\r\n" .. mail(to.sender()) .. "\r\n")
    if c:expect({ 250, "4xx", "5xx", "close" }).code == 250 then
      c:expect { 250, "4xx", "5xx", "close" }
    end
    c:reply("100ms") -- a last word, perhaps
  end)
  check("DATA, the message and QUIT", function()
    local c = to.rcpt()
    c:write("DATA\r\n" .. to.message(unique()) .. ".\r\nQUIT\r\n")
    if c:expect({ 354, "4xx", "5xx", "close" }).code == 354 then
      if not c:expect({ "2xx", "4xx", 503, 521, 550, 551, 552, 553, 554, "close" }).ended then
        c:expect { 221, "4xx", "5xx", "close" }
        c:expect { code = { "silence", "close" }, within = 0.1 }
      end
    end
  end)
end)

local request = "POST / HTTP/1.1\r\nHost: example.org\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n"

-- http sends a request in which there is an SMTP command, and requires that it is not obeyed.
local function http(c)
  c:write(request .. to.hello(to.name) .. "\r\nNOOP\r\n")
  for _ = 1, 10 do
    local reply = c:reply(1)
    if reply.ended then
      break
    elseif reply.code == 250 then
      warn("commands are obeyed that stand in an HTTP request")
      break
    end
  end
  assert.is_true(#c.replies > 0, "the server has said nothing at all")
end

scenario("an HTTP request is no mail", {
  id = "sec-http-post", level = "security",
}, function()
  http(to.greeting())
  serves()
end)

scenario("an HTTP request in TLS is no mail", {
  id = "sec-http-tls", level = "security",
}, function()
  local c = to.secure()
  if not c.tls then
    skip("the server does not offer TLS")
  end
  http(c)
end)

scenario("replies repeat no markup", {
  id = "sec-cross-reflect", level = "security",
}, function()
  local c = to.greeting()
  local reply = c:send("<script>alert(1)</script>"):expect { 221, "4xx", "5xx", "close" }
  if not reply.ended and reply.text:find("<script>", 1, true) then
    note("the reply repeats what a browser would run")
  end
end)

-- What other protocols say first, and noise.
local strange = {
  ["a TLS ClientHello"] = "\22\3\1\0\200\1\0\0\196\3\3" .. ("\7"):rep(190),
  ["an SSH banner"] = "SSH-2.0-OpenSSH_9.2",
  ["octets of all sorts"] = "\255\254\1\2\127\128\27[2J\8\8\8",
}

scenario("what is no SMTP at all ends in a refusal", {
  id = "sec-ssh-tls-on-25", level = "security",
}, function()
  if target.tls == "implicit" then
    skip("the target is in TLS from the beginning")
  end
  for what, octets in pairs(strange) do
    check(what, function()
      local c = to.greeting()
      c:write(octets .. "\r\n"):expect { code = { 221, "4xx", "5xx", "close" }, within = 20 }
      serves()
    end)
  end
end)

-- unknown requires that verbs are, two in a session.
local function unknown(verbs, known)
  for i = 1, #verbs, 2 do
    local c = to.ehlo()
    for j = i, math.min(i + 1, #verbs) do
      check(verbs[j], function()
        local reply = c:send(verbs[j]):expect { "2xx", "4xx", "5xx", "close" }
        if reply.ended then
          warn("the server closes the connection without a word at " .. verbs[j])
        end
        if reply.ended or reply.code == 221 or reply.code == 421 then -- it will not talk to us any more
          c = to.ehlo()
        elseif to.accepted(reply) and known then
          known(verbs[j])
        elseif to.accepted(reply) then
          fail("it is no command, and is answered as if it were")
        end
      end)
    end
  end
end

scenario("names that programs know are no commands", {
  id = "sec-proto-pollution", level = "security",
}, function()
  unknown { "__proto__", "constructor", "toString", "hasOwnProperty", "%s%n", "{{7*7}}", "CONSTRUCTOR x", "HANDLER_NOOP" }
end)

-- Verbs with which sendmail only changes how it talks.
local harmless = { VERB = true, ONEX = true }

scenario("commands for debugging are off", {
  id = "sec-xexec-verbs", level = "security",
}, function()
  unknown({ "DEBUG", "WIZ", "KILL", "SHOWQ", "VERB", "ONEX", "XADR", "QEXP", "XEXCH50", "BATV" }, function(verb)
    if harmless[verb] then
      note("the server knows " .. verb)
    else
      fail("the server knows " .. verb)
    end
  end)
end)

scenario("after all that a message is taken", {
  id = "sec-survives-all", level = "security", requires = { "valid_rcpt" },
}, function()
  to.sent()
  local attacks = {
    "\0\0\0", ("A"):rep(5000), mail("\255@\255"), "BDAT -1 LAST", "AUTH \0", "EHLO " .. ("["):rep(1000), "STARTTLS \0",
  }
  for _, octets in ipairs(attacks) do
    local c = to.ehlo()
    c:write(octets .. "\r\n"):reply()
    c:abort()
    serves()
  end
  local c = to.rcpt()
  c:send("DATA"):expect(354)
  c:write(to.message(unique()) .. ".\r\n"):expect(250)
  c:send("QUIT"):expect(221)
end)
