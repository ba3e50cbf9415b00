-- SMTP smuggling: octets that a server takes for the end of data, and others do not, hide a second message in the first
-- (CVE-2023-51764, -51765, -51766, CVE-2024-27305). Only CRLF "." CRLF ends one (RFC 5321 4.1.1.4, 2.3.8).

local delivered = require "delivered"
local eod = require "eod"
local to = require "to"

suite {
  name = "SMTP smuggling", tags = { "security" }, refs = { "RFC 5321 2.3.8", "RFC 5321 4.1.1.4" },
  requires = { "valid_rcpt" },
}

-- What is no end of data: id, name, octets, and others like them.
local variants = {
  { "lf-dot-lf", "LF.LF", "\n.\n" },
  { "lf-dot-crlf", "LF.CRLF", "\n.\r\n" },
  { "crlf-dot-lf", "CRLF.LF", "\r\n.\n" },
  { "cr-dot-cr", "CR.CR", "\r.\rX" },
  { "cr-dot-crlf", "CR.CRLF", "\r.\r\n" },
  { "crlf-dot-cr", "CRLF.CR", "\r\n.\rX" },
  { "lf-dot-cr", "LF.CR", "\n.\rX" },
  { "cr-dot-lf", "CR.LF", "\r.\n" },
  { "crlf-dot-crcrlf", "CRLF.CRCRLF", "\r\n.\r\r\n" },
  { "crcrlf-dot-crcrlf", "CRCRLF.CRCRLF", "\r\r\n.\r\r\n" },
  { "nul-dot", "NUL before the dot", "\r\n\0.\r\n" },
  { "dot-nul", "NUL behind the dot", "\r\n.\0\r\n" },
  { "dot-cr-nul-lf", "NUL within the CRLF", "\r\n.\r\0\n" },
  { "dot-sp", "a space behind the dot", "\r\n. \r\n" },
  { "dot-tab", "a tab behind the dot", "\r\n.\t\r\n" },
  { "sp-dot", "a space before the dot", "\r\n .\r\n" },
  { "tab-dot", "a tab before the dot", "\r\n\t.\r\n" },
  { "vt-ff", "VT or FF for line ends", "\11.\11", "\12.\12" },
  { "fs-gs-rs", "FS, GS or RS for line ends", "\28.\28", "\29.\29", "\30.\30" },
  {
    "nel-ls-ps", "NEL, LS or PS for line ends",
    "\133.\133", "\194\133.\194\133", "\226\128\168.\226\128\168", "\226\128\169.\226\128\169",
  },
  { "lfcr", "LFCR.LFCR", "\n\r.\n\r" },
  { "dotdot", "two dots", "\r\n..\r\n" },
  { "8bit-dot", "the octets with the eighth bit set", "\141\138\174\141\138" },
  { "utf8-fullstop", "a full stop of another script", "\r\n\239\188\142\r\n", "\r\n\227\128\130\r\n" },
  { "overlong-dot", "a dot in two octets of UTF-8", "\r\n\192\174\r\n" },
}

for _, variant in ipairs(variants) do
  scenario("no end of data: " .. variant[2], { id = "sec-smug-" .. variant[1], level = "must" }, function()
    for i = 3, #variant do
      check(codec.percent.encode(variant[i]), function() eod.none(variant[i]) end)
    end
  end)
end

scenario("an end of data behind a CR is one", {
  id = "sec-smug-crcrlf-dot-crlf", level = "must",
}, function()
  local c = to.data()
  c:write(to.message(unique(), "A line.\r\r\n.\r\n")):expect { code = { "2xx", "4xx", "5xx", "close" }, within = 10 }
end)

scenario("no end of data: a dot at the edge of a buffer", {
  id = "sec-smug-buffer-edge", level = "must",
}, function()
  local text = {}
  for _, around in ipairs { 512, 999, 1024, 2048, 4096, 8192 } do
    for k = around - 3, around + 3 do
      text[#text + 1] = ("x"):rep(k) .. "."
    end
  end
  eod.none("\r\n" .. table.concat(text, "\r\n") .. "\r\nmore")
end)

scenario("no end of data: dots in a chunk", {
  id = "sec-smug-bdat-bare", level = "security", refs = { "RFC 3030 2" }, requires = { "CHUNKING" },
}, function()
  local c = to.rcpt()
  local text = to.message(unique(), "A line.\r\n.\r\nNOOP\r\nA line.\n.\nNOOP\r\n")
  local reply = c:write(("BDAT %d LAST\r\n%s"):format(#text, text)):expect { "2xx", "4xx", "5xx", "close" }
  if not reply.ended then
    eod.in_sync(c)
  end
end)

scenario("no end of data in the header, nor where data begins", {
  id = "sec-smug-header-lf", level = "security",
}, function()
  for _, octets in ipairs { "\n.\n", "\n.\r\n", "\r.\r\n" } do
    check(codec.percent.encode(octets) .. " in the header", function() eod.none(octets, "Subject: one") end)
    check(codec.percent.encode(octets) .. " at the beginning", function() eod.none(octets, "") end)
  end
  check(".%0A at the beginning", function() eod.none(".\n", "") end)
end)

-- The proof: with a second message behind the variant, there is still one reply, and nothing else is delivered.
scenario("a message within a message stays there", {
  id = "sec-smug-two-message", level = "security",
}, function()
  local smuggled = unique("smuggled")
  local second = "MAIL FROM:<" .. to.sender() .. ">\r\nRCPT TO:<" .. target.valid_rcpt .. ">\r\nDATA\r\n"
    .. to.message(smuggled)
  for _, octets in ipairs { "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r\r\n", "\r\n.\0\r\n" } do
    check(codec.percent.encode(octets), function()
      local c = to.data()
      c:write(to.message(unique(), "A line.") .. octets .. second .. ".\r\n"):expect { "2xx", "4xx", "5xx", "close" }
      c:expect { code = { "silence", "close" }, within = "500ms" }
    end)
  end
  if target("mailbox") then
    mailbox.open():expect_none { header = { Subject = smuggled } }
  end
end)

-- Commands in whose argument a line end is hidden: where they are taken, nothing of it may come out as a field.
local function injections(octet)
  local rcpt = target.valid_rcpt
  return {
    EHLO = { hello = to.hello(to.name .. octet .. "X-Injected: 1") },
    MAIL = { mail = "MAIL FROM:<sender" .. octet .. "X-Injected: 1@example.org>" },
    ["MAIL in quotes"] = { mail = 'MAIL FROM:<"sender' .. octet .. 'X-Injected: 1"@example.org>' },
    RCPT = { rcpt = "RCPT TO:<" .. rcpt .. octet .. "X-Injected: 1>" },
  }
end

-- taken sends a command, and tells whether it was accepted: it, and nothing of it besides.
local function taken(c, line)
  local reply = c:write(line .. "\r\n"):expect { "2xx", "4xx", "5xx", "close" }
  if to.accepted(reply) and c:reply("200ms").ended == "timeout" then
    return true
  end
  c:abort()
  return false
end

-- injected goes through a transaction in which one command is odd, and requires that nothing of it is in the header.
local function injected(odd)
  local c, marker = to.proven(), unique("injected")
  local plain = { mail = "MAIL FROM:<" .. to.sender() .. ">", rcpt = "RCPT TO:<" .. target.valid_rcpt .. ">" }
  for _, verb in ipairs { "hello", "mail", "rcpt" } do
    if odd[verb] then
      if not taken(c, odd[verb]) then return end
    elseif plain[verb] and not to.accepted(c:send(plain[verb]):reply()) then
      inconclusive("the server refuses " .. plain[verb])
    end
  end
  to.need(c:send("DATA"):reply(), 354, "DATA")
  delivered.accepted(c, to.message(marker))
  for _, message in ipairs(delivered.find(marker)) do
    assert.is_nil(message:header("X-Injected"), "a field was injected")
  end
end

scenario("a line end in an argument gets into no header", {
  id = "sec-smug-header-injection", level = "security", refs = { "RFC 5321 4.1.2" }, requires = { "mailbox" },
}, function()
  for name, octet in pairs { LF = "\n", CR = "\r" } do
    for where, odd in pairs(injections(octet)) do
      check(name .. " in " .. where, function() injected(odd) end)
    end
  end
end)
