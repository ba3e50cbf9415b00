-- What words of SMTP look like (RFC 5321 4.1.2), and the names that are registered.

local grammar = {}

-- first is what stands for the server's name in a greeting or a reply to EHLO.
function grammar.first(reply)
  return reply.lines[1]:match("^%S*")
end

-- An address literal (RFC 5321 4.1.3): an IPv4 address, or a tag and what it says.
local function is_literal(name)
  local octets = { name:match("^%[(%d+)%.(%d+)%.(%d+)%.(%d+)%]$") }
  for _, octet in ipairs(octets) do
    if tonumber(octet) > 255 then
      return false
    end
  end
  return #octets == 4 or name:find("^%[%a[%w-]*:[^%[%]]+%]$") ~= nil
end

-- is_domain tells whether a name is a domain or an address literal.
function grammar.is_domain(name)
  if name:find("^%[") then
    return is_literal(name)
  end
  for label in (name .. "."):gmatch("(.-)%.") do
    if not label:find("^%w[%w-]*$") or label:find("-$") then
      return false
    end
  end
  return name ~= ""
end

-- keyword is the EHLO keyword of a line, in upper case.
function grammar.keyword(line)
  return (line:match("^[^ \t=]*"):upper())
end

-- Keywords of EHLO in IANA's registry "SMTP Service Extensions".
local registered = {}
for word in ([[
  SEND SOML SAML EXPN HELP TURN VRFY VERB ONEX 8BITMIME SIZE CHECKPOINT CHUNKING BINARYMIME DELIVERBY PIPELINING DSN ETRN
  ENHANCEDSTATUSCODES STARTTLS NO-SOLICITING MTRK SUBMITTER ATRN AUTH BURL FUTURERELEASE CONPERM CONNEG UTF8SMTP SMTPUTF8
  MT-PRIORITY RRVS REQUIRETLS LIMITS
]]):gmatch("%S+") do
  registered[word] = true
end

-- is_registered tells whether a keyword is known, or begins with X, which is for private use (RFC 5321 2.2.2).
function grammar.is_registered(keyword)
  return registered[keyword] or keyword:find("^X") ~= nil
end

-- is_extension tells whether a word is the keyword of an extension.
function grammar.is_extension(keyword)
  return registered[keyword] or false
end

-- RFC 5321 4.2.3 and the extensions of IANA's registry "SMTP Enhanced Status Codes", which names the codes that it goes with.
local codes = {}
for code in ([[
  211 214 220 221 235 250 251 252 253 334 354 421 422 430 432 450 451 452 453 454 455 458 459
  500 501 502 503 504 521 523 524 525 530 533 534 535 538 541 550 551 552 553 554 555 556
]]):gmatch("%d+") do
  codes[tonumber(code)] = true
end

-- is_code tells whether a code is of one of them.
function grammar.is_code(code)
  return codes[code] or false
end

return grammar
