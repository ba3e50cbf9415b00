-- Client Hellos made by hand, to offer what no client offers (RFC 5246 7.4.1), and what the server answers.

local hello = {}

local function number(n, size)
  local bytes = ""
  for _ = 1, size do
    bytes = string.char(n % 256) .. bytes
    n = math.floor(n / 256)
  end
  return bytes
end

local function sized(bytes, size)
  return number(#bytes, size) .. bytes
end

local function value(bytes)
  local n = 0
  for i = 1, #bytes do
    n = n * 256 + bytes:byte(i)
  end
  return n
end

local function extension(kind, body)
  return number(kind, 2) .. sized(body, 2)
end

-- Extensions of TLS 1.2: curves, points, signatures, extended_master_secret (RFC 7627), renegotiation_info (RFC 5746).
local extensions = extension(10, sized("\0\29\0\23\0\24", 2)) .. extension(11, "\1\0")
  .. extension(13, sized("\4\3\5\3\8\4\8\5\4\1\5\1\6\1\2\1\2\3", 2)) .. extension(23, "") .. extension(0xff01, "\0")

hello.usual = {
  0xc02f, 0xc02b, 0xc030, 0xc02c, 0xcca8, 0xcca9, 0xc013, 0xc014, 0xc009, 0xc00a, -- ECDHE
  0x009e, 0x009f, 0x0033, 0x0039, 0x009c, 0x009d, 0x002f, 0x0035, -- DHE, and RSA
}

-- client is a Client Hello of a version (0x0303 is TLS 1.2, 0x0300 SSL 3.0) with suites, by their numbers.
function hello.client(options)
  options = options or {}
  local version = options.version or 0x0303
  local suites = ""
  for _, suite in ipairs(options.suites or hello.usual) do
    suites = suites .. number(suite, 2)
  end
  local body = number(version, 2) .. random.bytes(32) .. "\0" .. sized(suites, 2) .. sized(options.compression or "\0", 1)
  if version > 0x0300 then
    body = body .. sized(extensions, 2)
  end
  return "\22\3" .. (version > 0x0300 and "\1" or "\0") .. sized("\1" .. sized(body, 3), 2)
end

-- body reads handshake messages of a server up to one of a kind, and gives that, and what has come behind it; nil where it
-- does not come.
local function body(c, kind, came)
  local data = came
  while true do
    while #data >= 4 and #data >= 4 + value(data:sub(2, 4)) do
      local size = value(data:sub(2, 4))
      local found, message = data:byte(1), data:sub(5, 4 + size)
      data = data:sub(5 + size)
      if found == kind then
        return message, data
      elseif found == 14 then -- Server Hello Done
        return nil
      end
    end
    local header = c:read(5, 5)
    if #header < 5 or header:byte(1) ~= 22 then
      return nil
    end
    local record = c:read(value(header:sub(4, 5)), 5)
    data = data .. record
  end
end

-- server reads a Server Hello: its version, suite, compression method, extensions by number, and what came behind it. It is nil
-- where the server answers in another way, and so refuses.
function hello.server(c)
  local bytes, rest = body(c, 2, "")
  if not bytes or #bytes < 38 then
    return nil
  end
  local at = 36 + bytes:byte(35)
  local answer = {
    version = value(bytes:sub(1, 2)), suite = value(bytes:sub(at, at + 1)), compression = bytes:byte(at + 2),
    extensions = {}, rest = rest,
  }
  at = at + 5
  while at + 3 <= #bytes do
    local kind, size = value(bytes:sub(at, at + 1)), value(bytes:sub(at + 2, at + 3))
    answer.extensions[kind] = bytes:sub(at + 4, at + 3 + size)
    at = at + 4 + size
  end
  return answer
end

-- prime reads the Server Key Exchange of a DHE suite, behind a Server Hello, and gives the bits of its prime.
function hello.prime(c, answer)
  local bytes = body(c, 12, answer.rest)
  return bytes and 8 * value(bytes:sub(1, 2))
end

return hello
