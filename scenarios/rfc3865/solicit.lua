-- RFC 3865: NO-SOLICITING, with which a server says what advertisements it does not want.

local to = require "to"

suite {
  name = "RFC 3865: NO-SOLICITING", tags = { "core" }, refs = { "RFC 3865 2" }, requires = { "NO-SOLICITING" },
}

scenario("the classes are well formed, and a message may say what it is", {
  id = "rfc3865-2-solicit", level = "required", refs = { "RFC 3865 2.1", "RFC 3865 2.3", "RFC 3865 2.4" },
}, function()
  local c = to.mail()
  local list = c.caps["NO-SOLICITING"]
  for class in (list == "" and "" or list .. ","):gmatch("(.-),") do
    assert.match("^%a[%w.:_-]*$", class, "a class of solicitations")
  end
  to.need(c:send("RSET"):reply(), 250, "RSET")
  c:send("MAIL FROM:<" .. to.sender() .. "> SOLICIT=org.example:ADV:ADLT"):expect { 250, 550 }
end)
