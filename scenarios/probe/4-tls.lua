-- Is TLS as it should be? Offered, in version 1.2 or later and no older one, with a valid chain, time left, and as TLSA records
-- say.

local finding = require "finding"
local server = require "server"

suite { name = "Is TLS as it should be?", tags = { "server" }, refs = { "RFC 3207", "RFC 8314" }, timeout = 120 }

-- What old servers may need: suites that are thought unsafe are offered to find out what the server takes, and not to talk.
local old_suites = {
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
}

-- On port 25 most senders encrypt without looking at the certificate (RFC 7435); whoever submits mail looks.
local function judged(port)
  return port.number == 25 and finding.warning or finding.problem
end

-- shake opens a connection and does a handshake with the options. It gives true and the connection, or false and why not; nil
-- when there is no STARTTLS.
local function shake(port, options)
  local c, reason = smtp.connect { port = port.number, tls = "none", optional = true, connect_timeout = server.patience() }
  if not c then
    skip(port.name .. " is not open: " .. reason)
  end
  options.expect, options.verify = "any", false
  if not port.implicit then
    if c:reply().code ~= 220 or c:send("EHLO " .. target.ehlo):reply().code ~= 250 then
      skip(port.name .. " does not take EHLO")
    end
    if not c:supports("STARTTLS") then
      c:abort()
      return nil
    end
    local reply = c:send("STARTTLS"):reply()
    if reply.code ~= 220 then
      return false, "STARTTLS is answered by " .. server.words(reply)
    end
  end
  local ok, why = c:handshake(options)
  if ok then
    return true, c
  end
  c:abort()
  return false, why
end

local function name_to_verify()
  if server.is_address(target.host) then
    return target("hostname", "")
  end
  return target.host
end

local function chain(port, c)
  local wrong = c.tls.verify_error
  if not wrong or wrong:find("it is not for", 1, true) then -- the name is a question of its own
    finding.ok(port.name .. ": the certificate's chain is valid, signed by " .. c.tls.peer_certificates[1].issuer)
  elseif wrong:find("expired", 1, true) then
    finding.problem(port.name .. ": the certificate is not valid: " .. wrong, "RFC 5280 6.1.3",
      "renew the certificate, and let the server load it")
  else
    judged(port)(port.name .. ": the certificate is not valid: " .. wrong, "RFC 5280 6.1",
      "get a certificate from an authority that clients trust, and send the whole chain")
  end
end

local function days_left(port, x)
  local days = math.floor((x.not_after - time.now()) / 86400)
  local what = port.name .. ": the certificate's time ends in " .. days .. " days"
  if days < 0 then
    return -- said with the chain
  elseif days < tonumber(vars("days", "14")) then
    finding.warning(what, "RFC 5280 4.1.2.5", "renew the certificate, and let the server load it")
  else
    finding.ok(what)
  end
  local bits = tonumber(x.key:match("^RSA (%d+)"))
  if bits and bits < 2048 then
    finding.warning(port.name .. ": the certificate's key is " .. x.key, "RFC 9325 4.5",
      "get a certificate for a key of 2048 bits or more, or an ECDSA key")
  end
end

-- dane judges TLSA records. Without DNSSEC they count for nothing.
local function dane(port, c)
  if server.is_address(target.host) or not target.host:find(".", 1, true) then
    return -- records are about names in DNS
  end
  local name = "_" .. port.number .. "._tcp." .. target.host
  local records, _, why = dns.tlsa(name)
  if not records then
    finding.warning(port.name .. ": TLSA cannot be found out: " .. why, "RFC 7672 2.1",
      "senders with DANE put off mail while this is so: see why the resolver does not answer")
    return
  elseif #records == 0 then
    finding.ok(port.name .. ": there is no TLSA record, so senders do not verify by DANE")
    return
  elseif not records.ad then
    finding.warning(port.name
      .. ": there is a TLSA record, and the resolver has not verified it by DNSSEC: it counts for nothing", "RFC 7672 2.2",
      "sign the zone; or ask a resolver that verifies, by --dns")
    return
  end
  local chain_of = c.tls.peer_certificates
  for _, record in ipairs(records) do
    for i, x in ipairs(chain_of) do
      if (record.usage == 3 and i == 1 or record.usage == 2) and record:matches(x) then
        finding.ok(port.name .. ": the TLSA record " .. record.data:sub(1, 20) .. "… is about the certificate")
        return
      end
    end
  end
  finding.problem(port.name .. ": no TLSA record is about the certificate: senders with DANE deliver nothing", "RFC 7672 3.1",
    "publish a TLSA record for the certificate that is in use, before it is put in use")
end

local function old_versions(port)
  local ok, c = shake(port, { max = "1.1", ciphers = old_suites })
  if ok then
    finding.warning(port.name .. ": TLS " .. c.tls.version .. " is taken as well", "RFC 8996", "let the server begin with TLS 1.2")
    c:abort()
  else
    finding.ok(port.name .. ": TLS older than 1.2 is refused")
  end
end

local function not_offered(port)
  local what = port.name .. ": STARTTLS is not offered: mail goes there in clear"
  if port.number == 587 then
    finding.problem(what, "RFC 8314 3.3", "give the server a certificate and turn STARTTLS on")
  else
    finding.warning(what, "RFC 3207 4", "give the server a certificate and turn STARTTLS on")
  end
end

for _, port in ipairs(server.ports()) do
  scenario(port.name, function()
    local name = name_to_verify()
    local options = name ~= "" and { server_name = name } or {}
    local ok, c = shake(port, options)
    if ok == nil then
      not_offered(port)
      return
    end
    if not ok then
      local why = c
      local old, older = shake(port, { max = "1.1", ciphers = old_suites })
      if old then
        finding.problem(port.name .. ": only TLS " .. older.tls.version .. " is offered, which is not safe", "RFC 8996",
          "let the server offer TLS 1.2 and 1.3")
        older:abort()
      else
        finding.problem(port.name .. ": the TLS handshake fails: " .. why, "RFC 3207 4",
          "look at the server's log: certificate, key and versions")
      end
      return
    end
    finding.ok(port.name .. ": TLS " .. c.tls.version .. " with " .. c.tls.cipher, "RFC 8996")
    chain(port, c)
    days_left(port, c.tls.peer_certificates[1])
    dane(port, c)
    c:abort()
    old_versions(port)
  end)
end
