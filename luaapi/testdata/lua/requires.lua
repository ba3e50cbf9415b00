-- outcome: passed
scenario("a fact", { requires = { "user" } }, function() assert(true) end)
scenario("a fact with a value of its own", { requires = { "ehlo" } }, function() assert(true) end)
scenario("a keyword", { requires = { "PIPELINING" } }, function() assert(true) end)
scenario("a keyword with a parameter", { requires = { "AUTH PLAIN" } }, function() assert(true) end)
scenario("a keyword in clear", { requires = { "STARTTLS", "clear:STARTTLS" } }, function() assert(true) end)
scenario("a keyword in TLS", { requires = { "tls:AUTH", "!tls:STARTTLS" } }, function() assert(true) end)
scenario("absent", { requires = { "!NOSUCH", "!mailbox" } }, function() assert(true) end)
-----
-- outcome: skipped
-- reason: "^needs the fact mailbox$"
scenario("a fact", { requires = { "mailbox" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^needs the fact usr .did you mean \"user\"\?.$"
scenario("a typo", { requires = { "usr" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^the server does not offer NOSUCH$"
scenario("a keyword", { requires = { "NOSUCH" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^the server does not offer AUTH GSSAPI$"
scenario("a parameter", { requires = { "AUTH GSSAPI" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^the server does not offer STARTTLS in TLS$"
scenario("a state", { requires = { "tls:STARTTLS" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^needs a server without PIPELINING$"
scenario("absence", { requires = { "!PIPELINING" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^needs a target without the fact user$"
scenario("absence of a fact", { requires = { "!user" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^needs the fact mailbox$"
-- A suite's list and a scenario's add up.
suite { requires = { "mailbox" } }
scenario("x", { requires = { "user" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^needs the fact mailbox$"
suite { requires = { "mailbox" } }
smtp.connect():expect(999)
-----
-- outcome: skipped
-- reason: "^want 220 to the connect, got 554 not for you$"
-- server: S 554 not for you
-- A server that is busy, or does not want us, answers as it should.
scenario("nobody is let in", { requires = { "SIZE" } }, function() fail("x") end)
-----
-- outcome: skipped
-- reason: "^want 250 to EHLO .*, got 550 no literals$"
-- server: S 220 hi
-- server: C
-- server: S 550 no literals
scenario("EHLO is refused", { requires = { "SIZE" } }, function() fail("x") end)
