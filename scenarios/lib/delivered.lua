-- Messages where they were delivered. Each has a text of unique() in its Subject, by which it is found.

local to = require "to"

local delivered = {}

-- patience is how long a message may take to its mailbox: the variable delivery_delay says how long it is elsewhere.
delivered.patience = tonumber(vars("delivery_delay", 10))

-- asked begins a transaction or goes on with one, and is asked for the message (S4). MAIL and RCPT are given with what they need.
function delivered.asked(c, ...)
  for _, line in ipairs { ... } do
    local reply = c:send(line):reply()
    if reply.code ~= 251 then
      to.need(reply, 250, line)
    end
  end
  to.need(c:send("DATA"):reply(), 354, "DATA")
  return c
end

-- accepted ends a message, which is accepted, or else nothing can be seen of it.
function delivered.accepted(c, text)
  return to.need(c:write(text .. ".\r\n"):reply(), 250, "the message")
end

-- find gives all messages with a Subject, of which there is one at least.
function delivered.find(marker)
  local list = mailbox.open():find { header = { Subject = marker }, within = delivered.patience }
  if #list == 0 then
    inconclusive(("the message was not delivered within %d s"):format(delivered.patience))
  end
  return list
end

-- message sends one to a server that has asked for it, and gives it as it was delivered. Its body, or the whole of it, is
-- made by a function from the Subject that it is to have, or is given.
function delivered.message(c, text)
  local marker = unique("delivered")
  if type(text) == "function" then
    text = text(marker)
  else
    text = to.message(marker, text)
  end
  delivered.accepted(c, text)
  return delivered.find(marker)[1]
end

-- control waits for a message that is sent now: what was sent earlier, and is delivered at all, should be there soon after.
function delivered.control()
  delivered.message(to.data())
end

-- plain is a text with LF for all line ends: files have them so.
function delivered.plain(text)
  return (text:gsub("\r\n", "\n"))
end

-- between is a body that is recognized, whatever stands before and behind it.
function delivered.between(text)
  return "first line\r\n" .. text .. "\r\nlast line\r\n"
end

-- text gives what stands there in a message, in lines that end in LF: up to its end, if that is missing.
function delivered.text(message)
  local rest = delivered.plain(message.raw):match("first line\n(.*)")
  return rest and (rest:match("^(.-)\nlast line\n?") or rest)
end

-- kept sends lines, and requires that they are delivered as is said, or as they were sent.
function delivered.kept(sent, want)
  local got = delivered.text(delivered.message(to.data(), delivered.between(sent)))
  assert.equal(delivered.plain(want or sent), got, "the message was changed")
end

-- sender is the reverse-path of a message: what stands in Return-Path, or else what the mailbox knows. It is nil where
-- nothing tells.
function delivered.sender(message)
  local path = message:header("Return-Path")
  if path then
    return path:match("<(.*)>") or path
  end
  return message.envelope and message.envelope.from ~= "" and message.envelope.from or nil
end

return delivered
