-- Does it relay? Mail for a domain that is not its own, in the forms by which servers have been tricked. No form gets past RCPT,
-- and RSET follows.

local finding = require "finding"
local server = require "server"

suite { name = "Does it relay?", tags = { "server", "relay" }, refs = { "RFC 5321 7.1", "RFC 2505 2.1" }, timeout = 180 }

-- local_name is what the server takes mail for, as far as it is known.
local function local_name(c)
  return target("local_domain") or target("hostname") or server.given_name(c.replies[#c.replies])
end

-- forms are pairs of sender and recipient. Those that are sure are relaying when they are taken; the others may be the odd name
-- of a local mailbox.
local function forms(own, foreign)
  local user = unique("smtpspec-probe-")
  return {
    { from = user .. "@" .. foreign, to = user .. "@" .. foreign, sure = true },
    { from = "", to = user .. "@" .. foreign, sure = true },
    { from = "postmaster@" .. own, to = user .. "@" .. foreign, sure = true },
    { from = user .. "@[127.0.0.1]", to = user .. "@" .. foreign, sure = true },
    { from = user .. "@" .. foreign, to = user .. "%" .. foreign .. "@" .. own },
    { from = user .. "@" .. foreign, to = user .. "%" .. foreign },
    { from = user .. "@" .. foreign, to = foreign .. "!" .. user .. "@" .. own },
    { from = user .. "@" .. foreign, to = foreign .. "!" .. user },
    { from = user .. "@" .. foreign, to = '"' .. user .. "@" .. foreign .. '"@' .. own },
    { from = user .. "@" .. foreign, to = '"' .. user .. "@" .. foreign .. '"' },
    { from = user .. "@" .. foreign, to = "@" .. own .. ":" .. user .. "@" .. foreign },
  }
end

-- try says one form and gives the reply to RCPT, or to MAIL where that was refused; c may be closed afterwards.
local function try(c, form)
  local reply = c:send("MAIL FROM:<" .. form.from .. ">"):reply()
  local verb = "MAIL"
  if reply.code >= 200 and reply.code < 300 then
    reply, verb = c:send("RCPT TO:<" .. form.to .. ">"):reply(), "RCPT"
    if not reply.ended then
      c:send("RSET"):reply()
    end
  end
  return reply, verb
end

local function taken(port, form, everybody)
  local what = ("%s: MAIL FROM:<%s> and RCPT TO:<%s> are taken"):format(port.name, form.from, form.to)
  if form.sure then
    finding.problem(what .. ": it relays for this machine", "RFC 5321 7.1",
      "let only your own networks and users that log in send elsewhere; if this machine is of those, probe from outside")
  elseif everybody then
    finding.ok(what .. ", as every name in that domain is")
  else
    finding.warning(what .. ": it may be passed on",
      "RFC 2505 2.1", "see whether the server means a mailbox of that name; refuse the form otherwise")
  end
end

-- takes_everybody tells whether a mailbox that nobody has is taken: then odd names are nothing special.
local function takes_everybody(c, own)
  local reply, verb = try(c, { from = "", to = unique("smtpspec-nobody-") .. "@" .. own })
  return verb == "RCPT" and reply.code >= 200 and reply.code < 300
end

for _, port in ipairs(server.ports()) do
  scenario(port.name, function()
    local c = server.ready(port)
    local own, foreign = local_name(c), target("relay_domain", "example.net")
    local refused, tried, relays, why, later = 0, 0, false, nil, nil
    local everybody
    for _, form in ipairs(forms(own, foreign)) do
      local reply, verb = try(c, form)
      if reply.ended or reply.code == 421 then -- too many mistakes for this server: the form gets a second chance
        c = server.ready(port)
        reply, verb = try(c, form)
      end
      tried = tried + 1
      if verb == "RCPT" and reply.code >= 200 and reply.code < 300 then
        if not form.sure and everybody == nil then
          everybody = takes_everybody(c, own)
        end
        taken(port, form, everybody)
        relays = true
      else
        refused = refused + 1
        why = why or verb .. " is answered by " .. server.words(reply)
        if reply.code >= 400 and reply.code < 500 then
          later = later or server.words(reply)
        end
      end
    end
    if refused > 0 then
      finding.ok(("%s: %d of %d forms are refused; %s"):format(port.name, refused, tried, why), "RFC 5321 7.1")
    end
    if later and not relays then
      finding.warning(port.name .. ": some are refused for now alone: " .. later, "RFC 5321 4.2.1",
        "probe again later: the server may take them then")
    end
    c:abort()
  end)
end
