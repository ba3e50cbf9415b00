-- RFC 6152: 8BITMIME, with which a message may have octets beyond ASCII.

local to = require "to"

suite { name = "RFC 6152: 8BITMIME", tags = { "core" }, refs = { "RFC 6152 3" }, requires = { "8BITMIME" } }

local function mail(params)
  return "MAIL FROM:<" .. to.sender() .. "> " .. params
end

scenario("the keyword has no parameter", {
  id = "rfc6152-2-keyword-bare", level = "required", refs = { "RFC 6152 2" },
}, function()
  assert.equal("", to.ehlo().caps["8BITMIME"], "8BITMIME has a parameter")
end)

scenario("a body is declared to be 8BITMIME or 7BIT", {
  id = "rfc6152-3-body-8bitmime", level = "required", requires = { "valid_rcpt" },
}, function()
  local c = to.proven() -- without a declaration MAIL is taken
  for _, body in ipairs { "BODY=8BITMIME", "BODY=7BIT", "body=8bitmime" } do
    c:send(mail(body)):expect(250)
    c:rset()
  end
end)

scenario("a body is declared once", {
  id = "rfc6152-3-body-once", level = "required",
}, function()
  local c = to.ready()
  local reply = c:send(mail("BODY=7BIT BODY=8BITMIME")):expect { code = { 250, 501 }, weak = "5xx" }
  to.lenient(reply, "a body declared twice")
  to.alive(c)
end)

scenario("an unknown body is refused", {
  id = "rfc6152-2-body-bad", level = "required", refs = { "RFC 6152 2" },
}, function()
  for _, body in ipairs { "BODY=9BIT", "BODY=", "BODY" } do
    check(body, function()
      local c = to.ready()
      to.doubtful(c:send(mail(body)):expect { code = { 250, 501, 504, 555 }, weak = "5xx" }, body)
      to.alive(c)
    end)
  end
end)

scenario("lines of 998 octets beyond ASCII are accepted", {
  id = "rfc6152-3-line-1000", level = "required", requires = { "valid_rcpt" },
}, function()
  local c = to.sent()
  c:send(mail("BODY=8BITMIME")):expect(250)
  to.need(c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):reply(), 250, "RCPT")
  to.need(c:send("DATA"):reply(), 354, "DATA")
  local header = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n"
  c:write(header .. to.message(unique(), ("\233"):rep(998) .. "\r\n") .. ".\r\n"):expect(250)
end)
