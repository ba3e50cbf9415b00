-- What does it support? The keywords of EHLO, before and after STARTTLS.

local finding = require "finding"
local server = require "server"

suite { name = "What does it support?", tags = { "server" }, refs = { "RFC 5321 4.1.1.1" }, timeout = 120 }

-- The form of the text is what smtpspec probe makes a table of.
local function offers(c, port, state)
  local words = {}
  for keyword, parameter in pairs(c.caps) do
    table.insert(words, (keyword .. " " .. parameter):match("^(.-)%s*$"))
  end
  table.sort(words)
  for _, word in ipairs(words) do
    finding.ok("offers " .. word .. " (" .. port.name .. ", " .. state .. ")")
  end
  if #words == 0 then
    finding.ok("offers nothing (" .. port.name .. ", " .. state .. ")")
  end
end

for _, port in ipairs(server.ports()) do
  scenario(port.name, function()
    local c = server.open(port)
    local reply = c:send("EHLO " .. target.ehlo):reply()
    if reply.code ~= 250 then
      finding.problem(port.name .. ": EHLO is answered by " .. server.words(reply), "RFC 5321 4.1.1.1",
        "let the server speak ESMTP: a proxy or a firewall may be in between")
      return
    end
    offers(c, port, port.implicit and "in TLS" or "in clear")
    if not port.implicit and c:supports("STARTTLS") and server.starttls(c) then
      offers(c, port, "in TLS")
      if c:supports("STARTTLS") then
        finding.problem(port.name .. ": STARTTLS is still offered in TLS", "RFC 3207 4.2", "update the server")
      end
    end
    server.bye(c)
  end)
end
