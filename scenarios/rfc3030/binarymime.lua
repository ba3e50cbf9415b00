-- RFC 3030 3: BINARYMIME, with which a message may have any octets, and no lines. It needs BDAT.

local chunk = require "chunk"
local to = require "to"

suite { name = "RFC 3030: BINARYMIME", tags = { "core" }, refs = { "RFC 3030 3" } }

local mail = "MAIL FROM:<" .. to.sender() .. "> BODY=BINARYMIME"

scenario("BINARYMIME comes with CHUNKING", {
  id = "rfc3030-3-binarymime-needs-chunking", level = "required", requires = { "BINARYMIME" },
}, function()
  assert.is_not_nil(to.ehlo().caps.CHUNKING, "BINARYMIME is offered, and CHUNKING is not")
end)

scenario("a body is declared to be BINARYMIME", {
  id = "rfc3030-3-binarymime-mail", level = "required", requires = { "BINARYMIME" },
}, function()
  local c = to.mail() -- without a declaration MAIL is taken
  to.need(c:send("RSET"):reply(), 250, "RSET")
  c:send(mail):expect(250)
end)

scenario("DATA is refused with 503 where the body is BINARYMIME", {
  id = "rfc3030-3-binarymime-data-503", level = "must", requires = { "BINARYMIME", "valid_rcpt" },
}, function()
  local c = chunk.begin(to.proven(), "BODY=BINARYMIME")
  c:send("DATA"):expect { code = 503, weak = "5xx" }
  chunk.in_sync(c)
end)

scenario("every octet is delivered as it is", {
  id = "rfc3030-3-binarymime-preserve", level = "must", tags = { "delivery" },
  requires = { "BINARYMIME", "CHUNKING", "valid_rcpt", "mailbox" },
}, function()
  local octets = {}
  for octet = 0, 255 do
    octets[#octets + 1] = string.char(octet)
  end
  local all, marker = table.concat(octets), unique("octets")
  local header = "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
  local c = chunk.begin(to.proven(), "BODY=BINARYMIME")
  local message = chunk.delivered(c, marker, { header .. to.message(marker, all) })
  assert.contains(message.content, all, "the octets were changed") -- which may be in another encoding now
end)

scenario("BODY=BINARYMIME is refused where it is not offered", {
  id = "rfc3030-3-binarymime-not-offered", level = "required", requires = { "!BINARYMIME" },
}, function()
  local c = to.ready()
  to.doubtful(c:send(mail):expect { code = { 250, 501, 504, 555 }, weak = "5xx" }, "BODY=BINARYMIME, which it does not offer")
  to.alive(c)
end)
