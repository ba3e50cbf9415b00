-- Is the domain's DNS right? MX, null MX, SPF, DKIM for the selectors that are given, DMARC, MTA-STS, TLS-RPT, TLSA.

local finding = require "finding"

suite { name = "Is the domain's DNS right?", tags = { "domain" }, timeout = 120 }

local domain = vars("domain", "")

-- answered tells whether there is an answer, and says why not.
local function answered(what, answer, why, reference)
  if not answer then
    finding.problem(what .. " cannot be found out: "
      .. why, reference, "see whether the domain's name servers answer, and the resolver that was asked")
    return false
  end
  return true
end

-- exchanger judges one host that an MX names.
local function exchanger(host)
  if host:find("^[%d.]+$") or host:find(":", 1, true) then
    finding.problem("the MX names the address " .. host .. ", where a host name belongs: senders pass over it", "RFC 5321 5.1",
      "name the host")
    return
  end
  local a, reason, why = dns.a(host)
  if not a and reason == "loop" then
    finding.problem("the MX " .. host .. " has CNAMEs that lead in a circle: it has no address",
      "RFC 2181 10.3", "give the host an A or AAAA record")
    return
  elseif not answered("the address of the MX " .. host, a, why, "RFC 5321 5.1") then
    return
  end
  local aaaa = dns.aaaa(host) or {}
  if #a.aliases > 0 then
    finding.problem("the MX " .. host .. " is an alias of " .. a.aliases[1]
      .. ": it has to be a name with addresses of its own", "RFC 2181 10.3",
      "let the MX name " .. a.aliases[#a.aliases])
  end
  if #a + #aaaa == 0 then
    finding.problem("the MX " .. host .. " has no address"
      .. (a.rcode == "NXDOMAIN" and ": there is no such name" or ""), "RFC 5321 5.1",
      "add an A or AAAA record, or take the MX away")
  else
    for _, address in ipairs(aaaa) do
      table.insert(a, address)
    end
    finding.ok("the MX " .. host .. " has the addresses " .. table.concat(a, ", "))
  end
end

scenario("MX", { refs = { "RFC 5321 5.1", "RFC 7505" } }, function()
  local list, _, why = dns.mx(domain)
  if not answered("the MX of " .. domain, list, why, "RFC 5321 5.1") then
    return
  end
  if list.rcode == "NXDOMAIN" then
    finding.problem("there is no domain " .. domain, "RFC 5321 5.1",
      "look for a slip of the pen, or whether the domain has run out")
    return
  end
  local words, null = {}, false
  table.sort(list, function(x, y) return x.preference < y.preference end)
  for _, mx in ipairs(list) do
    null = null or mx.host == "."
    table.insert(words, mx.host .. " (" .. mx.preference .. ")")
  end
  if null and #list > 1 then
    finding.problem(domain .. " has a null MX beside others: " .. table.concat(words, ", "), "RFC 7505 3",
      "take the null MX away, or the others")
  elseif null then
    finding.ok(domain .. " takes no mail: it has a null MX", "RFC 7505")
  elseif #list == 0 and #(dns.a(domain) or {}) + #(dns.aaaa(domain) or {}) == 0 then
    finding.problem(domain .. " has neither an MX nor an address: no mail reaches it",
      "RFC 5321 5.1", "add an MX record; or a null MX, to say that it takes no mail")
  elseif #list == 0 then
    finding.warning(domain .. " has no MX: mail goes to the host of that name", "RFC 5321 5.1", "add an MX record")
  else
    finding.ok("mail for " .. domain .. " goes to " .. table.concat(words, ", "))
  end
  for _, mx in ipairs(list) do
    if mx.host ~= "." then
      exchanger(mx.host)
    end
  end
end)

scenario("SPF", { refs = { "RFC 7208" } }, function()
  local p, _, why = dns.spf(domain)
  if not answered("SPF", p, why, "RFC 7208 4.4") then
    return
  end
  if not p.found then
    finding.warning("SPF: there is no record: anybody can send in the domain's name", "RFC 7208 3",
      'publish a TXT record such as "v=spf1 mx -all", or "v=spf1 -all" for a domain that sends nothing')
  elseif finding.judge("SPF", p, "RFC 7208") then
    finding.ok(("SPF: %s; it costs %d of 10 questions"):format(p.record, p.lookups))
  end
end)

scenario("DMARC", { refs = { "RFC 9989" } }, function()
  local p, _, why = dns.dmarc(domain)
  if not answered("DMARC", p, why, "RFC 9989 4.10") then
    return
  end
  if not p.found then
    finding.warning("DMARC: there is no policy", "RFC 9989 4.10",
      'publish a TXT record at _dmarc.' .. domain .. ' such as "v=DMARC1; p=none; rua=mailto:dmarc@' .. domain .. '"')
  elseif finding.judge("DMARC", p, "RFC 9989 4.7") then
    finding.ok(("DMARC: %s, by the record of %s: %s"):format(p.policy, p.domain, p.record))
    if p.policy == "none" then
      finding.warning("DMARC: the policy is none: mail that only claims to be from the domain is delivered", "RFC 9989 4.7",
        "go on to quarantine and reject once the reports show that your own mail passes")
    end
  end
end)

for selector in vars("selectors", ""):gmatch("%S+") do
  scenario("DKIM " .. selector, { refs = { "RFC 6376 3.6" } }, function()
    local p, _, why = dns.dkim(selector, domain)
    if not answered("DKIM " .. selector, p, why, "RFC 6376 3.6.2") then
      return
    end
    if not p.found then
      finding.problem("DKIM " .. selector .. ": there is no key at " .. selector .. "._domainkey." .. domain, "RFC 6376 3.6.2",
        "publish the key")
    elseif finding.judge("DKIM " .. selector, p, "RFC 6376 3.6.1") then
      finding.ok(("DKIM %s: a key of the type %s with %d bits"):format(selector, p.key_type, p.bits))
    end
  end)
end

-- covers judges whether the policy names the hosts that the MX records name.
local function covers(p)
  for _, mx in ipairs(dns.mx(domain) or {}) do
    if p.mode and mx.host ~= "." and not p:covers(mx.host) then
      finding.problem("MTA-STS: the policy does not name the MX " .. mx.host
        .. ": senders that keep to it do not deliver there", "RFC 8461 4.1",
        "add the host to the policy, and change the id of the record")
    end
  end
end

scenario("MTA-STS", { refs = { "RFC 8461" } }, function()
  local p, _, why = dns.mta_sts(domain, { fetch = true, connect_to = vars("mta_sts_connect_to") })
  if not answered("MTA-STS", p, why, "RFC 8461 3.1") then
    return
  end
  if not p.found then
    finding.ok("MTA-STS: there is no policy")
  elseif finding.judge("MTA-STS", p, "RFC 8461") then
    finding.ok(("MTA-STS: %s for %s, to be kept %d days"):format(p.mode, table.concat(p.mx, ", "), p.max_age / 86400))
    if p.mode ~= "none" then
      covers(p)
    end
  end
end)

scenario("TLS-RPT", { refs = { "RFC 8460" } }, function()
  local p, _, why = dns.tls_rpt(domain)
  if not answered("TLS-RPT", p, why, "RFC 8460 3") then
    return
  end
  if not p.found then
    finding.ok("TLS-RPT: nobody is asked for reports about TLS")
  elseif finding.judge("TLS-RPT", p, "RFC 8460 3") then
    finding.ok("TLS-RPT: reports go to " .. table.concat(p.rua, ", "))
  end
end)

scenario("TLSA", { refs = { "RFC 7672" } }, function()
  local list = dns.mx(domain)
  if not list or #list == 0 or #list == 1 and list[1].host == "." then
    skip("there is no MX")
  end
  local with, without = {}, {}
  for _, mx in ipairs(list) do
    if mx.host ~= "." then
      local records = dns.tlsa("_25._tcp." .. mx.host)
      table.insert(records and #records > 0 and with or without, mx.host)
    end
  end
  if #with == 0 then
    finding.ok("TLSA: no MX has a record, so nobody verifies by DANE")
  elseif not list.ad then
    local what = table.concat(with, ", ") .. " have records, and the domain's MX is not verified: they count for nothing"
    finding.warning("TLSA: " .. what,
      "RFC 7672 2.2",
      "sign the domain's zone; or ask a resolver that verifies, by --dns")
  elseif #without > 0 then
    finding.warning("TLSA: " .. table.concat(with, ", ") .. " have records, " .. table.concat(without, ", ") .. " have none",
      "RFC 7672 3.1",
      "publish records for all: mail goes to the others without DANE")
  else
    finding.ok("TLSA: every MX has records; whether they fit is a question of TLS")
  end
end)
