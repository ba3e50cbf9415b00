-- Does it answer with the right hostname? Greeting, EHLO, A and AAAA, PTR and back, and the certificate: which of them is wrong.

local finding = require "finding"
local server = require "server"

suite { name = "Does it answer with the right hostname?", tags = { "server" }, refs = { "RFC 5321 4.1.1.1" }, timeout = 120 }

local function same(a, b)
  return a:lower():gsub("%.$", "") == b:lower():gsub("%.$", "")
end

-- address_of is the address behind "192.0.2.1:25" or "[2001:db8::1]:25".
local function address_of(remote)
  return remote:match("^%[(.*)%]:%d+$") or remote:match("^(.*):%d+$")
end

local function contains(list, item)
  for _, x in ipairs(list or {}) do
    if x == item then
      return true
    end
  end
  return false
end

-- leads_to tells whether a name has an address in DNS.
local function leads_to(name, address)
  return contains(dns.a(name), address) or contains(dns.aaaa(name), address)
end

-- own_name judges the name that the server gives itself, and gives it when it is one that can be looked up.
local function own_name(where, name)
  if name:find("^%[") then
    finding.warning(where .. " gives an address, " .. name .. ", in place of a name", "RFC 5321 4.1.3", "give the server its name")
    return nil
  end
  if not name:find("^[%w-]+%.[%w.-]+$") or same(name, "localhost.localdomain") then
    finding.problem(where .. " gives the name " .. (name == "" and "of nobody" or name) .. ", which is no full host name",
      "RFC 5321 2.3.5",
      "set the server's host name, as in mx.example.org")
    return nil
  end
  return name
end

-- missing is how bad it is that DNS does not have something: of private addresses, public DNS has nothing.
local function missing(address)
  return server.is_private(address) and finding.warning or finding.problem
end

-- resolves judges whether the name leads to the address that answered.
local function resolves(name, address)
  local a, reason, why = dns.a(name)
  local aaaa = dns.aaaa(name)
  if not a then
    finding.warning("the address of " .. name .. " cannot be found out: " .. why, "RFC 5321 2.3.5",
      "see why the resolver does not answer: " .. reason)
  elseif #a == 0 and #(aaaa or {}) == 0 then
    missing(address)("the server calls itself " .. name .. ", which has no address in DNS", "RFC 5321 2.3.5",
      "add an A or AAAA record, or correct the server's host name")
  elseif leads_to(name, address) then
    finding.ok("the name that it gives itself, " .. name .. ", leads to " .. address)
  else
    for _, other in ipairs(aaaa or {}) do
      table.insert(a, other)
    end
    finding.warning(address .. " calls itself " .. name .. ", which leads to " .. table.concat(a, ", "), "RFC 5321 4.1.4",
      "correct the server's host name or its address in DNS, unless something translates addresses")
  end
end

-- reverse judges the PTR of an address, and the way back from it.
local function reverse(address, name)
  local names, _, why = dns.ptr(address)
  if not names then
    finding.warning("the PTR of " .. address .. " cannot be found out: " .. why, "RFC 1912 2.1",
      "see why the resolver does not answer")
    return
  end
  if #names == 0 then
    missing(address)(address .. " has no PTR: many servers take no mail from such an address", "RFC 1912 2.1",
      "let whoever has the address space add a PTR with the server's name")
    return
  end
  local confirmed, fitting
  for _, ptr in ipairs(names) do
    if leads_to(ptr, address) then
      confirmed = confirmed or ptr
      fitting = fitting or name and same(ptr, name)
    end
  end
  if not confirmed then
    finding.problem("the PTR of " .. address .. " is " .. table.concat(names, ", ") .. ", which does not lead back to it",
      "RFC 1912 2.1",
      "let the PTR name the server, and the name have this address")
  elseif name and not fitting then
    finding.warning("the PTR of " .. address .. " is " .. confirmed .. ", and the server calls itself " .. name, "RFC 1912 2.1",
      "let both be the same name: some servers compare them")
  else
    finding.ok("the PTR of " .. address .. " is " .. confirmed .. ", and leads back to it")
  end
end

-- fits tells whether a name of a certificate is for a host (RFC 6125 6.4).
local function fits(pattern, host)
  local rest = pattern:match("^%*(%..*)$")
  if rest then
    return same(rest, host:match("^[^.]+(%..*)$") or "")
  end
  return same(pattern, host)
end

local function certificate(c, port, name)
  local wanted = server.is_address(target.host) and name or target.host
  local x = c.tls.peer_certificates[1]
  if not wanted or not x then
    return
  end
  local names = x.names
  for _, pattern in ipairs(names) do
    if fits(pattern, wanted) then
      finding.ok(port.name .. ": the certificate is for " .. wanted)
      return
    end
  end
  local todo = "get a certificate for " .. wanted
  local what = port.name .. ": the certificate is not for " .. wanted .. " but for " .. table.concat(names, ", ")
  if port.number == 25 then -- where most senders do not look (RFC 7435)
    finding.warning(what, "RFC 7817 3", todo)
  else
    finding.problem(what, "RFC 7817 3", todo)
  end
end

-- Every port may be another program: each is asked for its name.
for _, port in ipairs(server.ports()) do
  scenario("names at " .. port.name, function()
    local c, greeting = server.open(port)
    local greeted = server.given_name(greeting)
    local hello = server.given_name(server.hello(c, port))
    local name = own_name(port.name .. ": EHLO", hello)
    if not same(greeted, hello) then
      finding.warning(port.name .. ": the greeting gives the name " .. greeted .. ", and EHLO " .. hello, "RFC 5321 4.2",
        "let the server give one name")
    elseif name then
      finding.ok(port.name .. ": greeting and EHLO give the name " .. hello)
    end
    if not port.implicit and c:supports("STARTTLS") then
      server.starttls(c)
    end
    if c.tls then
      certificate(c, port, name)
    end
    c:abort()
  end)
end

-- asked is the name that the server gives itself at the first port that answers, and its address there.
local function asked()
  for _, port in ipairs(server.ports()) do
    local c = server.try(port)
    if c then
      local reply = c:send("EHLO " .. target.ehlo):reply()
      local name, address = server.given_name(reply), address_of(c.remote_address)
      c:abort()
      if reply.code == 250 then
        return name:find(".", 1, true) and name or nil, address
      end
    end
  end
end

scenario("names in DNS", function()
  local name, address = asked()
  if name then
    if not server.is_address(target.host) and not same(name, target.host) then
      finding.ok("it was asked for as " .. target.host .. ", and calls itself " .. name)
    end
    resolves(name, address)
  end
  local judged = false
  for _, each in ipairs(server.addresses()) do
    each = server.is_address(each) and each or address -- of localhost, the one that answered
    if each then
      judged = true
      reverse(each, name)
    end
  end
  if not judged then
    skip("no address is known")
  end
end)
