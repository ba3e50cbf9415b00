package talk

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/meaning"
	"github.com/smtpspec/smtpspec/luaapi/sasl"
)

// parameters are what may follow an address of MAIL and RCPT when a keyword is offered.
var parameters = map[string]map[string][]string{
	"MAIL": {
		"SIZE": {"SIZE="}, "8BITMIME": {"BODY=8BITMIME", "BODY=7BIT"}, "BINARYMIME": {"BODY=BINARYMIME"}, "SMTPUTF8": {"SMTPUTF8"},
		"DSN": {"RET=FULL", "RET=HDRS", "ENVID="}, "AUTH": {"AUTH=<>"}, "REQUIRETLS": {"REQUIRETLS"}, "DELIVERBY": {"BY="},
		"MT-PRIORITY": {"MT-PRIORITY="}, "FUTURERELEASE": {"HOLDFOR=", "HOLDUNTIL="}, "MTRK": {"MTRK="}, "SUBMITTER": {"SUBMITTER="},
	},
	"RCPT": {
		"DSN": {"NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;"}, "RRVS": {"RRVS="},
	},
}

// needed are the keywords that commands need.
var needed = map[string]string{"BDAT": "CHUNKING", "STARTTLS": "STARTTLS", "AUTH": "AUTH", "ETRN": "ETRN"}

// addressFacts are the facts that are addresses.
var addressFacts = []string{"from", "valid_rcpt", "valid_rcpt2", "invalid_rcpt"}

// vocabulary is what a line can be completed with, as it is when the prompt is shown: what comes meanwhile is for the next line.
type vocabulary struct {
	lmtp      bool
	name      string            // ours, for EHLO
	offered   map[string]string // by the latest EHLO
	addresses []string          // that were used, and the target's
}

func (s *session) vocabulary() *vocabulary {
	v := &vocabulary{lmtp: s.cfg.Target.LMTP(), offered: s.live.Keywords(), addresses: slices.Clone(s.used)}
	_, v.name = s.live.Name()
	for _, name := range addressFacts {
		if a := s.cfg.Target.Text(name); a != "" && !slices.Contains(v.addresses, a) {
			v.addresses = append(v.addresses, a)
		}
	}
	return v
}

// complete gives where the word begins that the cursor, at the end of line, is in, and what it may become.
func (v *vocabulary) complete(line string) (from int, words []string) {
	from = strings.LastIndexByte(line, ' ') + 1
	upper := strings.ToUpper(strings.TrimLeft(line, " "))
	switch {
	case strings.HasPrefix(line, "/"):
		return v.completeCommand(line, from)
	case from == 0:
		return from, matching(line, v.verbs(), " ")
	case strings.HasPrefix(upper, "MAIL "):
		return v.completePath(line, from, "MAIL", "FROM:<")
	case strings.HasPrefix(upper, "RCPT "):
		return v.completePath(line, from, "RCPT", "TO:<")
	case strings.HasPrefix(upper, "AUTH "):
		return from, matching(line[from:], strings.Fields(v.offered["AUTH"]), " ")
	case strings.HasPrefix(upper, "EHLO "), strings.HasPrefix(upper, "HELO "), strings.HasPrefix(upper, "LHLO "):
		return from, matching(line[from:], []string{v.name}, "")
	case strings.HasPrefix(upper, "VRFY "), strings.HasPrefix(upper, "EXPN "):
		return from, matching(line[from:], v.addresses, "")
	case strings.HasPrefix(upper, "HELP "):
		return from, matching(line[from:], v.verbs(), "")
	}
	return from, nil
}

// verbs are those that fit what was offered.
func (v *vocabulary) verbs() (out []string) {
	for _, verb := range slices.Sorted(maps.Keys(verbs)) {
		keyword := needed[verb]
		_, offered := v.offered[keyword]
		hello := verb == "LHLO" && !v.lmtp || (verb == "EHLO" || verb == "HELO") && v.lmtp
		if !hello && (keyword == "" || offered) {
			out = append(out, verb)
		}
	}
	return out
}

// completePath completes the arguments of MAIL or RCPT.
func (v *vocabulary) completePath(line string, from int, verb, intro string) (int, []string) {
	word := line[from:]
	open := strings.IndexByte(word, '<')
	switch {
	case open < 0 && !strings.Contains(line[:from], ">"):
		return from, matching(word, []string{intro}, "")
	case open >= 0 && !strings.Contains(word, ">"):
		return from + open + 1, matching(word[open+1:], v.addresses, ">")
	}
	var all []string
	for keyword := range v.offered {
		all = append(all, parameters[verb][keyword]...)
	}
	slices.Sort(all)
	return from, matching(word, all, "")
}

// use keeps an address for completion.
func (s *session) use(address string) {
	if address != "" && !slices.Contains(s.used, address) {
		s.used = append(s.used, address)
	}
}

// addressIn is what stands between the angle brackets of a line, or "".
func addressIn(line string) string {
	_, rest, ok := strings.Cut(line, "<")
	if !ok {
		return ""
	}
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// completeCommand completes a line that begins with "/".
func (v *vocabulary) completeCommand(line string, from int) (int, []string) {
	name, _, more := strings.Cut(line[1:], " ")
	word := line[from:]
	if !more {
		var names []string
		for _, c := range commands() {
			names = append(names, "/"+c.name)
		}
		return 0, matching(line, names, " ")
	}
	switch name {
	case "help":
		words := append(meaning.Keywords(), v.verbs()...)
		slices.Sort(words)
		return from, matching(word, slices.Compact(words), "")
	case "auth":
		mechanisms := strings.Fields(v.offered["AUTH"])
		if len(mechanisms) == 0 {
			mechanisms = sasl.Mechanisms()
		}
		return from, matching(word, append(mechanisms, "auto"), " ")
	case "record":
		return from, matching(word, []string{"status"}, "")
	case "data", "save", "transcript":
		return from, files(word)
	}
	return from, nil
}

// matching are the words that begin as prefix does, in any case. Where there is one alone, end comes behind it.
func matching(prefix string, words []string, end string) (out []string) {
	for _, w := range words {
		if len(w) >= len(prefix) && strings.EqualFold(w[:len(prefix)], prefix) {
			out = append(out, w)
		}
	}
	if len(out) == 1 {
		out[0] += end
	}
	return out
}

// files are the files and directories whose names begin so.
func files(prefix string) (out []string) {
	dir, base := filepath.Split(prefix)
	list, err := os.ReadDir(filepath.Join(".", dir))
	if err != nil {
		return nil
	}
	for _, e := range list {
		name := e.Name()
		if !strings.HasPrefix(name, base) || strings.HasPrefix(name, ".") && base == "" {
			continue
		}
		if e.IsDir() {
			name += "/"
		}
		out = append(out, dir+name)
	}
	return out
}
