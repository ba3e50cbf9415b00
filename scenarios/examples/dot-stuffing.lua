-- A lone dot ends a message. A line of the message that begins with a dot therefore gets a second one, which the server takes away
-- again. send_data does that for you; write sends exactly the bytes it is given, so there you see the dots.

suite { name = "Dots", refs = { "RFC 5321 4.5.2" }, requires = { "valid_rcpt" } }

-- A connection on which the server waits for a message.
local function data()
  local c = smtp.session()
  c:mail(target("from", "sender@example.org"))
  c:rcpt(target.valid_rcpt)
  c:send("DATA"):expect(354)
  return c
end

local header = "Subject: dots\r\n\r\n"

scenario("send_data stuffs them", function()
  local c = data()
  c:send_data("Subject: dots\n\n.\n..\n.hidden\nend\n") -- line ends become CRLF, and the lone dot follows
  c:expect(250)
  c:quit()
end)

scenario("stuffed by hand", function()
  local c = data()
  c:write(header .. "..\r\n...\r\n..hidden\r\nend\r\n.\r\n"):expect(250)
  c:quit()
end)

scenario("a dot with more behind it does not end the message", function()
  local c = data()
  c:write(header .. ".more\r\n")
  c:expect_silence("300ms")
  c:write(".\r\n"):expect(250)
  c:quit()
end)

scenario("the end of data may come in pieces", function()
  local c = data()
  c:write(header .. "text\r")
  for _, piece in ipairs { "\n", ".", "\r" } do
    c:write(piece)
    c:expect_silence("50ms")
  end
  c:write("\n"):expect(250)
  c:quit()
end)

scenario("an empty message is a message", function()
  local c = data()
  c:write(".\r\n"):expect { "2xx", "5xx" } -- taken or refused, but understood
  c:noop()
  c:quit()
end)
