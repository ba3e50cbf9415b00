-- What a filter and a mail reader see must be the same message: a header that one of them reads otherwise than the other hides
-- something from it. Seen is what was delivered.

local delivered = require "delivered"
local to = require "to"

suite {
  name = "Parser differentials", tags = { "security", "delivery" }, refs = { "RFC 5322 2.2" },
  requires = { "valid_rcpt", "mailbox" },
}

-- delivery sends a message with fields below its Subject, and gives it as it was delivered: nil if it is refused, which is right.
local function delivery(fields)
  local c, marker = to.again(to.sent()), unique("fields")
  local text = to.message(marker):gsub("\r\nDate:", "\r\n" .. fields .. "Date:")
  local reply = c:write(text .. ".\r\n"):expect { "2xx", "4xx", "5xx", "close" }
  if not to.accepted(reply) then
    note(("the message is refused: %s"):format(reply.ended or reply.code))
    return nil
  end
  return delivered.find(marker)[1]
end

-- header is that of a message in lines that end in LF: all above the first empty line.
local function header(message)
  return (delivered.plain(message.raw) .. "\n\n"):match("^(.-\n)\n")
end

scenario("octets beyond ASCII in a header change no address", {
  id = "sec-diff-8bit-header", level = "security", refs = { "RFC 6532 3" },
}, function()
  local address = "gr\195\188\195\159e@example.org"
  for _, name in ipairs { "Gr\195\188\195\159e", "Gr\252\223e" } do
    check(codec.percent.encode(name), function()
      local message = delivery(("Reply-To: %s <reply@example.org>\r\nCc: <%s>\r\n"):format(name, address))
      if message then
        local fields = header(message)
        local reply_to = fields:match("\nReply%-To: ([^\n]*)")
        assert.is_not_nil(reply_to, "Reply-To is gone")
        assert.match("<reply@example%.org>$", reply_to)
        assert.contains(fields, "<" .. address .. ">", "the address in Cc was changed")
      end
    end)
  end
end)

scenario("a bare LF or CR in a field makes no other", {
  id = "sec-diff-header-lf", level = "security", refs = { "RFC 5321 2.3.8", "RFC 5322 2.2" },
}, function()
  for name, octet in pairs { LF = "\n", CR = "\r" } do
    check("a bare " .. name, function()
      local message = delivery("X-One: one" .. octet .. "X-Two: two\r\nX-Three: three\r\n")
      if message then
        local fields = "\n" .. header(message)
        assert.contains(fields, "\nX-Three: three\n", "the field behind it is gone")
        local line_end = message.raw:find("\r\n", 1, true) and "\r\n" or "\n"
        if octet == line_end then
          note("the mailbox has LF for all line ends, so that nobody can tell")
        elseif message.raw:find(line_end .. "X-Two:", 1, true) then
          warn("a bare " .. name .. " has made a field of what stands behind it")
        end
      end
    end)
  end
end)

scenario("a line of spaces does not end the header", {
  id = "sec-diff-empty-line-ws", level = "security", refs = { "RFC 7103 7.5", "RFC 5322 4.2" },
}, function()
  for what, blank in pairs { ["a space"] = " ", ["a tab"] = "\t", ["both"] = " \t " } do
    check(what, function()
      local message = delivery("X-One: one\r\n" .. blank .. "\r\nX-Two: two\r\n")
      if message then
        local fields = "\n" .. header(message)
        assert.contains(fields, "\nX-Two: two\n", "what stands behind the line is no field any more")
        assert.contains(fields, "\nDate: ", "what stands behind the line is no field any more")
      end
    end)
  end
end)
