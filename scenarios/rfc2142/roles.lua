-- RFC 2142: mailboxes that every domain has.

local to = require "to"

suite { name = "RFC 2142: roles", tags = { "core" }, refs = { "RFC 2142 2" } }

scenario("abuse and postmaster take mail", {
  id = "ops-abuse-mailbox", level = "ops", requires = { "local_domain" },
}, function()
  to.smtp()
  for _, role in ipairs { "abuse", "postmaster" } do
    check(role, function()
      to.mail():send(("RCPT TO:<%s@%s>"):format(role, target.local_domain)):expect { 250, 251 }
    end)
  end
end)
