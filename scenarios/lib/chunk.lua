-- Messages that come in chunks (RFC 3030 2).

local delivered = require "delivered"
local to = require "to"

local chunk = {}

-- of is a chunk with its command.
function chunk.of(octets, last)
  return "BDAT " .. #octets .. (last and " LAST" or "") .. "\r\n" .. octets
end

-- write sends a chunk with its command, in one piece.
function chunk.write(c, octets, last)
  return c:write(chunk.of(octets, last))
end

-- begin is in a transaction with a recipient (S3), in a session in which there was one.
function chunk.begin(c, params)
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">" .. (params and " " .. params or "")):reply(), 250, "MAIL")
  local reply = to.recipient(c)
  if reply.code ~= 251 then -- it will be forwarded
    to.need(reply, 250, "RCPT")
  end
  return c
end

-- ready has seen a message accepted that came by DATA, and is in the next transaction (S3).
function chunk.ready()
  return chunk.begin(to.sent())
end

-- begun has had the first chunk of a message accepted.
function chunk.begun()
  local c = to.rcpt()
  to.need(chunk.write(c, to.message(unique())):reply(), 250, "a first chunk")
  return c
end

-- delivered brings a message in pieces, each of which is a chunk, and gives it as it was delivered. It is found by its Subject.
function chunk.delivered(c, marker, pieces)
  for i, piece in ipairs(pieces) do
    to.need(chunk.write(c, piece, i == #pieces):reply(), 250, "a chunk")
  end
  local message = mailbox.open():find({ header = { Subject = marker }, within = delivered.patience })[1]
  if not message then
    delivered.control()
    fail("the message is accepted, and is not delivered as it was sent; one by DATA is")
  end
  return message
end

-- What says that there is no use for a chunk is the last word of some.
local farewells = { [221] = true, [421] = true, [451] = true, [521] = true, [554] = true }

-- in_sync requires that the session goes on where a chunk was refused. Only RSET is sure to be taken then: the state is
-- indeterminate.
function chunk.in_sync(c)
  local last = c.replies[#c.replies]
  if not farewells[last.code] then
    c:send("RSET"):expect(250)
  elseif c:send("RSET"):expect({ 250, "close" }).ended then
    return
  end
  to.quiet(c)
end

return chunk
