-- RFC 6152: octets beyond ASCII in a message that was declared to have some are delivered as they were.

local delivered = require "delivered"
local to = require "to"

suite {
  name = "RFC 6152: delivery", tags = { "delivery" }, refs = { "RFC 6152 3" },
  requires = { "8BITMIME", "valid_rcpt", "mailbox" },
}

scenario("all octets beyond ASCII are kept", {
  id = "rfc6152-3-preserve", level = "required",
}, function()
  local lines = {}
  for first = 128, 240, 16 do
    for octet = first, first + 15 do
      lines[#lines + 1] = string.char(octet)
    end
    lines[#lines + 1] = "\r\n"
  end
  local text = table.concat(lines)
  local header = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    .. "Content-Transfer-Encoding: 8bit\r\n"
  local c = delivered.asked(to.proven(), "MAIL FROM:<" .. to.sender() .. "> BODY=8BITMIME",
    "RCPT TO:<" .. target.valid_rcpt .. ">")
  local message = delivered.message(c, function(marker) return header .. to.message(marker, text) end)
  if not delivered.plain(message.body):find(delivered.plain(text), 1, true) then
    -- It may have been encoded, which loses nothing.
    note("it was delivered with the encoding " .. (message:header("Content-Transfer-Encoding") or "7bit"))
  end
  assert.contains(delivered.plain(message.content), delivered.plain(text), "the octets were changed")
end)
