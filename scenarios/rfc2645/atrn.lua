-- RFC 2645: ATRN, with which a host takes its mail by the same connection.

local to = require "to"

suite { name = "RFC 2645: ATRN", tags = { "core" }, refs = { "RFC 2645 5.2.1" }, requires = { "ATRN" } }

scenario("ATRN before a login is refused with 530", {
  id = "rfc2645-atrn-auth", level = "must",
}, function()
  for _, line in ipairs { "ATRN " .. target("local_domain", "example.org"), "ATRN" } do
    check(line, function()
      local c = to.secure { policy = { 421 } }
      c:send(line):expect { code = 530, weak = { "4xx", "5xx" } }
      to.alive(c)
    end)
  end
end)
