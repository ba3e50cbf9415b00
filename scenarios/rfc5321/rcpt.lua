-- RFC 5321 3.3, 4.1.1.3: RCPT, which names a recipient.

local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 5321: RCPT", tags = { "core" }, refs = { "RFC 5321 4.1.1.3" } }

local function rcpt(path)
  return "RCPT TO:<" .. path .. ">"
end

-- returned warns of a message to an unknown recipient that was accepted if nobody hears of it again.
local function returned(c)
  local marker = unique("unknown")
  c:send("RSET"):expect(250)
  for _, line in ipairs { "MAIL FROM:<" .. target.valid_rcpt .. ">", rcpt(target.invalid_rcpt), "DATA" } do
    if not to.accepted(c:send(line):reply()) then
      return
    end
  end
  local reply = c:write(to.message(marker) .. ".\r\n"):reply()
  if to.accepted(reply) and #mailbox.open():find { contains = marker, within = delivered.patience } == 0 then
    warn(("a message to %s, an unknown recipient, was accepted, and %s was not told within %d s that it was not delivered"):format(
      target.invalid_rcpt, target.valid_rcpt, delivered.patience))
  end
end

local function relayed()
  return "someone@" .. target.relay_domain
end

scenario("a recipient is accepted", {
  id = "rfc5321-4.1.1.3-rcpt-250", level = "required", refs = { "RFC 5321 3.3" }, requires = { "valid_rcpt" },
}, function()
  local reply = to.recipient(to.mail())
  if reply.code == 554 or reply.code >= 400 and reply.code < 500 then
    inconclusive("the server said " .. reply.code .. " " .. reply.text)
  end
  assert.contains({ 250, 251 }, reply.code, target.valid_rcpt .. " was not accepted")
end)

scenario("an unknown recipient is refused", {
  id = "rfc5321-3.3-rcpt-unknown-550", level = "required", refs = { "RFC 5321 3.3" }, requires = { "invalid_rcpt" },
}, function()
  local c = to.open()
  local reply = c:send(rcpt(target.invalid_rcpt)):expect { code = { 250, 251, 252, 550, 551, 553, "45x" }, weak = "5xx" }
  to.lenient(reply, target.invalid_rcpt .. ", an unknown recipient, for the time being")
  to.alive(c)
  if to.accepted(reply) and target("mailbox") and target("valid_rcpt") then
    returned(c)
  end
end)

scenario("RCPT before MAIL is out of sequence", {
  id = "rfc5321-3.3-rcpt-before-mail-503", level = "must", refs = { "RFC 5321 3.3", "RFC 5321 4.1.4" },
  requires = { "valid_rcpt" },
}, function()
  to.ready():send(rcpt(target.valid_rcpt)):expect { code = 503, weak = "5xx" }
end)

scenario("a recipient that is refused takes no other with it", {
  id = "rfc5321-4.5.3.1.8-rcpt-multi", level = "required", refs = { "RFC 5321 3.3" },
  requires = { "valid_rcpt", "invalid_rcpt" },
}, function()
  local c = to.rcpt()
  if to.accepted(c:send(rcpt(target.invalid_rcpt)):expect { "2xx", "4xx", "5xx" }) then
    inconclusive(target.invalid_rcpt .. " was accepted")
  end
  c:send("DATA"):expect(354)
end)

scenario("a recipient may be named twice", {
  id = "rfc5321-4.1.1.3-rcpt-dup", level = "may", requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  to.patient(c, c:send(rcpt(target.valid_rcpt)):expect { 250, 251, "close" }, "the second RCPT")
end)

scenario("a recipient is never empty", {
  id = "rfc5321-4.1.1.3-rcpt-null", level = "required", refs = { "RFC 5321 4.1.2" },
}, function()
  local c = to.open()
  c:send("RCPT TO:<>"):expect { code = { 501, 550, 553 }, weak = "5xx" }
  to.alive(c)
end)

scenario("postmaster needs no domain", {
  id = "rfc5321-4.5.1-postmaster-bare", level = "must", refs = { "RFC 5321 2.3.5", "RFC 5321 4.5.1" },
}, function()
  to.smtp()
  to.open():send("RCPT TO:<postmaster>"):expect { 250, 251 }
end)

scenario("postmaster in any case", {
  id = "rfc5321-4.1.1.3-postmaster-case", level = "must", refs = { "RFC 5321 4.5.1" }, requires = { "local_domain" },
}, function()
  to.smtp()
  local forms = {
    ["<postmaster>"] = "<PoStMaStEr>",
    ["<postmaster@" .. target.local_domain .. ">"] = "<POSTMASTER@" .. target.local_domain .. ">",
  }
  local known = false
  for plain, odd in pairs(forms) do
    if to.accepted(to.open():send("RCPT TO:" .. plain):reply()) then
      known = true
      check(odd, function() to.open():send("RCPT TO:" .. odd):expect { 250, 251 } end)
    end
  end
  if not known then
    inconclusive("postmaster was refused in lower case, too")
  end
end)

scenario("each domain has a postmaster", {
  id = "rfc5321-4.5.1-postmaster-domain", level = "must", refs = { "RFC 5321 4.5.1" }, requires = { "local_domain" },
}, function()
  to.smtp()
  to.open():send(rcpt("postmaster@" .. target.local_domain)):expect { 250, 251 }
end)

scenario("postmaster can be reached from the null sender", {
  id = "rfc5321-4.5.1-postmaster-null-sender", level = "must", refs = { "RFC 5321 4.5.1", "RFC 5321 4.5.5" },
  requires = { "local_domain" },
}, function()
  to.smtp()
  local postmaster = rcpt("postmaster@" .. target.local_domain)
  local c = to.open()
  to.need(c:send(postmaster):reply(), 250, "RCPT with another sender")
  to.need(c:send("RSET"):reply(), 250, "RSET")
  c:send("MAIL FROM:<>"):expect(250)
  c:send(postmaster):expect { 250, 251 }
end)

scenario("an unknown parameter is answered with 555", {
  id = "rfc5321-4.1.1.3-rcpt-unknown-param-555", level = "required", refs = { "RFC 5321 4.1.1.11" },
  requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  local reply = c:send(rcpt(target.valid_rcpt) .. " FOO=bar"):expect { code = { 250, 555 }, weak = "5xx" }
  to.doubtful(reply, "an unknown parameter of RCPT")
  to.alive(c)
end)

scenario("a source route is known", {
  id = "rfc5321-4.1.1.3-srcroute-recognised", level = "must",
  refs = { "RFC 5321 3.3", "RFC 5321 4.1.2", "RFC 5321 F.2" }, requires = { "valid_rcpt" },
}, function()
  for _, route in ipairs { "@relay.example.org:", "@relay.example.org,@relay.example.net:" } do
    check(route, function()
      local c = to.open()
      c:send(rcpt(route .. target.valid_rcpt)):expect { code = { 250, 251, 550 }, weak = { 551, 553, 554 } }
      to.alive(c)
    end)
  end
end)

scenario("a source route in the reverse-path is known", {
  id = "rfc5321-4.1.2-mail-srcroute", level = "must", refs = { "RFC 5321 3.3", "RFC 5321 4.1.2" },
}, function()
  local c = to.ready()
  c:send("MAIL FROM:<@a.test,@b.test:a@example.org>"):expect { code = { 250, 550, 553 }, weak = "5xx" }
  to.alive(c)
end)

scenario("relaying is refused with 550", {
  id = "rfc5321-3.6.2-relay-550", level = "should", refs = { "RFC 5321 3.6.2", "RFC 5321 7.9" }, requires = { "relay_domain" },
}, function()
  local reply = to.open():send(rcpt(relayed())):expect { "2xx", 454, 530, 550, 551, 553, 554 }
  if to.accepted(reply) then
    inconclusive("this client may relay")
  end
end)

-- What RFC 5321 4.3.2 has for RCPT, and besides RFC 7504's 556 and RFC 4954's 53x.
local listed = { 250, 251, 252, 550, 551, 552, 553, 450, 451, 452, 503, 455, 555, 500, 501, 502, 421, 556, "53x", 554, 454 }

scenario("RCPT is answered with a code that is listed", {
  id = "rfc5321-4.3.2-rcpt-codes", level = "should", refs = { "RFC 5321 4.3.2" },
}, function()
  local paths = { "nonsense@@", target("valid_rcpt"), target("invalid_rcpt"), target("relay_domain") and relayed() }
  for _, path in pairs(paths) do
    check(path, function() to.open():send(rcpt(path)):expect(listed) end)
  end
end)

scenario("251 and 551 name where the recipient is", {
  id = "rfc5321-3.4-251-551-form", level = "required", refs = { "RFC 5321 3.4", "RFC 5321 4.2" },
}, function()
  local moved = false
  for _, fact in ipairs { "valid_rcpt", "valid_rcpt2", "invalid_rcpt" } do
    local reply = target(fact) and to.mail():send(rcpt(target[fact])):reply()
    if reply and (reply.code == 251 or reply.code == 551) then
      moved = true
      assert.match("<.+>", reply.text, ("the %d has no forward-path in angle brackets"):format(reply.code))
    end
  end
  if not moved then
    skip("no recipient is answered with 251 or 551")
  end
end)
