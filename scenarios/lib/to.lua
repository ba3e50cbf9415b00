-- The ways to the state in which a check begins. What stands in the way there is not what the check is about: a refusal is the
-- server's policy or another check's failure, and makes this one inconclusive.

local to = {}

-- What a server says that will not do a thing now, or not for us. Connections end inconclusive where one of these comes and
-- another is expected (the option policy). A sender or a name that it has never heard of may be answered besides as in wary.
to.policy = { 421, 450, 451, 452, 454, 530 }
to.wary = { 421, 450, 451, 452, 454, 530, 504, 550, 554 }

local function words(reply)
  return reply.ended or (reply.code .. " " .. reply.text:gsub("\n", " / "))
end

-- need makes the check inconclusive unless a reply has the code.
function to.need(reply, code, what)
  if reply.code ~= code then
    inconclusive(what .. " was answered with " .. words(reply))
  end
  return reply
end

function to.accepted(reply)
  return reply.code >= 200 and reply.code < 400
end

-- lenient remarks that a server has accepted what it need not, where that harms nobody.
function to.lenient(reply, what)
  if to.accepted(reply) then
    note("the server accepts " .. what)
  end
end

-- doubtful warns that a server has accepted what it should not.
function to.doubtful(reply, what)
  if to.accepted(reply) then
    warn("the server accepts " .. what)
  end
end

-- Codes with which a server may say goodbye to a client that annoys it.
local farewells = { [221] = true, [421] = true, [451] = true, [521] = true, [554] = true }

-- quiet requires that nothing more is said. What is said unasked comes right behind what was asked for, or as late as the
-- server's replies usually do.
function to.quiet(c)
  local hello = c.replies[2] or c.replies[1]
  c:expect_silence(math.max(0.05, math.min(2 * hello.elapsed, 1)))
end

-- alive requires that the session goes on: the next command has its own reply, and nothing more is said.
function to.alive(c)
  local last = c.replies[#c.replies]
  if farewells[last.code] and c:send("NOOP"):expect({ 250, "close" }).ended then
    inconclusive("the server closed the connection with " .. words(last))
  elseif not farewells[last.code] then
    c:send("NOOP"):expect(250)
  end
  to.quiet(c)
end

-- patient warns where a command has no reply, or the session does not go on behind it. What the reply says can be a matter of
-- taste; that there is one is not.
function to.patient(c, reply, what)
  if reply.ended then
    warn(("%s has no reply: the server closed the connection"):format(what))
  else
    check("the session goes on", { level = "should" }, function() to.alive(c) end)
  end
end

-- Whether the latest connection has logged in.
local known

-- sender is the reverse-path to use: the user's own where one logs in, who may not be let send as another.
function to.sender()
  local user = (known or to.submits()) and target("user", ""):match("^%S+@%S+$")
  return target("from", user or "sender@example.org")
end

-- smtp skips a check where LMTP is spoken.
function to.smtp()
  if target.protocol == "lmtp" then
    skip("it is for SMTP, and the target speaks LMTP")
  end
end

-- lmtp skips a check where SMTP is spoken.
function to.lmtp()
  if target.protocol ~= "lmtp" then
    skip("it is for LMTP, and the target speaks SMTP")
  end
end

-- A name for EHLO that is right, though nobody has it.
to.name = "client.example.org"

-- hello is the command that begins a session, with our own name or another.
function to.hello(name)
  return (target.protocol == "lmtp" and "LHLO " or "EHLO ") .. (name or target.ehlo)
end

-- Where mail is submitted, if it is not the target.
local elsewhere

-- connect is connected, and has read nothing.
function to.connect(options)
  known = false
  options = options or {}
  options.policy = options.policy or to.policy
  if elsewhere then
    options.port, options.tls = elsewhere, "none"
  end
  return smtp.connect(options)
end

-- greeting connects and reads the greeting (S0). A server that is busy, perhaps with the other checks, is asked a second time.
function to.greeting(options)
  local c = to.connect(options)
  local reply = c:reply(10)
  if reply.ended or reply.code == 421 then
    c:abort()
    sleep("300ms")
    c = to.connect(options)
    reply = c:reply()
  end
  to.need(reply, 220, "the connection")
  return c
end

local function hello(c, name)
  local reply = c:send(to.hello(name)):reply()
  if reply.code >= 500 and to.hello():find("[", 1, true) then -- an address literal, which some do not like
    reply = c:send(to.hello(to.name)):reply()
  end
  to.need(reply, 250, to.hello())
end

-- passwords are the mechanisms that a password serves.
to.passwords = { "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "NTLM", "SCRAM-SHA-1", "SCRAM-SHA-256" }

local function takes_passwords(c)
  for _, name in ipairs(to.passwords) do
    if c:supports("AUTH", name) then
      return true
    end
  end
  return false
end

local function may_login(c)
  return target("user") and target("password") and takes_passwords(c)
end

local function login(c)
  to.need(c:auth { mechanism = "auto", code = { 235, "4xx", "5xx" } }, 235, "AUTH")
  known = true
end

-- login logs in where there is a user and a mechanism for the password, and tells whether.
function to.login(c)
  if may_login(c) then
    login(c)
    return true
  end
  return false
end

-- Where mail is submitted, one logs in first: the fact submission says so, or the port.
function to.submits()
  local port = tonumber(target("port", 0)) -- which is unknown while files are loaded without a target
  return elsewhere ~= nil or target("submission", "no") ~= "no" or port == 587 or port == 465
end

-- submission has all the ways here lead to where mail is submitted: to the target, or to the port that the fact
-- submission_port names.
function to.submission()
  to.smtp()
  if not to.submits() then
    elsewhere = tonumber(target("submission_port", ""))
      or skip("mail is not submitted to the target; the fact submission_port says where it is, and submission=yes that it is here")
  end
end

-- ehlo is ready for MAIL (S1): in TLS where the target is one with STARTTLS, logged in where it is one for submission. The
-- option ehlo is the name to give.
function to.ehlo(options)
  local c = to.greeting(options)
  hello(c, options and options.ehlo)
  if (target.tls == "starttls" or elsewhere and c:supports("STARTTLS")) and not c.tls then
    to.tls(c, options and options.ehlo)
  end
  if to.submits() and may_login(c) then
    login(c)
  end
  return c
end

-- tls does STARTTLS, and EHLO again (T1).
function to.tls(c, name)
  to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
  c:handshake()
  hello(c, name)
  return c
end

-- clear has said hello, and no more (S1).
function to.clear(options)
  local c = to.greeting(options)
  hello(c)
  return c
end

-- secure is in TLS where the server has it, and has not logged in (T1, or S1).
function to.secure(options)
  local c = to.clear(options)
  if not c.tls and c:supports("STARTTLS") then
    to.tls(c)
  end
  return c
end

-- auth has logged in by the strongest mechanism (A1). It needs the facts user and password.
function to.auth(options)
  local c = to.secure(options)
  if not takes_passwords(c) then
    skip("the server offers no login with a password")
  end
  login(c)
  return c
end

-- begin sends MAIL, after a login where one is asked for.
local function begin(c)
  local reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):reply()
  if reply.code == 530 and may_login(c) then
    login(c)
    reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):reply()
  end
  to.need(reply, 250, "MAIL")
end

local function reset(c)
  to.need(c:send("RSET"):reply(), 250, "RSET")
end

-- admit logs in where that is needed for MAIL, and gives the connection.
function to.admit(c)
  if may_login(c) then
    local code = c:send("MAIL FROM:<" .. to.sender() .. ">"):reply().code
    if code == 530 then
      login(c)
    elseif code == 250 then
      reset(c)
    end
  end
  return c
end

-- ready may begin a transaction (S1): logged in where that is needed for MAIL.
function to.ready(options)
  return to.admit(to.ehlo(options))
end

-- mail has begun a transaction (S2).
function to.mail(options)
  local c = to.ehlo(options)
  begin(c)
  return c
end

-- recipient names the recipient that the fact valid_rcpt is, and gives the reply: after a login where one is needed, and with
-- the patience for a greylist that the variable greylist_delay says.
function to.recipient(c)
  local line = "RCPT TO:<" .. target.valid_rcpt .. ">"
  local reply = c:send(line):reply()
  if reply.code >= 530 and may_login(c) and not c.transcript:find("> AUTH", 1, true) then
    reset(c)
    login(c)
    begin(c)
    reply = c:send(line):reply()
  end
  if (reply.code == 450 or reply.code == 451) and vars("greylist_delay") then
    sleep(vars.greylist_delay)
    reply = c:send(line):reply()
  end
  return reply
end

local function name(c)
  local reply = to.recipient(c)
  if reply.code ~= 251 then -- it will be forwarded
    to.need(reply, 250, "RCPT")
  end
end

-- rcpt has a recipient, too (S3). It needs the fact valid_rcpt.
function to.rcpt(options)
  local c = to.mail(options)
  name(c)
  return c
end

-- proven may begin a transaction (S1), and has seen that one can be begun.
function to.proven(options)
  local c = to.rcpt(options)
  reset(c)
  return c
end

-- open is in a transaction (S2) in which a recipient may be named: with one already, where there is a fact.
function to.open(options)
  return target("valid_rcpt") and to.rcpt(options) or to.mail(options)
end

-- data is asked for the message (S4).
function to.data(options)
  local c = to.rcpt(options)
  to.need(c:send("DATA"):reply(), 354, "DATA")
  return c
end

-- message is a small one with a Subject that no other has.
function to.message(subject, body)
  return "From: <" .. to.sender() .. ">\r\nTo: <" .. target.valid_rcpt .. ">\r\nSubject: " .. subject
    .. "\r\nDate: " .. time.date() .. "\r\nMessage-ID: <" .. unique() .. "@smtpspec.example>\r\n\r\n" .. (body or "A test.\r\n")
end

-- again is asked for a message (S4) in a session that has sent one, or none.
function to.again(c)
  begin(c)
  name(c)
  to.need(c:send("DATA"):reply(), 354, "DATA")
  return c
end

-- sent has sent a small message, which was accepted: the transaction is over (S1), and what is refused next is not refused
-- because messages are.
function to.sent(options)
  local c = to.data(options)
  to.need(c:write(to.message(unique()) .. ".\r\n"):reply(), 250, "a small message")
  return c
end

return to
