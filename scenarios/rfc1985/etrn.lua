-- RFC 1985: ETRN, with which a host asks for its mail, which comes by another connection.

local to = require "to"

suite { name = "RFC 1985: ETRN", tags = { "core" }, refs = { "RFC 1985 5.1" }, requires = { "ETRN" } }

-- What ETRN may be answered with.
local codes = { 250, 251, 252, 253, 458, 459, 500, 501 }

scenario("ETRN is answered with one of its codes, and no mail comes by this connection", {
  id = "rfc1985-etrn-codes", level = "required", refs = { "RFC 1985 5.2" },
}, function()
  check("a domain", function()
    local c = to.ehlo()
    c:send("ETRN " .. target("local_domain", "example.org")):expect { code = codes, weak = { 421, 450, 451, 454, 530, "5xx" } }
    c:expect_silence("500ms")
    c:send("NOOP"):expect(250)
  end)
  check("none", function()
    local c = to.ehlo()
    c:send("ETRN"):expect { code = { 500, 501 }, weak = { "4xx", "5xx" } }
    to.alive(c)
  end)
end)
