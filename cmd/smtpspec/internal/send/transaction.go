package send

import (
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// transaction is MAIL to the reply to the message, and QUIT.
func (w *planner) transaction() {
	if w.PRDR {
		w.add(Mail, ExitPRDR, `assert.is_true(c:supports("PRDR"), "the server does not offer PRDR")`)
	}
	if w.Pipelining {
		w.pipelined()
	} else {
		w.inTurn()
	}
	w.body()
	w.add(Bye, ExitQuit, "c:quit()")
}

// inTurn sends each command when the one before is answered.
func (w *planner) inTurn() {
	w.add(Mail, ExitMail, "c:mail(%s%s)", script.Quote(w.From), params(w.mailParams()))
	if len(w.To) == 1 {
		w.add(Rcpt, ExitRcpt, "c:rcpt(%s%s)", script.Quote(w.To[0]), params(w.RcptParams))
	} else {
		w.recipients()
	}
	w.message()
	w.add(Data, ExitData, `c:send("DATA"):expect(354)`)
}

// pipelined sends all up to DATA in one write. Where DATA is accepted and no recipient was, the message is empty (RFC 2920 3.1).
func (w *planner) pipelined() {
	w.message()
	lines := []string{script.Quote(w.mailLine())}
	for _, to := range w.To {
		lines = append(lines, script.Quote(w.rcptLine(to)))
	}
	w.add(Mail, ExitMail, `local replies = c:pipeline { %s, "DATA" }
local accepted = 0
for i = 2, #replies - 1 do
  if replies[i].code < 300 then accepted = accepted + 1 end
end
if accepted == 0 and replies[#replies].code == 354 then c:send("."):reply() end
assert.is_true(replies[1].code < 300, "MAIL was refused")`, strings.Join(lines, ", "))
	w.add(Rcpt, ExitRcpt, `assert.is_true(accepted > 0, "every recipient was refused")`)
	w.add(Data, ExitData, `assert.equal(354, replies[#replies].code, "DATA was refused")`)
}

func (w *planner) mailParams() string {
	if w.PRDR {
		return strings.TrimLeft(w.MailParams+" PRDR", " ")
	}
	return w.MailParams
}

func (w *planner) mailLine() string {
	return strings.TrimRight("MAIL FROM:<"+w.From+"> "+w.mailParams(), " ")
}

func (w *planner) rcptLine(to string) string {
	return strings.TrimRight("RCPT TO:<"+to+"> "+w.RcptParams, " ")
}

// body is the message and the replies to it.
func (w *planner) body() {
	switch {
	case w.LMTP && (len(w.To) > 1 || w.Pipelining):
		w.add(Dot, ExitDot, lmtpReplies)
	case w.PRDR:
		count := "accepted"
		if len(w.To) == 1 && !w.Pipelining {
			count = "1"
		}
		w.add(Dot, ExitDot, prdrReplies, count)
	default:
		w.add(Dot, ExitDot, `c:send_data(message):expect("2xx")`)
	}
}

const lmtpReplies = `c:send_data(message)
local delivered = 0
for _ = 1, accepted do
  if c:expect({ "2xx", "4xx", "5xx" }).code < 300 then delivered = delivered + 1 end
end
assert.is_true(delivered > 0, "the message was refused for every recipient")`

const prdrReplies = `if c:send_data(message):expect({ 353, "2xx" }).code == 353 then
  for _ = 1, %s do c:expect { "2xx", "4xx", "5xx" } end
  c:expect("2xx")
end`

// recipients goes on as long as one is accepted.
func (w *planner) recipients() {
	quoted := make([]string, len(w.To))
	for i, to := range w.To {
		quoted[i] = script.Quote(to)
	}
	tail := ""
	if w.RcptParams != "" {
		tail = " .. " + script.Quote(" "+w.RcptParams)
	}
	w.add(Rcpt, ExitRcpt, `local accepted = 0
for _, to in ipairs { %s } do
  local reply = c:send("RCPT TO:<" .. to .. ">"%s):expect { "2xx", "4xx", "5xx" }
  if reply.code < 300 then accepted = accepted + 1 end
end
assert.is_true(accepted > 0, "every recipient was refused")`, strings.Join(quoted, ", "), tail)
}
