-- Postfix's XCLIENT makes it take us for another client, XFORWARD tells its log about one. Both are for clients that it trusts, as it does
-- at xclient_port. Who has the address relay_client, or is logged in, may relay.
--
-- .ci/run looks into the message that is delivered here, and into the log.

suite { name = "XCLIENT and XFORWARD", requires = { "xclient_port", "relay_client" } }

local foreign = "somebody@" .. target.relay_domain

local function session()
  return smtp.session { port = tonumber(target.xclient_port) }
end

-- A MAIL, and the reply to a RCPT that relays.
local function relays(c)
  c:ehlo()
  c:mail("")
  return c:send("RCPT TO:<" .. foreign .. ">")
end

scenario("a stranger is refused", function()
  local c = session()
  relays(c):expect(554, "5.7.1")
  c:quit()
end)

scenario("an address that may relay", function()
  local c = session()
  c:xclient { ADDR = target.relay_client, NAME = "friend.example" }
  relays(c):expect(250)
  c:quit()
end)

scenario("an address that may not", function()
  local c = session()
  c:xclient { ADDR = "192.0.2.66", NAME = false }
  relays(c):expect(554, "5.7.1")
  c:quit()
end)

scenario("a login", function()
  local c = session()
  c:xclient { LOGIN = target.user }
  relays(c):expect(250)
  c:quit()
end)

scenario("a login taken away again", function()
  local c = session()
  c:xclient { LOGIN = target.user }
  c:xclient { LOGIN = false }
  relays(c):expect(554, "5.7.1")
  c:quit()
end)

scenario("what the message says", function()
  local c = session()
  c:xclient { NAME = "named.example", ADDR = "192.0.2.66", HELO = "greeted.example", PROTO = "ESMTP" }
  c:ehlo("told.example")
  c:deliver { from = "", to = target.valid_rcpt, message = "Subject: " .. vars.marker .. "-xclient\n\nHello.\n" }
  c:quit()
end)

scenario("what the log says", function()
  local c = session()
  c:xforward { NAME = vars.marker .. ".example", ADDR = "192.0.2.66", HELO = "two words", IDENT = "A1B2C3" }
  c:deliver { from = "", to = target.valid_rcpt, message = "Subject: " .. vars.marker .. "-xforward\n\nHello.\n" }
  c:quit()
end)

scenario("an attribute that there is not", function()
  local c = session()
  c:send("XCLIENT SHOESIZE=43"):expect(501)
  c:send("XFORWARD SHOESIZE=43"):expect(501)
  c:quit()
end)

scenario("neither is for everybody", { requires = { "!XCLIENT", "!XFORWARD" } }, function()
  local c = smtp.session()
  c:send("XCLIENT ADDR=" .. target.relay_client):expect("5xx")
  c:send("XFORWARD ADDR=" .. target.relay_client):expect("5xx")
  c:quit()
end)
