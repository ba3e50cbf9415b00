package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What the conversation of docs/from-swaks.md is on the command lines of swaks and send, and what the server does.

// filled puts what is known only now in the place of what an example says.
func (b *swaksBench) filled(text, port, local string) string {
	return strings.NewReplacer("2525", port, "40125", local, "/run/server.sock", filepath.Join(b.dir, "server.sock")).Replace(text)
}

// swaksArgs are the arguments of swaks: those of the row, and of the conversation what the row does not have.
func (b *swaksBench) swaksArgs(example string) func(port, local string) ([]string, string) {
	return func(port, local string) ([]string, string) {
		words := argWords(b.filled(example, port, local))
		args := []string{"swaks"}
		has := func(names string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(strings.Fields(names), w) })
		}
		if !has("--server -s --socket --pipe --copy-routing") && !strings.Contains(example, ".test --port") {
			args = append(args, "--server", "127.0.0.1")
		}
		if !has("--port -p --socket --pipe") && !strings.Contains(example, "localhost:") {
			args = append(args, "--port", port)
		}
		if !has("--from -f") {
			args = append(args, "--from", "a@example.org")
		}
		if !has("--to -t") {
			args = append(args, "--to", "user@demo.test")
		}
		if !has("--ehlo --helo --lhlo -h") {
			args = append(args, "--ehlo", "client.example")
		}
		switch {
		case !builds(example) && !has("--data -d -g"):
			args = append(args, "--data", "@message.eml")
		case builds(example):
			if !strings.Contains(example, "Subject") {
				args = append(args, "--header", "Subject: hello")
			}
			if !has("--body --attach-body") {
				args = append(args, "--body", "@body.txt")
			}
		}
		if !has("--timeout") {
			args = append(args, "--timeout", "10s")
		}
		return append(args, words...), ""
	}
}

// builds tells whether an example has swaks build a message.
func builds(example string) bool {
	return regexp.MustCompile(`--(body|attach|header|add-header)\b|--h-`).MatchString(example)
}

// sendArgs are the flags of send, likewise.
func (b *swaksBench) sendArgs(row swaksRow, example string) func(port, local string) ([]string, string) {
	return func(port, local string) ([]string, string) {
		words := argWords(b.filled(example, port, local))
		args := []string{"smtpspec", "send", "--dns", b.dns}
		add := func(flag string, more ...string) {
			if !slices.Contains(words, flag) {
				args = append(args, more...)
			}
		}
		if !slices.Contains(words, "--pipe") && !slices.Contains(words, "--mx") && !strings.Contains(example, ".test --port") {
			add("--server", "--server", "127.0.0.1")
			if !strings.Contains(example, ":"+port) && !strings.Contains(example, "unix:") && !strings.Contains(example, "localhost:") {
				add("--port", "--port", port)
			}
		}
		add("--from", "--from", "a@example.org")
		add("--to", "--to", "user@demo.test")
		add("--ehlo", "--ehlo", "client.example")
		if builds(row.swaks) {
			add("--subject", "--subject", "hello")
			add("--body", "--body", "body.txt")
		} else {
			add("--data", "--data", "message.eml")
		}
		add("--reply-timeout", "--reply-timeout", "10s")
		return append(args, words...), ""
	}
}

var argWord = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^'" ])+`)

// argWords splits as a shell does that knows quotes alone.
func argWords(text string) (words []string) {
	for _, w := range argWord.FindAllString(text, -1) {
		if len(w) > 1 && (w[0] == '\'' || w[0] == '"') {
			w = w[1 : len(w)-1]
		}
		words = append(words, w)
	}
	return words
}

// behaviourOf is what the server of a row does.
func behaviourOf(row swaksRow) (behaviour, error) {
	b := behaviour{}
	if row.server != "" {
		var ok bool
		if b, ok = swaksServers()[row.server]; !ok {
			return b, fmt.Errorf("no server is known that %q", row.server)
		}
	}
	has := func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(row.swaks) }
	b.implicit = b.implicit || has(`-tlsc|--tls-on-connect|SSMTP|SMTPS\b`) && !has(`ESMTPS|LMTPS`)
	b.proxy = b.proxy || has(`--proxy`)
	b.lmtp = b.lmtp || has(`LMTP`)
	if m := regexp.MustCompile(`--(?:das|drop-after-send) (\S+)`).FindStringSubmatch(row.swaks); m != nil {
		b.hold = map[string]string{"mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "dot": "dot", "first-helo": "EHLO", "helo": "EHLO", "tls": "STARTTLS"}[m[1]]
	}
	return b, nil
}

// swaksServers are the servers at which swaks goes wrong, as the page describes them.
func swaksServers() map[string]behaviour {
	other := map[string]string{"RCPT user2": "550 no"}
	return map[string]behaviour{
		"offers nothing":                                  {hello: []string{"HELP"}},
		"takes everything":                                {},
		"says 550 to `user2`":                             {say: other},
		"refuses every login":                             {say: map[string]string{"AUTH": "535 no"}},
		"says 251 to RCPT":                                {say: map[string]string{"RCPT": "251 elsewhere"}},
		"says a bare `250` to MAIL":                       {say: map[string]string{"MAIL": "250"}},
		"says 550 to RCPT and 354 to DATA":                {say: map[string]string{"RCPT": "550 no"}},
		"writes `starttls` in small letters":              {hello: []string{"starttls"}},
		"has a certificate for another name":              {}, // it is for localhost, and swaks connects to 127.0.0.1
		"is the second of two exchangers":                 {},
		"takes the message for the first recipient alone": {each: []string{"250 taken", "550 no"}},
		"sends a reply in clear behind that to STARTTLS":  {inject: "250-mx.example.org\r\n250 STARTTLS\r\n"},
	}
}
