package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// swaksExit is how swaks and send end with a server that refuses something.
type swaksExit struct {
	what        string
	server      behaviour
	swaks, send string // arguments
	codes       [2]int
}

func swaksExits() []swaksExit {
	say := func(pairs ...string) behaviour {
		b := behaviour{say: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			b.say[pairs[i]] = pairs[i+1]
		}
		return b
	}
	nothing := behaviour{hello: []string{"HELP"}}
	login := [2]string{"--auth PLAIN --auth-user user --auth-password secret", "--auth PLAIN --auth-user user --auth-password-env SMTP_PASSWORD"}
	return []swaksExit{
		{"takes everything", behaviour{}, "", "", [2]int{0, 0}},
		{"a flag that there is not", behaviour{}, "--nonsense", "--nonsense", [2]int{1, 1}},
		{"nobody listens", behaviour{}, "--port 1", "--port 1", [2]int{2, 2}},
		{"the greeting is 554", say("banner", "554 no"), "", "", [2]int{21, 21}},
		{"closes in place of a greeting", say("banner", "close"), "", "", [2]int{6, 6}},
		{"EHLO and HELO are refused", say("EHLO", "550 no", "HELO", "550 no"), "", "", [2]int{22, 22}},
		{"EHLO is refused, HELO is not", say("EHLO", "502 what"), "", "", [2]int{0, 22}},
		{"STARTTLS is refused", say("STARTTLS", "454 no"), "-tls", "--tls starttls", [2]int{29, 29}},
		{"STARTTLS is not offered", nothing, "-tls", "--tls starttls", [2]int{29, 29}},
		{"TLS from the start is not spoken", behaviour{say: map[string]string{"banner": "554 no"}}, "-tlsc", "--tls implicit", [2]int{29, 29}},
		{"EHLO in TLS is refused", say("EHLO again", "550 no", "HELO", "550 no"), "-tls", "--tls starttls", [2]int{32, 32}},
		{"XCLIENT is refused", say("XCLIENT", "550 no"), "--xclient-addr 192.0.2.1", "--xclient ADDR=192.0.2.1", [2]int{33, 33}},
		{"EHLO after XCLIENT is refused", say("EHLO again", "550 no", "HELO", "550 no"), "--xclient-addr 192.0.2.1", "--xclient ADDR=192.0.2.1", [2]int{34, 34}},
		{"XCLIENT is not offered", nothing, "--xclient-addr 192.0.2.1", "--xclient ADDR=192.0.2.1", [2]int{33, 33}},
		{"AUTH is refused", say("AUTH", "535 no"), login[0], login[1], [2]int{28, 28}},
		{"AUTH is not offered", nothing, login[0], login[1], [2]int{28, 28}},
		{"MAIL is refused", say("MAIL", "550 no"), "", "", [2]int{23, 23}},
		{"MAIL is refused, and the connection closed", say("MAIL", "421 no\r\nclose"), "", "", [2]int{23, 23}},
		{"closes in place of a reply to MAIL", say("MAIL", "close"), "", "", [2]int{6, 6}},
		{"says nothing to MAIL", behaviour{hold: "MAIL"}, "--timeout 1s", "--reply-timeout 1s", [2]int{23, 23}},
		{"PRDR is not offered", nothing, "--prdr", "--prdr", [2]int{30, 30}},
		{"every RCPT is refused", say("RCPT", "550 no"), "--to a@demo.test,b@demo.test", "--to a@demo.test,b@demo.test", [2]int{24, 24}},
		{"one RCPT of two is refused", say("RCPT user2", "550 no"), "--to user@demo.test,user2@demo.test", "--to user@demo.test,user2@demo.test", [2]int{0, 37}},
		{"DATA is refused", say("DATA", "451 no"), "", "", [2]int{25, 25}},
		{"DATA is refused to a client that pipelines", say("DATA", "451 no"), "--pipeline", "--pipelining", [2]int{25, 25}},
		{"MAIL is refused to a client that pipelines", say("MAIL", "550 no", "RCPT", "503 no", "DATA", "503 no"), "--pipeline", "--pipelining", [2]int{23, 23}},
		{"the message is refused", say("dot", "554 no"), "", "", [2]int{26, 26}},
		{"the message is refused for all", behaviour{lmtp: true, each: []string{"550 no", "550 no"}}, "--protocol LMTP --to a@demo.test,b@demo.test", "--lmtp --to a@demo.test,b@demo.test", [2]int{26, 26}},
		{"QUIT is answered by 500", say("QUIT", "500 what"), "", "", [2]int{0, 27}},
	}
}

// The exit codes of send are those of swaks, whichever phase fails, or docs/sending.md says how they differ.
func TestSwaksExitCodes(t *testing.T) {
	requireSwaks(t)
	b := newSwaksBench(t, readPage(t, "docs/from-swaks.md"))
	codes := exitCodeRows(t, b.sending)
	for _, c := range swaksExits() {
		t.Run(c.what, func(t *testing.T) {
			b.t = t
			swaks := b.against(c.server, b.swaksArgs(c.swaks))
			send := b.against(c.server, b.sendArgs(swaksRow{}, c.send))
			if swaks.code != c.codes[0] || send.code != c.codes[1] {
				t.Errorf("swaks %d, send %d; want %v\n%s\n%s", swaks.code, send.code, c.codes, swaks.out, send.out)
			}
			row, ok := codes[fmt.Sprint(send.code)]
			if !ok {
				t.Errorf("docs/sending.md does not have the exit code %d", send.code)
			}
			if c.codes[0] != c.codes[1] && !strings.Contains(row, fmt.Sprintf("swaks says %d", c.codes[0])) {
				t.Errorf("docs/sending.md does not tell that swaks says %d: %q", c.codes[0], row)
			}
		})
	}
}

var codeRow = regexp.MustCompile(`(?m)^\| (\d+) \| (.*) \|$`)

// exitCodeRows are the exit codes of docs/sending.md.
func exitCodeRows(t *testing.T, page string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, m := range codeRow.FindAllStringSubmatch(page, -1) {
		rows[m[1]] = m[2]
	}
	return rows
}
