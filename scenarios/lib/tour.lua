-- Conversations in which every command is said that every server has, for what holds of all replies.

local to = require "to"

local tour = {}

-- transaction sends a message, where there is somebody to send it to, and names somebody who is not there.
local function transaction(say)
  local c = to.ehlo()
  say(c, "MAIL FROM:<" .. to.sender() .. ">")
  if target("invalid_rcpt") then
    say(c, "RCPT TO:<" .. target.invalid_rcpt .. ">")
  end
  if target("valid_rcpt") then
    say(c, "RCPT TO:<" .. target.valid_rcpt .. ">")
    if say(c, "DATA").code == 354 then
      say(c, to.message(unique()) .. ".")
    end
  end
  say(c, "RSET")
  say(c, "QUIT")
  return c
end

local function questions(say)
  local c = to.ehlo()
  say(c, "NOOP")
  say(c, "VRFY " .. target("valid_rcpt", "postmaster"))
  say(c, "HELP")
  if target("list") then
    say(c, "EXPN " .. target.list)
  end
  say(c, "QUIT")
  return c
end

local function errors(say)
  local c = to.greeting()
  if target.protocol ~= "lmtp" then
    say(c, "HELO " .. to.name)
  end
  say(c, "FROB")
  say(c, "RCPT TO:<>")
  say(c, "QUIT")
  return c
end

-- take calls a function with each whole reply, and after with the connection each time that one was waited for, with what came,
-- and with what it was to answer. A connection that is closed is the end of that conversation alone.
function tour.take(judge, after)
  local function say(c, line)
    local last = c.replies[#c.replies]
    if last.ended or last.code == 421 then
      return last
    end
    local reply = c:write(line .. "\r\n"):reply()
    if after then
      after(c, reply, line)
    end
    return reply
  end
  for _, walk in ipairs { transaction, questions, errors } do
    for _, reply in ipairs(walk(say).replies) do
      if not reply.ended then
        judge(reply)
      end
    end
  end
end

-- lines calls a function with each line of all replies, its line end included, and after as take does.
function tour.lines(judge, after)
  tour.take(function(reply)
    for line in reply.raw:gmatch("[^\n]*\n") do
      judge(line, reply)
    end
  end, after)
end

return tour
