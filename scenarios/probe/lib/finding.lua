-- What a probe finds: something is right, unwise or wrong, each in a sentence, with where the requirement stands and what to do.
--
-- smtpspec probe shows findings by question; smtpspec run shows the same as notes, warnings and failures. The form of the text is
--
--   what was found [RFC 5321 4.2] To do: what to do about it

local finding = {}

local function text(what, reference, todo)
  if reference then
    what = what .. " [" .. reference .. "]"
  end
  if todo then
    what = what .. " To do: " .. todo
  end
  return what
end

-- ok is for what is as it should be, or what one may want to know.
function finding.ok(what, reference)
  assert(what)
  note(text(what, reference))
end

-- warning is for what works, and could be better.
function finding.warning(what, reference, todo)
  assert(what)
  warn(text(what, reference, todo))
end

-- problem is for what keeps mail from coming or going, or is dangerous. The scenario goes on.
function finding.problem(what, reference, todo)
  check("problem", function()
    fail(text(what, reference, todo))
  end)
end

-- judge tells what a policy of dns says of itself, and whether it is valid.
function finding.judge(name, policy, reference)
  for _, sentence in ipairs(policy.problems) do
    finding.problem(name .. ": " .. sentence, reference, "correct the record in DNS")
  end
  for _, sentence in ipairs(policy.warnings) do
    finding.warning(name .. ": " .. sentence, reference, "see whether the record is meant to be so")
  end
  return policy.valid
end

return finding
