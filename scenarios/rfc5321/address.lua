-- RFC 5321 4.1.2, 4.1.3: addresses, as MAIL and RCPT have them.

local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 5321: addresses", tags = { "core" }, refs = { "RFC 5321 4.1.2" } }

-- from sends MAIL with a sender that the server may not like, though it is right.
local function from(path)
  local c = to.ready { policy = to.wary }
  return c:write("MAIL FROM:<" .. path .. ">\r\n"), c
end

-- whole requires that a message has the sender that was accepted, though perhaps in other quotes.
local function whole(c, path)
  if not (target("mailbox") and target("valid_rcpt")) or c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):reply().code ~= 250 then
    return
  end
  local got = delivered.sender(delivered.message(delivered.asked(c)))
  if got then
    assert.equal((path:gsub('[\\"]', "")), (got:gsub('[\\"]', "")), "the sender without its quotes")
  end
end

local quoted = {
  { key = "space", name = "a space", path = [["a b"@example.org]] },
  { key = "at", name = "an @", path = [["a@b"@example.org]] },
  { key = "gt", name = "a >", path = [["a>b"@example.org]] },
  { key = "pair", name = "an escaped quote", path = [["a\"b"@example.org]] },
}
for _, q in ipairs(quoted) do
  scenario("a quoted local part may have " .. q.name, {
    id = "rfc5321-4.1.2-quoted-" .. q.key, level = "required",
  }, function()
    local answer, c = from(q.path)
    local reply = answer:expect { code = 250, weak = { 500, 501, 553, 555 } }
    to.alive(c)
    if reply.code == 250 then
      whole(c, q.path)
    end
  end)
end

scenario("a quoted local part is the same as the bare one", {
  id = "rfc5321-4.1.2-quoted-equivalent", level = "must", requires = { "valid_rcpt" },
}, function()
  to.rcpt():abort() -- the bare one is taken

  local name, domain = target.valid_rcpt:match("^(.*)@(.-)$")
  for _, path in ipairs { ('"%s"@%s'):format(name, domain), ('"%s\\%s"@%s'):format(name:sub(1, -2), name:sub(-1), domain) } do
    check(path, function()
      to.rcpt():send("RCPT TO:<" .. path .. ">"):expect { code = { 250, 251 }, weak = { 500, 501, 553, 555 } }
    end)
  end
end)

scenario("an empty quoted local part is met with patience", {
  id = "rfc5321-4.1.2-quoted-empty", level = "may", refs = { "RFC 5321 erratum 5414" },
}, function()
  local answer, c = from('""@example.org')
  to.patient(c, answer:expect { 250, 500, 501, 550, 553, 555, "close" }, "an empty quoted string")
end)

scenario("a quoted local part has no control characters", {
  id = "rfc5321-4.1.2-quoted-ctl", level = "must",
}, function()
  for name, path in pairs { SOH = '"a\1b"@example.org', CR = '"a\rb"@example.org' } do
    check(name, function()
      local c = to.ready()
      c:write("MAIL FROM:<" .. path .. ">\r\n"):expect { code = { 500, 501, 553 }, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("a local part may have any atext", {
  id = "rfc5321-4.1.2-atext-full", level = "required", refs = { "RFC 5322 3.2.3" },
}, function()
  from("!#$%&'*+-/=?^_`{|}~@example.org"):expect(250)
end)

-- What is no address is refused. What many servers put up with is a remark, the rest a warning.
local function wrong(path, accepted)
  check((path:gsub("%c", "?")), function()
    local answer, c = from(path)
    accepted(answer:expect { code = { 250, 500, 501, 550, 553, 555 }, weak = "5xx" }, "the sender " .. path)
    to.alive(c)
  end)
end

local forms = {
  { id = "dot-atom-bad", name = "dots stand between atoms", accepted = to.lenient,
    paths = { ".a@example.org", "a.@example.org", "a..b@example.org" } },
  { id = "space-unquoted", name = "a space needs quotes", accepted = to.doubtful, paths = { "a b@example.org" } },
  { id = "two-at", name = "an @ needs quotes", accepted = to.doubtful, paths = { "a@b@example.org" } },
  { id = "domain-label", name = "labels begin and end with a letter or digit", accepted = to.lenient,
    paths = { "a@-example.org", "a@example-.org", "a@example..org" } },
  { id = "domain-underscore", name = "a domain has no underscore", level = "must", accepted = to.lenient,
    paths = { "a@ex_ample.org" } },
  { id = "domain-trailing-dot", name = "a domain does not end in a dot", accepted = to.lenient, paths = { "a@example.org." } },
}
for _, form in ipairs(forms) do
  scenario(form.name, { id = "rfc5321-4.1.2-" .. form.id, level = form.level or "required" }, function()
    for _, path in ipairs(form.paths) do
      wrong(path, form.accepted)
    end
  end)
end

scenario("an address has a domain", {
  id = "rfc5321-4.1.2-no-domain", level = "must", refs = { "RFC 5321 2.3.5" },
}, function()
  wrong("joe", to.doubtful)
  check("RCPT", function()
    local c = to.open()
    to.doubtful(c:send("RCPT TO:<joe>"):expect { code = { 250, 500, 501, 550, 553 }, weak = "5xx" }, "the recipient joe")
    to.alive(c)
  end)
end)

scenario("a domain may have one label", {
  id = "rfc5321-4.1.2-tld-only", level = "required", refs = { "RFC 5321 2.3.5" },
}, function()
  local answer, c = from("a@example")
  answer:expect { "2xx", "4xx", "5xx" }
  to.alive(c)
end)

for _, l in ipairs { { version = 4, text = "[192.0.2.1]" }, { version = 6, text = "[IPv6:2001:db8::1]" } } do
  scenario(("an IPv%d address literal is known"):format(l.version), {
    id = "rfc5321-4.1.3-literal" .. l.version, level = "required", refs = { "RFC 5321 4.1.3" },
  }, function()
    local answer, c = from("a@" .. l.text)
    answer:expect { code = { 250, 550, 554 }, weak = "5xx" }
    to.alive(c)
  end)
end

scenario("all forms of an IPv6 address literal are the same", {
  id = "rfc5321-4.1.3-literal6-forms", level = "required", refs = { "RFC 5321 4.1.3" },
}, function()
  if not to.accepted(from("a@[IPv6:2001:db8::1]"):reply()) then
    skip("IPv6 address literals are refused")
  end
  for _, literal in ipairs { "[IPv6:2001:db8:0:0:0:0:0:1]", "[ipv6:2001:db8::1]", "[IPv6:::ffff:192.0.2.1]" } do
    check(literal, function() from("a@" .. literal):expect(250) end)
  end
end)

scenario("an address literal that is none is wrong", {
  id = "rfc5321-4.1.3-literal-invalid", level = "required", refs = { "RFC 5321 4.1.3" },
}, function()
  for _, literal in ipairs { "[192.0.2.300]", "[192.0.2]", "[2001:db8::1]", "[IPv6:1::2::3]" } do
    wrong("a@" .. literal, to.doubtful)
  end
end)

scenario("an address literal with an unknown tag is met with patience", {
  id = "rfc5321-4.1.3-general-literal", level = "required", refs = { "RFC 5321 4.1.3" },
}, function()
  wrong("a@[X-foo:bar]", to.lenient)
end)

scenario("a host is not named by a number", {
  id = "rfc5321-F.4-hash-literal", level = "must", refs = { "RFC 5321 F.4" },
}, function()
  local c = to.open()
  c:send("RCPT TO:<a@#2130706433>"):expect { code = { 501, 553 }, weak = "5xx" }
  to.alive(c)
end)
