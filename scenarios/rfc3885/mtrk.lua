-- RFC 3885: MTRK, with which a message can be asked for later.

local to = require "to"

suite { name = "RFC 3885: MTRK", tags = { "core" }, refs = { "RFC 3885 3" }, requires = { "MTRK" } }

-- A certifier is the hash of a secret, without the "=" that no parameter can have.
local function certifier()
  return (codec.base64.encode(hash.sha1(unique())):gsub("=", ""))
end

local function mail(c, params)
  return c:send("MAIL FROM:<" .. to.sender() .. "> " .. params)
end

scenario("a certifier is accepted, with a time or without", {
  id = "rfc3885-3.1-mtrk", level = "required", refs = { "RFC 3885 3.1" },
}, function()
  local c = to.mail()
  for _, time in ipairs { "", ":86400" } do
    to.need(c:send("RSET"):reply(), 250, "RSET")
    mail(c, ("MTRK=%s%s ENVID=%s@client.example.org"):format(certifier(), time, unique("id"))):expect(250)
  end
end)

scenario("a certifier without ENVID does no harm", {
  id = "rfc3885-3.2-needs-envid", level = "must", refs = { "RFC 3885 3.2" },
}, function()
  local c = to.ready()
  to.lenient(mail(c, "MTRK=" .. certifier()):expect { code = { 250, 501, 555 }, weak = "5xx" }, "MTRK without ENVID")
  to.alive(c)
end)

scenario("who offers MTRK offers DSN, too", {
  id = "rfc3885-2-needs-dsn", level = "required", refs = { "RFC 3885 2" },
}, function()
  assert.is_true(to.ehlo():supports("DSN"), "DSN is not listed")
end)
