-- Open relays: mail from strangers to strangers, in the plain form and in those by which servers have been tricked
-- (RFC 5321 7.9, RFC 2505 2.1). No form gets past RCPT: nothing is ever sent. The fact relay_domain names a domain that the server
-- does not take mail for from this machine; a server that trusts this machine is right to, and is told apart by the fact
-- trusted_client.

local to = require "to"

suite {
  name = "Open relay", tags = { "security" }, refs = { "RFC 5321 7.9", "RFC 2505 2.1" },
  requires = { "relay_domain", "!trusted_client" },
}

local foreign = target("relay_domain", "")
local own = target("local_domain") or (target("valid_rcpt", ""):match("@([^@]*)$"))

-- stranger is a session that has not logged in.
local function stranger()
  to.smtp()
  return to.secure()
end

-- names are what the forms are made of: $R the foreign domain, $D the server's own, $H its host, $I its address, $V a mailbox,
-- $U its local part.
local function names(c)
  local address = c.remote_address:gsub(":%d+$", ""):gsub("[%[%]]", "")
  return {
    R = foreign, D = own, H = target("hostname") or c.greeting.text:match("^%S+"), V = target("valid_rcpt"),
    U = target("valid_rcpt", ""):match("^(.*)@") or "user",
    I = address:find(":") and "IPv6:" .. address or address,
  }
end

local function spell(form, known)
  return (form:gsub("%$(%u)", function(name)
    return known[name] or skip("it needs the facts local_domain and valid_rcpt")
  end))
end

-- asked gives the reply to a recipient, or to the sender where that was refused.
local function asked(c, sender, recipient)
  local known = names(c)
  local reply = c:send("MAIL FROM:<" .. spell(sender, known) .. ">"):expect { "2xx", "4xx", "5xx" }
  if not to.accepted(reply) then
    return reply
  end
  return c:write("RCPT TO:<" .. spell(recipient, known) .. ">\r\n"):expect { "2xx", "4xx", "5xx", "close" }
end

local outsider = "sender@example.org"

-- everybody tells whether the server takes mailboxes that nobody has: then an odd name is one of them, perhaps.
local function everybody(domain)
  return to.accepted(asked(stranger(), outsider, unique("nobody-") .. "@" .. domain))
end

-- refused requires that a form is, whoever sends.
local function refused(sender, recipient, what)
  if to.accepted(asked(stranger(), sender, recipient)) then
    fail(what or "the server relays, or trusts this machine: the fact trusted_client says that it should")
  end
end

-- literal requires that a form with the server's own domain is refused, or is the odd name of a mailbox as all names are.
local function literal(form)
  local reply = asked(stranger(), outsider, form)
  if not to.accepted(reply) then
    return
  elseif own and everybody("$D") then
    note(("<%s> is taken, as every mailbox is: a message would show where it goes"):format(form))
  else
    fail("it is taken, and a mailbox that nobody has is not: it may be passed on")
  end
end

local senders = {
  { id = "sec-relay-01-plain", name = "a stranger", outsider },
  { id = "sec-relay-02-null", name = "the null reverse-path", "" },
  { id = "sec-relay-03-local-sender", name = "a local sender", "$V" },
  { id = "sec-relay-04-postmaster-sender", name = "its own postmaster", "postmaster@$D", "nobody@$D" },
  { id = "sec-relay-05-localhost-sender", name = "a sender at localhost", "root@localhost" },
  { id = "sec-relay-06-unqualified-sender", name = "a sender without a domain", "root" },
  { id = "sec-relay-07-ip-sender", name = "a sender at the server's address", "root@[$I]" },
  { id = "sec-relay-08-hostname-sender", name = "a sender at the server's name", "root@$H" },
}

for _, s in ipairs(senders) do
  scenario("no relay for " .. s.name, { id = s.id, level = "security" }, function()
    for _, sender in ipairs(s) do
      check("<" .. sender .. ">", function() refused(sender, "user@$R") end)
    end
  end)
end

-- Recipients that are foreign in whatever way they are read.
local recipients = {
  { id = "sec-relay-10-percent-bare", name = "a percent sign, and no domain", "user%$R" },
  { id = "sec-relay-13-quoted", name = "the whole in quotes", '"user@$R"' },
  { id = "sec-relay-14-quoted-percent", name = "quotes and a percent sign", '"user%$R"' },
  { id = "sec-relay-18-route", name = "a source route through the server", "@$D:user@$R" },
  { id = "sec-relay-19-route-ip", name = "a source route through its address or name", "@[$I]:user@$R", "@$H:user@$R" },
  { id = "sec-relay-20-route-no-at", name = "a source route without @", "$D:user@$R" },
  { id = "sec-relay-21-bang", name = "a bang path", "$R!user" },
  { id = "sec-relay-24-trailing-dot", name = "a dot behind the domain", "user@$R." },
  {
    id = "sec-relay-25-subdomain", name = "a domain below the server's own",
    "user@smtpspec-sub.$D", "$U@smtpspec-sub.$D",
  },
  {
    id = "sec-relay-26-suffix", name = "a domain that ends or begins with the server's own",
    "user@evil$D", "user@$D.$R", "$U@evil$D", "$U@$D.$R",
  },
}

for _, r in ipairs(recipients) do
  scenario("no relay by " .. r.name, { id = r.id, level = "security" }, function()
    for _, recipient in ipairs(r) do
      check("<" .. recipient .. ">", function() refused(outsider, recipient) end)
    end
  end)
end

-- Recipients that may be the odd name of a local mailbox.
local oddities = {
  { id = "sec-relay-09-percent", name = "the percent hack", "user%$R@$D" },
  { id = "sec-relay-11-percent-ip", name = "the percent hack at the server's address", "user%$R@[$I]" },
  { id = "sec-relay-12-percent-host", name = "the percent hack at the server's name", "user%$R@$H" },
  { id = "sec-relay-15-quoted-local", name = "a quoted address", '"user@$R"@$D' },
  { id = "sec-relay-16-quoted-ip", name = "a quoted address at the server's address", '"user@$R"@[$I]' },
  { id = "sec-relay-17-double-at", name = "two @", "user@$R@$D", "user@$R@[$I]" },
  { id = "sec-relay-22-bang-local", name = "a bang path at home", "$R!user@$D", "$R!user@[$I]", "$D!$R!user" },
  { id = "sec-relay-23-mixed", name = "percent sign, quotes and two @", "user%$R@$D@example.org", '"user%$R"@$D' },
}

for _, o in ipairs(oddities) do
  scenario("no relay by " .. o.name, { id = o.id, level = "security" }, function()
    for _, form in ipairs(o) do
      check("<" .. form .. ">", function() literal(form) end)
    end
  end)
end

scenario("what looks like the server's domain is another", {
  id = "sec-relay-27-case-idn", level = "security", requires = { "valid_rcpt" },
}, function()
  local user, domain = target.valid_rcpt:match("^(.*)@(.*)$")
  local lookalikes = {
    domain:gsub("a", "\208\176", 1), -- Cyrillic letters
    domain:gsub("e", "\208\181", 1),
    domain:gsub("o", "\208\190", 1),
    "xn--" .. domain,
  }
  for _, lookalike in ipairs(lookalikes) do
    if lookalike ~= domain then
      check(lookalike, function() refused(outsider, user .. "@" .. lookalike, "the server takes this domain for its own") end)
    end
  end
  -- What IDNA maps to the same domain (UTS 46), so that it may be taken: a wide full stop, and a long s.
  for _, same in ipairs { domain:gsub("%.", "\239\188\142"), (domain:gsub("s", "\197\191", 1)) } do
    if same ~= domain then
      to.lenient(asked(stranger(), outsider, user .. "@" .. same), "the domain " .. same .. ", which IDNA maps to its own")
    end
  end
end)

scenario("a domain with a control character or a comma in it is none", {
  id = "sec-relay-28-ctl-in-domain", level = "security",
}, function()
  for _, octet in ipairs { "\0", "\r", "\11", "," } do
    check(codec.percent.encode(octet), function() refused(outsider, "user@$R" .. octet .. ".$D") end)
  end
end)

scenario("localhost is no way out", {
  id = "sec-relay-29-localhost-rcpt", level = "security",
}, function()
  for _, host in ipairs { "localhost", "127.0.0.1", "[127.0.0.1]" } do
    local name = unique("nobody-") .. "@" .. host
    if to.accepted(asked(stranger(), outsider, name)) and not (own and everybody("$D")) then
      warn(("<nobody@%s> is taken, and <nobody@%s> is not: the server may send it to itself"):format(host, own))
    end
  end
end)

scenario("a RCPT names one recipient", {
  id = "sec-relay-30-multi-in-one", level = "security", requires = { "valid_rcpt" },
}, function()
  for _, form in ipairs { "$V>,<user@$R", "$V,user@$R" } do
    check("<" .. form .. ">", function() refused(outsider, form, "a RCPT with two recipients is taken") end)
  end
  check("<$V> <user@$R>", function() -- this may be passed over, as a parameter that nobody knows
    to.doubtful(asked(stranger(), outsider, "$V> <user@$R"), "a RCPT with a second path behind a space")
  end)
end)

-- From here on the session begins in a way of its own, and then a stranger is named.
local function still_refused(c)
  local reply = c:send("RCPT TO:<user@" .. foreign .. ">"):expect { "2xx", "4xx", "5xx", "close" }
  if to.accepted(reply) then
    fail("the server relays now")
  end
end

local function mail(c)
  local reply = c:send("MAIL FROM:<" .. outsider .. ">"):expect { "2xx", "4xx", "5xx", "close" }
  if to.accepted(reply) then
    still_refused(c)
  end
end

scenario("a good recipient opens no way for others", {
  id = "sec-relay-31-after-valid", level = "security", requires = { "valid_rcpt" },
}, function()
  to.smtp()
  local function valid()
    local c = stranger()
    to.need(c:send("MAIL FROM:<" .. outsider .. ">"):reply(), 250, "MAIL")
    to.need(c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):reply(), 250, "RCPT")
    return c
  end
  check("behind a valid recipient", function() still_refused(valid()) end)
  check("after RSET", function()
    local c = valid()
    to.need(c:send("RSET"):reply(), 250, "RSET")
    mail(c)
  end)
  check("after HELO", function()
    local c = stranger()
    to.need(c:send("HELO localhost"):reply(), 250, "HELO")
    mail(c)
  end)
end)

scenario("a name in EHLO gives no rights", {
  id = "sec-relay-32-helo-spoof", level = "security",
}, function()
  local c = stranger()
  for _, name in ipairs { names(c).H, "localhost", own or "localhost.localdomain" } do
    for _, verb in ipairs { "EHLO ", "HELO " } do
      check(verb .. name, function()
        c = stranger()
        if to.accepted(c:send(verb .. name):expect { "2xx", "4xx", "5xx", "close" }) then
          mail(c)
        end
      end)
    end
  end
end)

scenario("a login that failed gives no rights", {
  id = "sec-relay-33-auth-failed-open", level = "security",
}, function()
  local c = stranger()
  if not c:supports("AUTH", "PLAIN") then
    skip("the server does not offer AUTH PLAIN")
  end
  check("cancelled", function()
    to.need(c:send("AUTH PLAIN"):reply(), 334, "AUTH PLAIN")
    c:send("*"):expect { "4xx", "5xx" }
    mail(c)
  end)
  check("wrong", function()
    c = stranger()
    local response = codec.base64.encode("\0" .. unique("nobody-") .. "\0wrong")
    to.need(c:send("AUTH PLAIN " .. response):reply(), 535, "AUTH PLAIN")
    mail(c)
  end)
end)

scenario("nobody says by XCLIENT, XFORWARD or PROXY who he is", {
  id = "sec-relay-34-xforward-xclient", level = "security",
}, function()
  for _, line in ipairs { "XCLIENT ADDR=127.0.0.1 NAME=localhost", "XFORWARD ADDR=127.0.0.1 NAME=localhost HELO=localhost" } do
    check(line, function()
      local c = stranger()
      if c:supports(line:match("^%u+")) then
        inconclusive("the server offers it, so it trusts this machine")
      end
      c:send(line):expect { "4xx", "5xx", "close" }
    end)
  end
  check("PROXY", function()
    to.greeting():send("PROXY TCP4 127.0.0.1 127.0.0.1 25 25"):expect { "4xx", "5xx", "close" }
  end)
end)
