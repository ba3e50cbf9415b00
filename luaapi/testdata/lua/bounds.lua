-- outcome: error
scenario("a forbidden connect stays an error", function()
  pcall(function()
    smtp.connect { host = "192.0.2.1", port = 25 } -- want: "not the target's host: --allow 192.0.2.1:25 allows it"
  end)
  assert.is_true(true)
end)
