-- The session that every mail administrator has typed into telnet, as a scenario.
--
-- This file declares nothing, so the whole file is one scenario. It runs from top to bottom, and the first reply that is not
-- the one expected ends it. send writes a line, expect reads one whole reply, of however many lines.

suite { name = "The telnet session", requires = { "valid_rcpt" } }

local from = target("from", "sender@example.org") -- the fact, or this address where the target has none

local c = smtp.connect()
c:expect(220)

c:send("EHLO client.example"):expect(250)
c:send("MAIL FROM:<" .. from .. ">"):expect(250)
c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect(250)

c:send("DATA"):expect(354)
c:send("From: " .. from)
c:send("To: " .. target.valid_rcpt)
c:send("Date: " .. time.date())
c:send("Subject: typed by hand")
c:send("")
c:send("Hello, is anybody there?")
c:send("."):expect(250)

c:send("QUIT"):expect(221)
c:expect_close()
