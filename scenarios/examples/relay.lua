-- A mail server that relays for strangers is on a blocklist by tomorrow. This file declares a scenario for every way of writing a
-- foreign recipient, and for every sender that might be trusted by mistake.

suite {
  name = "Relaying refused",
  tags = { "relay" },
  refs = { "RFC 5321 3.6.2" },
  level = "security",
  requires = { "relay_domain", "local_domain" },
}

-- FOREIGN stands for a domain that the server does not take mail for, LOCAL for one that it does.
local recipients = {
  { "a plain address", "victim@FOREIGN" },
  { "a percent sign", "victim%FOREIGN@LOCAL" },
  { "a bang path", "FOREIGN!victim@LOCAL" },
  { "a quoted address", '"victim@FOREIGN"@LOCAL' },
  { "a source route", "@LOCAL:victim@FOREIGN" },
}

local senders = {
  { "a stranger", "stranger@example.org" },
  { "a bounce", "" },
  { "somebody who claims to be local", "postmaster@LOCAL" },
}

local function fill(address)
  local domains = { FOREIGN = target.relay_domain, LOCAL = target.local_domain }
  return (address:gsub("%u+", domains))
end

for _, sender in ipairs(senders) do
  for _, recipient in ipairs(recipients) do
    scenario("refuses " .. recipient[1] .. " from " .. sender[1], function()
      local c = smtp.session()
      local r = c:send("MAIL FROM:<" .. fill(sender[2]) .. ">"):expect { "2xx", "5xx" }
      if r.code < 300 then
        c:send("RCPT TO:<" .. fill(recipient[2]) .. ">"):expect("5xx")
      end
      c:quit()
    end)
  end
end
