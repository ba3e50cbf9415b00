-- RFC 3030 2: CHUNKING. BDAT brings a message in chunks of so many octets, whatever these are.

local chunk = require "chunk"
local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 3030: CHUNKING", tags = { "core" }, refs = { "RFC 3030 2" } }

-- A chunk that shows whether it is taken for commands.
local quit = "QUIT\r\n"

-- In LMTP the last chunk has as many replies as there are recipients, none where nobody is there: another chunk has one.
local function last_has_reply()
  return target.protocol ~= "lmtp"
end

scenario("a message in one chunk is accepted", {
  id = "rfc3030-2-bdat-last", level = "must", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  chunk.write(c, to.message(unique()), true):expect(250)
  to.quiet(c)
end)

scenario("every chunk has its own 250", {
  id = "rfc3030-2-bdat-multi", level = "must", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  chunk.write(c, to.message(unique())):expect(250)
  chunk.write(c, "A second chunk.\r\n"):expect(250)
  chunk.write(c, "The last one.\r\n", true):expect(250)
  to.quiet(c)
end)

scenario("the last chunk may be empty", {
  id = "rfc3030-2-bdat-zero-last", level = "required", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  chunk.write(c, to.message(unique())):expect(250)
  chunk.write(c, "", true):expect(250)
end)

scenario("an empty chunk that is not the last does no harm", {
  id = "rfc3030-2-bdat-zero-nonlast", level = "required", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  local reply = chunk.write(c, ""):expect { 250, "5xx" }
  if reply.code ~= 250 then
    note("the server refuses an empty chunk: " .. reply.code)
  end
  c:send("RSET"):expect(250)
end)

scenario("a chunk after the last is refused with 503", {
  id = "rfc3030-2-bdat-after-last-503", level = "must", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = to.rcpt()
  to.need(chunk.write(c, to.message(unique()), true):reply(), 250, "BDAT")
  chunk.write(c, quit, last_has_reply()):expect { code = 503, weak = "5xx" }
  chunk.in_sync(c)
end)

scenario("DATA after a chunk is refused with 503", {
  id = "rfc3030-2-bdat-data-mix-503", level = "must", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.begun()
  c:send("DATA"):expect { code = 503, weak = "5xx" }
  chunk.in_sync(c)
end)

scenario("a chunk for nobody is read before it is refused", {
  id = "rfc3030-2-bdat-no-rcpt", level = "must", requires = { "CHUNKING" },
}, function()
  local c = to.mail()
  chunk.write(c, quit, last_has_reply()):expect { code = { 503, 554 }, weak = "5xx" }
  chunk.in_sync(c)
end)

scenario("a chunk without MAIL is read before it is refused", {
  id = "rfc3030-2-bdat-no-mail", level = "must", requires = { "CHUNKING" },
}, function()
  local c = to.ready()
  chunk.write(c, quit):expect { code = 503, weak = "5xx" }
  chunk.in_sync(c)
end)

scenario("chunks that follow a refused one at once are read and refused", {
  id = "rfc3030-2-bdat-pipelined-after-fail", level = "must", requires = { "CHUNKING", "PIPELINING" },
}, function()
  local c = to.mail()
  c:write(chunk.of(quit) .. chunk.of(quit, last_has_reply()))
  c:expect("5xx")
  c:expect("5xx")
  chunk.in_sync(c)
end)

scenario("RSET forgets the chunks", {
  id = "rfc3030-2-bdat-rset", level = "required", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.begun()
  c:send("RSET"):expect(250)
  chunk.write(c, quit, last_has_reply()):expect { code = 503, weak = "5xx" }
  chunk.in_sync(c)
end)

scenario("after RSET command lines are as limited as before", {
  id = "rfc3030-2-bdat-rset-limits", level = "security", requires = { "CHUNKING", "valid_rcpt" },
  refs = { "RFC 5321 4.5.3.1.4" },
}, function()
  local long = "NOOP " .. ("x"):rep(2 ^ 16) .. "\r\n"
  local c = to.ehlo { reply_timeout = 5 }
  if to.accepted(c:write(long):reply()) then
    skip("the server takes lines of 64 kB at any time")
  end
  c:abort() -- some have more to say to such a line
  c = chunk.begun()
  c:send("RSET"):expect(250)
  c:write(long):expect { "4xx", "5xx", "close" }
  c:abort()
end)

-- Who can process it need not refuse it (RFC 5321 4.1.4).
scenario("MAIL and RCPT between chunks are refused with 503", {
  id = "rfc3030-2-bdat-mail-between", level = "required", refs = { "RFC 5321 4.1.4" },
  requires = { "CHUNKING", "valid_rcpt" },
}, function()
  for what, line in pairs {
    RCPT = "RCPT TO:<" .. target.valid_rcpt .. ">", MAIL = "MAIL FROM:<" .. to.sender() .. ">",
  } do
    check(what, function()
      local c = chunk.begun()
      to.doubtful(c:send(line):expect { code = { 503, 250 }, weak = "5xx" }, what .. " between chunks")
      chunk.in_sync(c)
    end)
  end
end)

scenario("dots are delivered as they are", {
  id = "rfc3030-2-bdat-no-dotstuff", level = "required", tags = { "delivery" },
  requires = { "CHUNKING", "valid_rcpt", "mailbox" },
}, function()
  local dots = ".\r\n..two\r\n.one"
  local marker = unique("dots")
  local message = chunk.delivered(to.rcpt(), marker, { to.message(marker, delivered.between(dots)) })
  assert.equal(delivered.plain(dots), delivered.text(message), "the message was changed")
end)

scenario("chunks begin and end anywhere", {
  id = "rfc3030-2-bdat-crlf-not-needed", level = "required", tags = { "delivery" },
  requires = { "CHUNKING", "valid_rcpt", "mailbox" },
}, function()
  local marker = unique("pieces")
  local pieces = { to.message(marker, "first line\r\non"), "e\r", "\ntwo\r\nlast line\r\n" }
  local message = chunk.delivered(to.rcpt(), marker, pieces)
  assert.equal("one\ntwo", delivered.text(message), "the message was changed")
end)

scenario("the next command follows a chunk at once, whatever that ends in", {
  id = "rfc3030-2-bdat-exact-count", level = "required", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  local message = chunk.of(to.message(unique(), "A text without a line end"), true)
  if c:supports("PIPELINING") then
    c:write(message .. "NOOP\r\n"):expect(250)
  else
    c:write(message):expect(250)
    c:send("NOOP")
  end
  c:expect(250)
  to.quiet(c)
end)

scenario("a wrong size is a syntax error", {
  id = "rfc3030-2-bdat-size-syntax", level = "required", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  for _, line in ipairs { "BDAT", "BDAT x", "BDAT -1 LAST" } do
    check(line, function()
      local c = to.rcpt()
      c:send(line):expect { code = 501, weak = "5xx", within = 5 }
      chunk.in_sync(c)
    end)
  end
  for _, line in ipairs { "BDAT 6 LUST", "BDAT 6 LAST x" } do
    check(line, function()
      local c = to.rcpt()
      c:write(line .. "\r\nNOOP\r\n"):expect { code = 501, weak = "5xx", within = 5 }
      c:send("RSET"):expect { 250, "close" } -- the first reply may be that to NOOP: the six octets are a chunk, or are not
      c:reply("200ms")
    end)
  end
end)

scenario("sizes beyond all integers do not wrap", {
  id = "rfc3030-2-bdat-size-overflow", level = "security", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local message = mail.generate { size = 2384, from = to.sender(), to = target.valid_rcpt }
  for _, size in ipairs { "4294969680", "18446744073709554000" } do -- 2384 more than 2^32 and 2^64
    check("BDAT " .. size, function()
      local c = to.rcpt()
      c:write("BDAT " .. size .. " LAST\r\n" .. message)
      c:expect { code = { "silence", "4xx", "5xx", "close" }, within = 1 } -- who is silent waits for the rest
      c:abort()
    end)
  end
end)

scenario("the command may be in lower case", {
  id = "rfc3030-2-bdat-case", level = "required", refs = { "RFC 5321 2.4" }, requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  local message = to.message(unique())
  c:write("bdat " .. #message .. " last\r\n" .. message):expect(250)
end)

scenario("DATA works after a message in chunks", {
  id = "rfc3030-2-data-still-works", level = "must", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  to.need(chunk.write(c, to.message(unique()), true):reply(), 250, "BDAT")
  chunk.begin(c)
  c:send("DATA"):expect(354)
  c:write(to.message(unique()) .. ".\r\n"):expect(250)
end)

scenario("chunks that are too much together are refused with 552", {
  id = "rfc3030-2-bdat-size-limit", level = "required", refs = { "RFC 1870 6.3" },
  requires = { "CHUNKING", "SIZE", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  local limit = tonumber(c.caps.SIZE) or 0
  if limit == 0 or limit > 64 * 2 ^ 20 then
    skip("there is no limit, or it is too high to be tried")
  end
  to.need(chunk.write(c, to.message(unique())):reply(), 250, "a first chunk")
  local block, sent = (("x"):rep(62) .. "\r\n"):rep(2 ^ 14), 0
  local reply
  repeat
    reply = chunk.write(c, block):expect { code = { 250, 552 }, weak = "5xx" }
    sent = sent + #block
  until reply.code ~= 250 or sent > limit
  if reply.code == 250 then
    chunk.write(c, "", true):expect { code = 552, weak = "5xx", within = 30 }
  end
  chunk.in_sync(c)
end)

scenario("BDAT is an unknown command where CHUNKING is not offered", {
  id = "rfc3030-2-bdat-not-offered", level = "required", requires = { "!CHUNKING", "valid_rcpt" },
}, function()
  local c = to.rcpt()
  local refused = { 500, 502, 503, "close" }
  local reply = c:send("BDAT " .. #quit .. " LAST"):expect { code = { "silence", unpack(refused) }, weak = "5xx", within = 1 }
  if reply.ended == "timeout" then
    c:write(quit):expect { code = refused, weak = "5xx" }
  end
end)

scenario("a chunk of 1 MiB is accepted", {
  id = "rfc3030-2-bdat-large", level = "required", requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = chunk.ready()
  local limit, size = tonumber(c.caps.SIZE) or 0, 2 ^ 20
  if limit > 0 and limit < size then
    skip("the server takes no more than " .. limit .. " octets")
  end
  chunk.write(c, mail.generate { size = size, from = to.sender(), to = target.valid_rcpt }, true):expect(250)
end)
