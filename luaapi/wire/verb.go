package wire

import "strings"

// knownVerbs are the commands that are told from credentials written ahead.
var knownVerbs = map[string]string{"EHLO": "EHLO", "HELO": "HELO", "LHLO": "LHLO", "MAIL": "MAIL", "RCPT": "RCPT", "DATA": "DATA",
	"BDAT": "BDAT", "RSET": "RSET", "NOOP": "NOOP", "QUIT": "QUIT", "VRFY": "VRFY", "EXPN": "EXPN", "HELP": "HELP",
	"STARTTLS": "STARTTLS", "AUTH": "AUTH", "*": "*"}

const longestVerb = len("STARTTLS")

// known is the command of a line, in upper case, or "" for one that is not known.
func known(line []byte) string {
	at := 0
	for at < len(line) && isBlank(line[at]) {
		at++
	}
	var word [longestVerb]byte
	n := 0
	for ; at < len(line) && !isBlank(line[at]); at++ {
		if n == len(word) {
			return ""
		}
		word[n] = upper(line[at])
		n++
	}
	return knownVerbs[string(word[:n])]
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// maxVerb is how much is kept of a first word that may be anything.
const maxVerb = 32

// Verb is the command's first word in upper case. What is no verb is cut short, and its unprintable bytes are question marks.
func Verb(line string) string {
	line = strings.TrimLeft(line, " \t")
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		line = line[:i]
	}
	word := []byte(line[:min(len(line), maxVerb)])
	for i, c := range word {
		word[i] = upper(c)
		if c <= ' ' || c >= 0x7f {
			word[i] = '?'
		}
	}
	return string(word)
}
