-- What several files need goes into a helper. require "letter" finds letter.lua beside this file or in lib/ beside it;
-- files in lib/ are never run as scenarios themselves.

local letter = require "letter"

suite { name = "Messages of every shape", requires = { "valid_rcpt" } }

scenario("a line of 998 octets", { refs = { "RFC 5322 2.1.1" } }, function()
  letter.deliver { body = ("x"):rep(998) }
end)

scenario("no text at all", function()
  letter.deliver { body = "" }
end)

scenario("8-bit text", { refs = { "RFC 6152" }, requires = { "8BITMIME" } }, function()
  letter.deliver { body = "Grüße aus Köln", params = "BODY=8BITMIME" }
end)

scenario("a message of the size that was announced", { refs = { "RFC 1870" }, requires = { "SIZE" } }, function()
  letter.deliver { body = ("a line of text\r\n"):rep(100), params = "SIZE=2000" }
end)
