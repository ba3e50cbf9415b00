-- What a server tells strangers: which mailboxes and users there are (RFC 5321 7.3), and what it looks like inside.

local sasl = require "sasl"
local to = require "to"
local tour = require "tour"

suite { name = "Disclosure", tags = { "security" }, refs = { "RFC 5321 7.3" }, timeout = 300 }

-- same tells whether two replies are, but for the names that were asked for.
local function same(a, b, name_a, name_b)
  local function plain(reply, name)
    return (reply.text:gsub("%f[%w]" .. name:gsub("%p", "%%%0"), "NAME"))
  end
  return a.code == b.code and plain(a, name_a) == plain(b, name_b)
end

scenario("VRFY does not tell mailboxes apart", {
  id = "sec-enum-vrfy", level = "security", requires = { "valid_rcpt", "invalid_rcpt" },
}, function()
  local c = to.secure()
  local yes = c:send("VRFY " .. target.valid_rcpt):expect { "2xx", "4xx", "5xx" }
  local no = c:send("VRFY " .. target.invalid_rcpt):expect { "2xx", "4xx", "5xx" }
  if yes.code ~= no.code then
    note(("VRFY tells who is there: %d, and %d for a mailbox that does not exist"):format(yes.code, no.code))
  end
end)

scenario("EXPN does not tell strangers who is on a list", {
  id = "sec-enum-expn", level = "security",
}, function()
  local c = to.secure()
  for _, list in ipairs { target("list", "staff"), "postmaster" } do
    local reply = c:send("EXPN " .. list):expect { "2xx", "4xx", "5xx" }
    if reply.code == 250 and reply.text:find("@", 1, true) then
      warn("EXPN " .. list .. " tells who is on it")
    end
  end
end)

scenario("a submission server tells nothing about recipients before AUTH", {
  id = "sec-enum-rcpt", level = "security", requires = { "valid_rcpt", "invalid_rcpt" },
}, function()
  if not to.submits() then
    skip("a server that takes mail for its domains has to tell its recipients apart")
  end
  local function asked(address)
    local c = to.secure()
    c:send("MAIL FROM:<" .. to.sender() .. ">"):reply()
    return c:send("RCPT TO:<" .. address .. ">"):expect { "2xx", "4xx", "5xx" }
  end
  if not same(asked(target.valid_rcpt), asked(target.invalid_rcpt), target.valid_rcpt, target.invalid_rcpt) then
    fail("before AUTH a mailbox that does not exist gets another reply than one that does")
  end
end)

-- failed says a wrong password and gives the reply.
local function failed(c, name, user)
  local password = unique("wrong")
  if name == "LOGIN" then
    to.need(c:send("AUTH LOGIN " .. sasl.encode(user)):reply(), 334, "AUTH LOGIN")
    return c:send(sasl.encode(password)):expect { "4xx", "5xx" }
  end
  return c:send("AUTH PLAIN " .. sasl.plain(user, password)):expect { "4xx", "5xx" }
end

scenario("a failed login does not tell whether there is such a user", {
  id = "sec-enum-auth-msg", level = "security", requires = { "user", "password" },
}, function()
  local nobody = sasl.nobody()
  local function asked(user)
    local c, name = sasl.offering { "PLAIN", "LOGIN" }
    return failed(c, name, user)
  end
  if not same(asked(target.user), asked(nobody), target.user, nobody) then
    fail("a user that does not exist gets another reply than a wrong password")
  end
end)

-- median is the middle of some numbers.
local function median(numbers)
  table.sort(numbers)
  return numbers[math.ceil(#numbers / 2)]
end

-- deviation is the median of how far numbers are from theirs (MAD).
local function deviation(numbers)
  local middle, far = median(numbers), {}
  for i, n in ipairs(numbers) do
    far[i] = math.abs(n - middle)
  end
  return median(far)
end

-- Less than this nobody measures over a network, in seconds.
local visible = 0.003

-- differ tells of two ways to ask, tried in turns, whether one of them takes longer than the noise.
local function differ(first, second)
  local a, b = {}, {}
  for i = 1, 50 do
    a[i], b[i] = first(), second()
  end
  local apart = math.abs(median(a) - median(b))
  return apart > visible and apart > 5 * math.max(deviation(a), deviation(b)), apart
end

scenario("the time of a failed login does not tell whether there is such a user", {
  id = "sec-enum-auth-timing", level = "security", requires = { "user", "password" }, tags = { "intrusive", "slow" },
}, function()
  local function asked(user)
    return function()
      local c, name = sasl.offering { "PLAIN", "LOGIN" }
      local elapsed = failed(c, name, user).elapsed
      c:abort()
      return elapsed
    end
  end
  local is, apart = differ(asked(target.user), asked(sasl.nobody()))
  if is then
    warn(("a user that does not exist is told from a wrong password by %.1f ms"):format(apart * 1000))
  end
end)

scenario("where RCPT does not tell mailboxes apart, its time does not", {
  id = "sec-enum-rcpt-timing", level = "security", requires = { "valid_rcpt", "invalid_rcpt" },
}, function()
  local c = to.mail()
  local function asked(address)
    return c:send("RCPT TO:<" .. address .. ">"):expect { "2xx", "4xx", "5xx" }
  end
  if not same(asked(target.valid_rcpt), asked(target.invalid_rcpt), target.valid_rcpt, target.invalid_rcpt) then
    skip("the replies tell them apart")
  end
  local is, apart = differ(function()
    return asked(target.valid_rcpt).elapsed
  end, function()
    return asked(target.invalid_rcpt).elapsed
  end)
  if is then
    warn(("the replies are the same, but come at other times, by %.1f ms"):format(apart * 1000))
  end
end)

scenario("AUTH LOGIN asks everybody for a password", {
  id = "sec-enum-login-prompt", level = "security",
}, function()
  local c = sasl.offering { "LOGIN" }
  c:send("AUTH LOGIN"):expect(334)
  c:send(sasl.encode(sasl.nobody())):expect(334)
  c:send(sasl.encode(unique("wrong"))):expect { "4xx", "5xx" }
end)

-- What comes out of the inside of programs: paths, databases, stacks.
local inside = {
  "/usr/%w+/", "/var/%w+/", "/etc/%w+", "/home/%w+", "/opt/%w+/", "%u:\\%w+\\", "SQLSTATE", "SQL syntax", "SELECT .+ FROM ",
  "[Tt]raceback %(", "[Ss]tack trace", "goroutine %d+", "panic: ", "%w+Exception: ", "%w+Error: .* at ",
  "[%w_]+%.go:%d+", "[%w_]+%.py\"?, line %d+", "[%w_]+%.js:%d+", "[%w_]+%.java:%d+", "[%w_]+%.c:%d+",
}

scenario("replies show nothing of the inside", {
  id = "sec-info-paths", level = "security", refs = { "RFC 5321 7.5" },
}, function()
  tour.take(function(reply)
    for _, pattern in ipairs(inside) do
      assert.is_nil(reply.text:match(pattern), "a reply shows the inside of the server")
    end
  end)
end)

scenario("a message does not carry its sender's password", {
  id = "sec-info-internal-received", level = "security", refs = { "RFC 5321 7.6" }, tags = { "delivery" },
  requires = { "user", "password", "valid_rcpt", "mailbox" },
}, function()
  local c, marker = to.auth(), unique("trace")
  to.again(c)
  to.need(c:write(to.message(marker) .. ".\r\n"):reply(), 250, "the message")
  local headers = mailbox.open():wait({ contains = marker, within = 10 }).raw:match("^(.-)\r?\n\r?\n")
  for _, secret in ipairs { target.password, sasl.encode(target.password), sasl.login() } do
    assert.is_nil(headers:find(secret, 1, true), "the header of the delivered message has the password in it")
  end
end)
