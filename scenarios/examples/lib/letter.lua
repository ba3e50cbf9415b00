-- Messages for scenarios that need one and are not about it: letter.deliver { body = "text", params = "SIZE=100" }.
-- A failure in here is reported at the line of the scenario that called, and this line is shown besides.

local letter = {}

-- compose gives the text of a message, with a subject that no other message has.
function letter.compose(body)
  local from = target("from", "sender@example.org")
  return table.concat({
    "From: <" .. from .. ">",
    "To: <" .. target.valid_rcpt .. ">",
    "Date: " .. time.date(),
    "Subject: " .. unique("smtpspec"),
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    body,
  }, "\r\n") .. "\r\n"
end

-- deliver sends one message in a session of its own and returns the last reply.
function letter.deliver(options)
  local c = smtp.session()
  local reply = c:deliver {
    from = target("from", "sender@example.org"),
    to = target.valid_rcpt,
    params = options.params,
    message = letter.compose(options.body),
  }
  c:quit()
  return reply
end

return letter
