-- outcome: passed
-- allow: exec
-- a program whose standard input and output are the connection
scenario("a list", function()
  local c = smtp.connect { program = { "/bin/sh", "-c", [[printf '220 it'"'"'s me\r\n'; read a; printf '221 %s\r\n' "$a"]] } }
  c:expect(220, nil, "it's me")
  c:send("QUIT"):expect(221, nil, "QUIT")
  c:expect_close()
  assert.equal("", c.local_address)
end)

scenario("a command for the shell, in the file's directory", function()
  local c = smtp.connect { program = "printf '%s\\r\\n' \"$(cat greeting)\"" }
  c:expect(220, nil, "from a file")
  c:expect_close()
end)

scenario("a session, and half a close", function()
  local c = smtp.session { program = [[printf '220 hi\r\n'; read a; printf '250 hi\r\n'; cat >/dev/null; printf '421 the end\r\n']] }
  c:close_write()
  c:expect(421, nil, "the end")
end)

scenario("what it complains of, and how it ends, stands in the transcript", function()
  local c = smtp.connect { program = "echo oh dear >&2; printf half >&2; exit 3" }
  c:expect("close")
  c:close()
  assert.match("stderr: oh dear", c.transcript)
  assert.match("stderr: half", c.transcript)
  assert.match("the program ended with exit status 3", c.transcript)
end)

scenario("one that does not end is killed", function()
  local c = smtp.connect { program = "trap '' TERM HUP; printf '220 hi\\r\\n'; while :; do sleep 1; done" }
  c:expect(220)
  c:close()
  assert.match("had not ended", c.transcript)
  assert.match("ended with signal: killed", c.transcript)
end)

scenario("TLS does not come about with one that leaves", function()
  local c = smtp.connect { program = "true" }
  c:handshake { expect = "refused" }
end)

scenario("the password is masked where it complains", function()
  local c = smtp.connect { program = "echo the password is " .. target.password .. " >&2" }
  c:expect("close")
  c:close()
  assert.is_nil(c.transcript:find(target.password, 1, true))
end)
-- file: greeting
220 from a file
-----
-- outcome: error
-- allow: elsewhere
scenario("not without leave, which is no error to catch", function()
  smtp.connect { program = { "/usr/sbin/sendmail", "-bs" }, optional = true } -- want: "may not start a program .exec /usr/sbin/sendmail -bs." "--allow-exec"
end)
-----
-- outcome: passed
-- allow: exec
scenario("what makes no sense beside a program", function()
  for name, value in pairs { host = "127.0.0.1", port = 25, unix = "/x", socks = "socks5://127.0.0.1", source = "127.0.0.1", family = 4, mx = "example.org" } do
    local ok, message = pcall(smtp.connect, { program = "true", [name] = value })
    assert.is_false(ok)
    assert.match("options program and " .. name .. ": a program has no address", tostring(message))
  end
  for _, program in ipairs { "", " ", {} } do
    local ok, message = pcall(smtp.connect, { program = program })
    assert.is_false(ok)
    assert.match("option program: a command expected", tostring(message))
  end
end)
