package report

import (
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

func passed(file string, line int, name, target string, seconds float64) *scene {
	return &scene{ScenarioFinish: event.ScenarioFinish{File: file, Line: line, Name: name, Target: target,
		Outcome: event.Passed, Seconds: seconds}}
}

func goodScenes() []*scene {
	noted := passed("scenarios/session.lua", 14, "announces what it can do", "staging", 0.021)
	noted.Notes = []string{"SIZE is 10240000"}
	noted.wire = []string{"0.001 1 <  220 mx.staging.example ESMTP\r\n", "0.001 1 >  EHLO client.example\r\n"}
	noted.logs = []string{"0.002 log capabilities: 7"}
	skip := func(file, name, reason string, policy bool) *scene {
		return &scene{ScenarioFinish: event.ScenarioFinish{File: file, Line: 3, Name: name, Outcome: event.Skipped,
			Reason: reason, Policy: policy}}
	}
	return []*scene{
		passed("scenarios/session.lua", 3, "greets with 220", "demo", 0.004),
		passed("scenarios/session.lua", 3, "greets with 220", "staging", 0.012),
		noted,
		passed("scenarios/size.lua", 5, "accepts a message of 10 MB", "staging", 2.310),
		skip("scenarios/auth.lua", "accepts PLAIN over TLS", "needs fact user", false),
		skip("scenarios/dkim.lua", "signs what it relays", "needs fact mailbox", false),
		skip("scenarios/submit.lua", "accepts PLAIN", "needs fact user", false),
		skip("scenarios/grey.lua", "accepts an unknown sender", "greylisted: 451 4.7.1 try again later", true),
	}
}

// relayed is the design's example, in three files.
func relayed(file string, line int, name, id string) *scene {
	return &scene{
		ScenarioFinish: event.ScenarioFinish{File: file, Line: line - 5, Name: name, Suite: "Relaying", Outcome: event.Failed,
			Seconds: 0.312, Refs: []string{"RFC 5321 3.6.2"}, Tags: []string{"relay", "security"}, ID: "relay." + id,
			Failures: []event.Failure{{Kind: "expectation", Level: "must", Message: "the reply is not the one wanted",
				Want: "550, 551 or 554 with 5.7.x", Got: "250 2.1.5 Ok, queued as 4F3" + id, Position: at(file, line),
				Conn: 1, Wire: 14, After: after(0.0042),
				Source: source(line-2, `  c:expect(250)`,
					`  c:send("MAIL FROM:<a@outside.example>"):expect(250)`,
					`  c:send("RCPT TO:<victim@elsewhere.example>"):expect({550, 551, 554}, "5.7.x")`)}}},
		wire: []string{
			"0.000 1 *  connected to 192.0.2.25:25",
			"0.000 1 <  220 mx.test ESMTP\r\n", "0.000 1 >  EHLO client.example\r\n", "0.002 1 <  250-mx.test\r\n",
			"0.002 1 <  250-PIPELINING\r\n", "0.002 1 <  250-SIZE 10240000\r\n", "0.002 1 <  250-ETRN\r\n",
			"0.002 1 <  250-STARTTLS\r\n", "0.002 1 <  250-8BITMIME\r\n", "0.002 1 <  250 DSN\r\n",
			"0.005 1 >  MAIL FROM:<a@outside.example>\r\n", "0.008 1 <  250 2.1.0 Ok\r\n",
			"0.008 1 >  RCPT TO:<victim@elsewhere.example>\r\n", "0.012 1 <  250 2.1.5 Ok, queued as 4F3" + id + "\r\n"},
	}
}

func relayScenes() []*scene {
	return []*scene{
		relayed("scenarios/relay.lua", 12, "refuses to relay for strangers", "A1"),
		relayed("scenarios/percent.lua", 9, "refuses the percent hack", "B2"),
		relayed("scenarios/bang.lua", 9, "refuses a bang path", "C3"),
		twoConnections(),
	}
}

func twoConnections() *scene {
	const file = "scenarios/connections.lua"
	wire := []string{"0.000 1 *  connected to 192.0.2.25:25", "0.003 1 <  220 mx.test ESMTP\r\n",
		"0.004 2 *  connected to 192.0.2.25:25", "0.007 2 <  220 mx.test ESMTP\r\n",
		"0.008 1 >  EHLO one.example\r\n", "0.009 1 <  250 mx.test\r\n",
		"0.010 2 >  EHLO two.example\r\n", "0.011 2 <  250 mx.test\r\n",
		"0.012 1 >  DATA\r\n", "0.013 1 <  354 go ahead\r\n"}
	for range 12 {
		wire = append(wire, "0.014 1 >b  "+strings.Repeat("All work and no play. ", 3)+"\r\n")
	}
	wire = append(wire, "0.015 1 >b  .\r\n", "0.020 1 <  250 2.0.0 Ok\r\n", "0.021 2 >  NOOP\r\n",
		"0.022 2 <  421-4.7.0 Too many connections\r\n", "0.022 2 <  421 4.7.0 from your address\r\n",
		"0.023 2 *  closed by the server")
	return &scene{wire: wire, omitted: 100000,
		logs: []string{"0.006 log both are open", "0.0205 note the first connection is served"},
		ScenarioFinish: event.ScenarioFinish{File: file, Line: 2, Name: "serves two connections side by side", Outcome: event.Failed,
			Seconds: 0.023, Notes: []string{"the first connection is served"},
			Failures: []event.Failure{{Kind: "expectation", Level: "must", Want: "250",
				Got: "421-4.7.0 Too many connections\n421 4.7.0 from your address", Position: at(file, 9), Conn: 2, Wire: 26,
				After: after(0.001), Steps: []string{"while the first sends", "NOOP"},
				Hint: "the server limits connections per address: raise its limit, or use --jobs 1"}}}}
}

func connectionScenes() []*scene {
	ended := func(line int, name string, f event.Failure, wire ...string) *scene {
		f.Level, f.Position, f.Conn, f.Wire = "must", at("scenarios/ends.lua", line+3), 1, len(wire)
		return &scene{wire: wire, ScenarioFinish: event.ScenarioFinish{File: "scenarios/ends.lua", Line: line, Name: name,
			Outcome: event.Failed, Seconds: 0.1, Failures: []event.Failure{f}}}
	}
	refused := func(file, name string) *scene {
		return &scene{ScenarioFinish: event.ScenarioFinish{File: file, Line: 2, Name: name, Target: "demo", Outcome: event.Error,
			Seconds: 0.001, Failures: []event.Failure{{Kind: "refused", Level: "must",
				Message: "127.0.0.1:2525 refused the connection", Position: at(file, 4), Address: "127.0.0.1:2525",
				Detail: "dial tcp 127.0.0.1:2525: connect: connection refused",
				Hint:   "is the server running?"}}}}
	}
	return []*scene{
		ended(1, "answers NOOP in time", event.Failure{Kind: "timeout", Message: "no reply came within 5 s", Want: "250",
			Got: "250-half a re", After: after(5.0)}, "0.000 1 >  NOOP\r\n", "0.100 1 <  250-half a re"),
		ended(11, "keeps the connection open", event.Failure{Kind: "close", Message: "the server closed the connection instead of replying",
			Want: "250", After: after(0.02)}, "0.000 1 >  NOOP\r\n", "0.020 1 *  closed by the server"),
		ended(21, "survives a NUL", event.Failure{Kind: "reset", Message: "the server reset the connection instead of replying",
			Want: "5xx", After: after(0.0004), Detail: "read tcp 192.0.2.25:25: connection reset by peer"},
			"0.000 1 >  NO\x00OP\r\n", "0.001 1 *  reset by the server"),
		ended(31, "speaks SMTP", event.Failure{Kind: "garbage", Message: "what the server sent is no SMTP reply", Want: "220",
			Got: "HTTP/1.1 400 Bad Request"}, "0.001 1 <  HTTP/1.1 400 Bad Request\r\n"),
		ended(41, "speaks TLS 1.2", event.Failure{Kind: "tls", Message: "the TLS handshake failed", Want: "TLS 1.2 or later",
			Got: "alert: protocol version", Detail: "remote error: tls: protocol version not supported"},
			"0.001 1 >  STARTTLS\r\n", "0.002 1 <  220 2.0.0 go ahead\r\n", "0.005 1 *  TLS handshake failed"),
		refused("scenarios/session.lua", "says goodbye"),
		refused("scenarios/size.lua", "refuses a message that is too big"),
		refused("scenarios/vrfy.lua", "does not tell who is there"),
	}
}

func scriptScenes() []*scene {
	script := func(line int, name string, f event.Failure) *scene {
		f.Position = at("scenarios/script.lua", line+2)
		return &scene{ScenarioFinish: event.ScenarioFinish{File: "scenarios/script.lua", Line: line, Name: name,
			Outcome: event.Error, Seconds: 0.002, Failures: []event.Failure{f}}}
	}
	lua := script(1, "uses a helper", event.Failure{Kind: "lua", Message: "attempt to index a nil value (local 'reply')",
		Helper: &event.Position{File: "scenarios/lib/helpers.lua", Line: 12}, Source: source(2, "\tlocal c = smtp.session()", "\thelpers.greet(c)")})
	lua.logs = []string{"0.001 step greet", "0.002 warning this helper is old"}
	endless := script(11, "loops", event.Failure{Kind: "scenario-timeout", Message: "the scenario was stopped at its timeout of 60 s"})
	endless.Seconds = 60
	issue := script(31, "was broken once", event.Failure{Kind: "known-issue", Level: "must", Message: "passed, though it is known to fail",
		Hint: "fixed? remove known_issue"})
	issue.Outcome, issue.KnownIssue = event.Failed, "bug 1234"
	same := script(51, "compares", event.Failure{Kind: "assertion", Level: "must", Message: "the header is not kept",
		Want: "{\n  subject = \"hello \",\n  to = \"a@example.org\"\n}", Got: "{\n  subject = \"hello\",\n  to = \"a@example.org\"\n}"})
	same.Outcome = event.Failed
	known := script(61, "accepts UTF-8 addresses", event.Failure{Kind: "expectation", Want: "250", Got: "553 5.6.7 no"})
	known.Outcome, known.KnownIssue = event.Known, "SMTPUTF8 comes with 3.0"
	return []*scene{lua, endless, issue, same, known,
		script(21, "requires nothing", event.Failure{Kind: "no-expectation", Message: "the scenario required nothing, so it tested nothing",
			Hint: "add an expect or an assert"}),
		script(41, "breaks us", event.Failure{Kind: "internal", Message: "a bug in smtpspec: index out of range [3] with length 3"})}
}

func softScenes() []*scene {
	const file = "scenarios/soft.lua"
	soft := &scene{
		wire: []string{"0.001 1 <  220 mx.test ESMTP\r\n", "0.002 1 >  HELP\r\n", "0.003 1 <  502 5.5.1 no\r\n",
			"0.004 1 >  VRFY postmaster\r\n", "0.005 1 <  502 5.5.1 no\r\n", "0.006 1 >  QUIT\r\n", "0.007 1 <  250 bye\r\n"},
		ScenarioFinish: event.ScenarioFinish{File: file, Line: 3, Name: "knows the small commands", Outcome: event.Failed,
			Seconds: 0.008, Refs: []string{"RFC 5321 4.1.1", "RFC 5321 4.5.1"},
			Failures: []event.Failure{
				{Kind: "expectation", Level: "must", Want: "252 or 550", Got: "502 5.5.1 no", Position: at(file, 9), Conn: 1, Wire: 5,
					Steps: []string{"VRFY"}, After: after(0.001)},
				{Kind: "expectation", Level: "must", Want: "221", Got: "250 bye", Position: at(file, 12), Conn: 1, Wire: 7,
					Steps: []string{"QUIT"}, After: after(0.001)}},
			Warnings: []event.Failure{{Kind: "expectation", Level: "should", Want: "211 or 214", Got: "502 5.5.1 no",
				Position: at(file, 6), Conn: 1, Wire: 3, Steps: []string{"HELP"}, After: after(0.001)}}}}
	warned := &scene{
		wire: []string{"0.001 1 >  QUIT\r\n", "0.002 1 <  221 bye\r\n", "0.003 1 <  221 bye again\r\n"},
		ScenarioFinish: event.ScenarioFinish{File: "scenarios/quit.lua", Line: 2, Name: "says goodbye once", Outcome: event.Warned, Seconds: 0.003,
			Warnings: []event.Failure{{Kind: "unread", Level: "must", Message: "the server sent 15 bytes that nothing read",
				Got: "221 bye again\r\n", Position: at("scenarios/quit.lua", 2), Conn: 1, Wire: 3}}}}
	return []*scene{soft, warned}
}

// hostile is what a server could say to do harm to a terminal, a log or a parser of XML.
const hostile = "\x1b]0;owned\a \x1b[2J \x00 \u202eevil\u202c \u200b ]]> <b>&amp; \u00e4 \\r"

func hostileScenes() []*scene {
	const file = "scenarios/hostile.lua"
	return []*scene{{
		wire: []string{
			"0.001 1 <  220 " + hostile + "\n",
			"0.002 1 >  EHLO <\"a\\\"b\"@example.org>\r\n",
			"0.003 1 <  250 caf\xe9 \xff\xfe\r\n",
			"0.004 1 <  250 bare \r inside \r\n",
			"0.005 1 >  " + strings.Repeat("A", 600) + "\r\n",
			"0.006 1 <  \r\n",
			"0.007 1 <  500"},
		logs: []string{"0.0025 log got \x1b[31mred\x1b[0m"},
		ScenarioFinish: event.ScenarioFinish{File: file, Line: 1, Name: "copes with ]]> and \x1b[31mred", Outcome: event.Failed, Seconds: 0.01,
			Tags: []string{"a\x07b"}, Notes: []string{"\u202enote"},
			Failures: []event.Failure{{Kind: "expectation", Level: "must", Want: "250", Got: "220 " + hostile + "\n",
				Position: at(file, 4), Conn: 1, Wire: 1, Source: source(3, "", "c:expect(\"a\\r\\n\") -- \u202e")}}}}}
}

func retryScenes() []*scene {
	try := func(name string, line, attempt int, final bool, outcome event.Outcome) *scene {
		s := &scene{ScenarioFinish: event.ScenarioFinish{File: "scenarios/retry.lua", Line: line, Name: name, Attempt: attempt,
			Final: final, Outcome: outcome, Seconds: 0.5, Refs: []string{"RFC 5321 4.5.4.1"}}}
		if outcome != event.Passed {
			s.Failures = []event.Failure{{Kind: "expectation", Level: "must", Want: "250", Got: "451 4.3.0 try again",
				Position: at("scenarios/retry.lua", line+4), Conn: 1, Wire: 2}}
			s.wire = []string{"0.001 1 >  MAIL FROM:<>\r\n", "0.002 1 <  451 4.3.0 try again\r\n"}
		}
		return s
	}
	flaky := try("accepts the null sender", 1, 2, true, event.Passed)
	flaky.Flaky = true
	return []*scene{
		try("accepts the null sender", 1, 1, false, event.Failed), flaky,
		try("accepts it every time", 21, 1, false, event.Failed), try("accepts it every time", 21, 2, true, event.Failed),
	}
}

func interruptedScene() *scene {
	return &scene{ScenarioFinish: event.ScenarioFinish{File: "scenarios/slow.lua", Line: 3, Name: "waits for a bounce", Outcome: event.Error,
		Seconds:  1.5,
		Failures: []event.Failure{{Kind: "interrupted", Message: "interrupted", Position: at("scenarios/slow.lua", 9)}}}}
}
