-- outcome: passed
-- log: "found \".+\" to user@demo.test, user2@demo.test after [0-9.]+ s"
scenario("finds what was delivered", function()
  local marker = unique("box0-")
  local c = smtp.session()
  c:deliver { from = "a@example.org", to = { target.valid_rcpt, target.valid_rcpt2 }, message = mail.message { to = "list@example.net", subject = "Grüße " .. marker, text = "Ümläut.\n.dot" } }
  local box = mailbox.open("demo:")
  assert.equal("mailbox demo:", tostring(box))
  local m = box:wait { contains = marker, to = target.valid_rcpt:upper(), header = { Subject = "Grüße", to = "list" } , within = 5 }
  assert.equal("Grüße " .. marker, m.subject)
  assert.same({ from = "a@example.org", to = { target.valid_rcpt, target.valid_rcpt2 } }, m.envelope)
  assert.match("^Return%-Path: <a@example.org>\r\n", m.raw)
  assert.contains(m.text, ".dot")
  -- it is there the next time, in an encoded text, and in a box of its own
  box:wait { to = target.valid_rcpt2, header = "Subject: " .. marker }
  mailbox.open("demo:"):wait { contains = "Grüße " .. marker }
  assert.is_nil(mail.parse("Subject: x\n\n").envelope)
end)
-----
-- outcome: passed
scenario("does not find what was not", function()
  local marker = unique("box1-")
  local c = smtp.session()
  c:deliver { from = "", to = target.valid_rcpt, message = mail.message { to = "list@example.net", subject = marker, text = "x" } }
  local box = mailbox.open("demo:")
  local m = box:wait { contains = marker }
  assert.equal("", m.envelope.from)
  box:expect_none { contains = marker, to = target.valid_rcpt2, within = 0.1 }
  box:expect_none { contains = marker, to = "list@example.net", within = 0.1 } -- the envelope alone is true
  box:expect_none { contains = unique("box1-"), within = "100ms" }
end)
-----
-- outcome: failed failed passed passed
scenario("none in time", function()
  local marker = unique("near")
  smtp.session():deliver { from = "a@b.example", to = target.valid_rcpt, message = mail.message { subject = marker, text = "x" } }
  mailbox.open("demo:"):wait { header = { Subject = marker }, contains = "no such text", within = 0.2 } -- want: "^expectation\nno such message was delivered within 200ms\n" "contains \"no such text\" and has Subject with \"near" "messages? since 60 s before the run looked first\nthe nearest is \"near\S+\" to user@demo.test; it does not match: contains \"no such text\"\n- \""
end)
scenario("one too many", function()
  local marker = unique("box2-")
  smtp.session():deliver { from = "a@b.example", to = target.valid_rcpt, message = mail.message { subject = marker, text = "x" } }
  mailbox.open("demo:"):expect_none { contains = marker } -- want: "^expectation\na message was delivered that must not be\n" "no message that contains \"box2"
end)
scenario("how many", function()
  local marker = unique("box3-")
  local c, box = smtp.session(), mailbox.open("demo:")
  assert.same({}, box:find { contains = marker })
  for i = 1, 2 do
    c:deliver { from = "a@b.example", to = target.valid_rcpt, message = mail.message { subject = marker .. "/" .. i, text = "x" } }
    assert.equal(i, #box:find { contains = marker, within = 5 })
  end
  assert.equal(marker .. "/2", box:find({ contains = marker })[2].subject)
end)
scenario("markers do not hold each other", function()
  local first = unique()
  for _ = 1, 12 do
    assert.is_nil(unique():find(first, 1, true))
  end
end)
-----
-- outcome: error error error error error error error error
local function open(url) return mailbox.open(url) end
scenario("no fact", function() mailbox.open() end) -- want: "mailbox.open: fact mailbox is not set: give it with --set mailbox=VALUE"
scenario("no URL", function() mailbox.open("/var/mail/x") end) -- want: "say what it is, as in maildir:/var/mail/x"
scenario("a path", function() mailbox.open("maildir:/etc") end) -- want: "a script may not read /etc, which is not the target's mailbox: --allow-read /etc allows it"
scenario("a host", function() mailbox.open("imap://u@mail.example.net") end) -- want: "a script may not connect to mail.example.net:143"
scenario("nothing asked for", function() mailbox.open("demo:"):wait {} end) -- want: "box:wait: one of to, contains and header is needed"
scenario("an empty text", function() mailbox.open("demo:"):wait { contains = "" } end) -- want: "box:wait: option contains: it is empty"
scenario("no colon", function() mailbox.open("demo:"):wait { header = "Subject" } end) -- want: "option header: .Subject.: a name, a colon and text expected"
scenario("no text", function() mailbox.open("demo:"):wait { header = { Subject = 1 } } end) -- want: "option header: a table of names and texts expected"
-----
-- outcome: load
mailbox.open("demo:") -- want: "mailbox.open at the top level of a file that declares scenarios"
scenario("late", function() end)
-----
-- outcome: error
-- set: mailbox=maildir:/nonexistent/smtpspec
scenario("a mailbox that is not there", function()
  assert.is_nil(target("mailbox_user", nil) or target("mailbox_password", nil))
  mailbox.open():expect_none { contains = unique("never"), within = 0 } -- want: "^mailbox\nbox:expect_none: maildir:/nonexistent/smtpspec: there is no /nonexistent/smtpspec"
end)
-----
-- outcome: error
-- set: mailbox=pop3://127.0.0.1:1
-- set: password
scenario("no password", function()
  mailbox.open() -- want: "pop3://user@127.0.0.1:1 needs a password: give it as the fact mailbox_password or password"
end)
-----
-- outcome: error
-- set: mailbox=imap://127.0.0.1:1
scenario("no server", function()
  mailbox.open():wait { contains = unique("never") } -- want: "imap://127.0.0.1:1/INBOX: 127.0.0.1:1 refused the connection"
end)
-----
-- outcome: error
scenario("a wait ends with the scenario", { timeout = 0.3 }, function()
  mailbox.open("demo:"):wait { contains = unique("never") } -- want: "^scenario-timeout\n"
end)
