-- A hundred conversations at once: every one is open before any of them goes on.

suite { name = "Many at once" }

for i = 1, 100 do
  scenario("delivery " .. i, function()
    local c = smtp.session()
    sleep(1)
    c:deliver { from = "", to = target.valid_rcpt2, message = "Subject: " .. vars.marker .. "-many-" .. i .. "-\n\nHello.\n" }
    c:quit()
  end)
end
