-- RFC 4468: BURL, with which a server fetches a part of a message itself.

local to = require "to"

suite { name = "RFC 4468: BURL", tags = { "security" }, refs = { "RFC 4468 3" }, requires = { "BURL" } }

-- An URL in the server's own network.
local inside = "imap://127.0.0.1:9/INBOX;UIDVALIDITY=1/;UID=1;URLAUTH=anonymous:internal:00"

scenario("nobody has the server fetch from its own network", {
  id = "rfc4468-burl-auth", level = "security",
}, function()
  check("without a login", function()
    local c = to.secure { policy = { 421 } }
    c:send("MAIL FROM:<" .. to.sender() .. ">"):reply()
    if target("valid_rcpt") then
      c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):reply()
    end
    c:send("BURL " .. inside .. " LAST"):expect { code = "5xx", weak = "4xx" }
    to.alive(c)
  end)
  if target("user") and target("password") and target("valid_rcpt") then
    check("with a login", function()
      local c = to.auth { policy = { 421 } }
      to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
      to.need(to.recipient(c), 250, "RCPT")
      c:send("BURL " .. inside .. " LAST"):expect { code = "5xx", weak = "4xx" } -- 4xx says that it tried
      to.alive(c)
    end)
  end
end)
