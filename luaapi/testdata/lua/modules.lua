-- outcome: passed
scenario("codec", function()
  assert.equal("AP9h", codec.base64.encode("\0\255a"))
  assert.equal("\0\255a", codec.base64.decode("AP9h"))
  assert.equal("foobar", codec.base64.decode("Zm9v\r\nYmFy"))
  assert.equal("00ff61", codec.hex.encode("\0\255a"))
  assert.equal("\0\255a", codec.hex.decode("00 FF 61"))
  assert.equal("a=3Db=FF", codec.quoted_printable.encode("a=b\255"))
  assert.equal("a=b\255", codec.quoted_printable.decode("a=3Db= \r\n=FF=\n="))
  assert.equal("a%20b%2F~", codec.percent.encode("a b/~"))
  assert.equal("a b/~", codec.percent.decode("a%20b%2f~"))
  assert.equal("a+2Bb+3D+20+FF", codec.xtext.encode("a+b= \255"))
  assert.equal("a+b= \255", codec.xtext.decode("a+2Bb+3D+20+FF"))
  assert.equal("", codec.base64.encode(""))
  assert.equal("codec", tostring(codec))
  assert.equal("codec.hex", tostring(codec.hex))
end)
-----
-- outcome: error
scenario("base64", function()
  codec.base64.decode("a?") -- want: "^lua\ncodec.base64.decode: \"a\?\" is no base64\n"
end)
-----
-- outcome: error
scenario("hex", function()
  codec.hex.decode("0g") -- want: "^lua\ncodec.hex.decode: \"0g\" is no hexadecimal text\n"
end)
-----
-- outcome: error
scenario("quoted-printable", function()
  codec.quoted_printable.decode("a\255=zz") -- want: "^lua\ncodec.quoted_printable.decode: \"=zz\" is no escape\n"
end)
-----
-- outcome: error
scenario("percent", function()
  codec.percent.decode("100%") -- want: "^lua\ncodec.percent.decode: \"100%\" ends in the middle of an escape\n"
end)
-----
-- outcome: error
scenario("xtext", function()
  codec.xtext.decode("+zz") -- want: "^lua\ncodec.xtext.decode: \"\+zz\" is no escape\n"
end)
-----
-- outcome: error
scenario("codec of a number", function()
  codec.hex.encode(1) -- want: "codec.hex.encode: argument bytes: string expected, got number 1"
end)
-----
-- outcome: error
scenario("no such codec", function()
  codec.bas64.encode("x") -- want: "codec has no \"bas64\" .did you mean \"base64\"\?"
end)
-----
-- outcome: error
scenario("no such function of a codec", function()
  codec.base64.encoed("x") -- want: "codec.base64 has no \"encoed\" .did you mean \"encode\"\?"
end)
-----
-- outcome: passed
scenario("hash", function()
  local hex = codec.hex.encode
  assert.equal("900150983cd24fb0d6963f7d28e17f72", hex(hash.md5("abc")))
  assert.equal("a9993e364706816aba3e25717850c26c9cd0d89d", hex(hash.sha1("abc")))
  assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hex(hash.sha256("abc")))
  assert.match("^ddaf35a193617abacc417349ae204131", hex(hash.sha512("abc")))
  -- RFC 2104, RFC 4231 test case 2
  assert.equal("750c783e6ab0b503eaa86e310a5db738", hex(hash.hmac("md5", "Jefe", "what do ya want for nothing?")))
  assert.match("^5bdcc146bf60754e6a042426089575c7", hex(hash.hmac("SHA-256", "Jefe", "what do ya want for nothing?")))
  -- RFC 6070
  assert.equal("4b007901b765489abead49d926f721d065a429c1", hex(hash.pbkdf2("sha1", "password", "salt", 4096)))
  assert.equal("56fa6aa75548099dcc37d7f03425e0c3", hex(hash.pbkdf2("sha1", "pass\0word", "sa\0lt", 4096, 16)))
  assert.equal("\3\0\255", hash.xor("\1\0\0", "\2\0\255"))
end)
-----
-- outcome: error
scenario("no such hash", function()
  hash.hmac("sha255", "k", "x") -- want: "hash.hmac: unknown hash \"sha255\" .did you mean \"sha256\"\?.; there are md5, sha1, sha256, sha512"
end)
-----
-- outcome: error
scenario("too many iterations", function()
  hash.pbkdf2("sha512", "p", "s", 1e7, 1024) -- want: "hash.pbkdf2: iterations"
end)
-----
-- outcome: error
scenario("no iterations", function()
  hash.pbkdf2("sha512", "p", "s", 0) -- want: "hash.pbkdf2: iterations from 1"
end)
-----
-- outcome: error
scenario("xor", function()
  hash.xor("a", "bc") -- want: "hash.xor: texts of the same length expected, got 1 and 2 bytes"
end)
-----
-- outcome: passed
scenario("random", function()
  assert.equal(8, #random.string(8))
  assert.match("^[a-z0-9]+$", random.string(100))
  assert.match("^[ab]+$", random.string(100, "ab"))
  assert.equal("", random.string(0))
  assert.equal(300, #random.bytes(300))
  for _ = 1, 50 do
    local n = random.integer(-2, 2)
    assert.is_true(n >= -2 and n <= 2 and n == math.floor(n))
  end
  assert.equal(5, random.integer(5, 5))
  assert.is_true(random.integer(-2 ^ 53, 2 ^ 53) <= 2 ^ 53)
  assert.match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$", random.uuid())
  assert.is_true(random.uuid() ~= random.uuid())
  assert.is_true(math.random() < 1)
  assert.is_true(math.random(6) <= 6)
  assert.is_true(math.random(3, 4) >= 3)
  assert.is_nil(math.randomseed(1))
end)
-----
-- outcome: error
scenario("random.integer", function()
  random.integer(2, 1) -- want: "random.integer: low is above high: 2 and 1"
end)
-----
-- outcome: error
scenario("random.integer of a fraction", function()
  random.integer(1.5, 2) -- want: "random.integer: argument low: whole number expected, got number 1.5"
end)
-----
-- outcome: error
scenario("random.string", function()
  random.string(-1) -- want: "random.string: a length from 0 to \d+ expected, got -1"
end)
-----
-- outcome: error
scenario("random.string of nothing", function()
  random.string(1, "") -- want: "random.string: the alphabet is empty"
end)
-----
-- outcome: error
scenario("math.random", function()
  math.random(0) -- want: "interval is empty"
end)
-----
-- outcome: error
scenario("math.random far", function()
  math.random(-2 ^ 63, 2 ^ 63) -- want: "interval is"
end)
-----
-- outcome: passed
scenario("time", function()
  assert.greater(time.now(), 1700000000)
  local t = time.monotonic()
  assert.is_true(time.monotonic() >= t)
  assert.match("^%a%a%a, %d%d %a%a%a %d%d%d%d %d%d:%d%d:%d%d [+-]%d%d%d%d$", time.date())
  assert.match(", 0?[12] Jan 1970 ", time.date(86400))
end)
-----
-- outcome: error
scenario("time.date", function()
  time.date(0 / 0) -- want: "time.date: "
end)
-----
-- outcome: passed
scenario("unique", function()
  local a, b = unique(), unique()
  assert.is_true(a ~= b)
  assert.match("^probe", unique("probe"))
  assert.match("^[%w-]+$", a)
end)
-----
-- outcome: error
scenario("unique of a number", function()
  unique(5) -- want: "unique: argument prefix: string expected, got number 5"
end)
-----
-- outcome: error
scenario("sleep of a word", function()
  sleep("long") -- want: "sleep: argument seconds: \"long\" is not a duration: write seconds, or text such as \"250ms\", \"30s\" or \"2m\""
end)
-----
-- outcome: passed
scenario("durations", function()
  sleep(0)
  sleep("1ms")
  sleep(0.001)
  assert(true)
end)
