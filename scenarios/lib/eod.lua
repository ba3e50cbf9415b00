-- The end of data, CRLF "." CRLF and nothing else (RFC 5321 4.1.1.4), and what is not it.

local to = require "to"

local eod = {}

-- in_sync requires that nothing of a message was taken for commands: the next one has its own reply, and nothing more is
-- said. Who has closed the connection takes no commands.
function eod.in_sync(c)
  if not c:send("NOOP"):expect({ 250, "close" }).ended then
    to.quiet(c)
  end
end

-- finish ends a message and requires one reply to it, whatever it says.
function eod.finish(c, rest)
  local reply = c:write((rest or "") .. ".\r\n"):expect { "2xx", "4xx", "5xx", "close" }
  if not reply.ended and reply.code ~= 421 then
    eod.in_sync(c)
  end
  return reply
end

-- for_nobody requires of a transaction without recipients that it comes to nothing. A server may ask for a message that nobody
-- is to have, but must not accept it.
function eod.for_nobody(c)
  local reply = c:send("DATA"):expect { code = { 503, 554, 354 }, weak = "5xx" }
  if reply.code == 354 then
    check("a message for nobody is refused", { level = "required" }, function()
      c:write(to.message(unique()) .. ".\r\n"):expect { code = { 503, 554 }, weak = "5xx" }
    end)
  end
end

-- forgotten requires that the next transaction does not have the recipients of the one before.
function eod.forgotten(c)
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
  eod.for_nobody(c)
end

-- none requires that octets are no end of data. They come behind a line of a message's text, or behind the start that is
-- given. Who refuses them, at once or in the end, is right, too.
function eod.none(octets, start)
  local c = to.data()
  c:write((start or to.message(unique(), "A line.")) .. octets)
  local reply = c:expect { code = { "silence", "4xx", "5xx", "close" }, within = 1 }
  if reply.ended == "timeout" then
    reply = eod.finish(c, "\r\nThe rest.\r\n")
  end
  if not to.accepted(reply) then
    note(("the server refuses the message: %s"):format(reply.ended or reply.code))
  end
end

return eod
