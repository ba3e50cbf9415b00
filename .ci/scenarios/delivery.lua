-- Messages that .ci/run looks for in the Maildirs, by --var marker=…. What arrives there shows that what was sent is what was meant.

suite { name = "Delivery" }

local marker = vars.marker

local function message(kind)
  return "Subject: " .. marker .. "-" .. kind .. "\n\nbegin\n.\n.hidden\nGrüße\nend\n"
end

scenario("by DATA, to two mailboxes", function()
  local c = smtp.session()
  c:deliver { from = "", to = { target.valid_rcpt, target.valid_rcpt2 }, message = message "data" }
  c:quit()
end)

scenario("by hand, in single writes", function()
  local c = smtp.session()
  c:send("MAIL FROM:<>"):expect(250)
  c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect(250)
  c:send("DATA"):expect(354)
  local text = "Subject: " .. marker .. "-hand\r\n\r\nbegin\r\n..\r\n..hidden\r\nGrüße\r\nend\r\n.\r\n"
  for i = 1, #text, 7 do
    c:write(text:sub(i, i + 6))
  end
  c:expect(250)
  c:quit()
end)

scenario("by BDAT, in three chunks", { requires = { "CHUNKING" } }, function()
  local c = smtp.session()
  c:mail("")
  c:rcpt(target.valid_rcpt)
  local text = message("bdat"):gsub("\n", "\r\n")
  c:bdat(text:sub(1, 10))
  c:bdat(text:sub(11, 40))
  c:bdat(text:sub(41), true)
  c:quit()
end)

scenario("by BDAT, in one packet with all before it", { requires = { "CHUNKING", "PIPELINING" } }, function()
  local c = smtp.session()
  local text = message("packet"):gsub("\n", "\r\n")
  c:write("MAIL FROM:<>\r\nRCPT TO:<" .. target.valid_rcpt .. ">\r\nBDAT " .. #text .. " LAST\r\n" .. text .. "QUIT\r\n")
  for _, code in ipairs { 250, 250, 250, 221 } do
    c:expect(code)
  end
  c:expect_close()
end)

scenario("not what was cut short", function()
  local c = smtp.session()
  c:mail("")
  c:rcpt(target.valid_rcpt)
  c:send("DATA"):expect(354)
  c:write("Subject: " .. marker .. "-cut\r\n\r\nbegin\r\n")
  c:abort()
end)
