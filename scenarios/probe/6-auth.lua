-- Is AUTH offered in clear? And is it there in TLS, where mail is submitted?

local finding = require "finding"
local server = require "server"

suite { name = "Are passwords safe?", tags = { "server", "auth" }, refs = { "RFC 4954 4", "RFC 8314 3" }, timeout = 120 }

-- revealing are the mechanisms that show a password or a token to whoever listens.
local function revealing(mechanisms)
  local found = {}
  for word in mechanisms:gmatch("%S+") do
    for _, bad in ipairs { "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER" } do
      if word:upper() == bad then
        table.insert(found, word)
      end
    end
  end
  return table.concat(found, " ")
end

local function in_clear(port, mechanisms)
  if not mechanisms then
    finding.ok(port.name .. ": AUTH is not offered in clear")
    return
  end
  local shown = revealing(mechanisms)
  if shown ~= "" then
    finding.problem(port.name .. ": AUTH " .. shown .. " is offered in clear: passwords can be read on the way", "RFC 4954 4",
      "offer AUTH in TLS alone")
  else
    finding.warning(port.name .. ": AUTH " .. mechanisms .. " is offered in clear", "RFC 8314 3.3", "offer AUTH in TLS alone")
  end
end

local function in_tls(port, mechanisms)
  local submission = port.number == 587 or port.number == 465
  if mechanisms then
    finding.ok(port.name .. ": AUTH " .. mechanisms .. " is offered in TLS")
  elseif submission then
    finding.warning(port.name .. ": AUTH is not offered in TLS: nobody can log in to submit mail",
      "RFC 6409 4.3", "turn AUTH on for this port")
  else
    finding.ok(port.name .. ": AUTH is not offered in TLS")
  end
end

for _, port in ipairs(server.ports()) do
  scenario(port.name, function()
    local c = server.open(port)
    server.hello(c, port)
    if not port.implicit then
      in_clear(port, c.caps.AUTH)
    end
    if port.implicit then
      in_tls(port, c.caps.AUTH)
    elseif c:supports("STARTTLS") and server.starttls(c) then
      in_tls(port, c.caps.AUTH)
    end
    c:abort()
  end)
end
