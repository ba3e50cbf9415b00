package faulty

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Extensions each of which is little more than a parameter.

const (
	minimumBy        = 60  // seconds, of DELIVERBY
	maximumHold      = 600 // seconds, of FUTURERELEASE
	mostTransactions = 100 // of LIMITS
)

// parameter is one of MAIL or RCPT that the demo server lacks.
type parameter struct {
	verb  string
	check func(c *Conv, line, value string) (refusal string)
}

var parameters = map[string]parameter{
	"BY":          {"MAIL", checkBy},
	"HOLDFOR":     {"MAIL", checkHoldFor},
	"HOLDUNTIL":   {"MAIL", checkHoldUntil},
	"MT-PRIORITY": {"MAIL", pattern(`0|-?[1-9]`)},
	"MTRK":        {"MAIL", checkTracking},
	"SOLICIT":     {"MAIL", pattern(`[A-Za-z0-9.:-]+(,[A-Za-z0-9.:-]+)*`)},
	"RRVS":        {"RCPT", checkValidSince},
}

const errValue = "501 5.5.4 Parameter value not allowed\r\n"

// keywords are what EHLO lists besides.
func (c *Conv) keywords() []string {
	lines := []string{"MT-PRIORITY MIXER", "RRVS", "NO-SOLICITING org.example:ADV", "MTRK", fmt.Sprintf("LIMITS RCPTMAX=100 MAILMAX=%d", mostTransactions)}
	switch c.Service {
	case "lmtp":
		return lines
	case "submission", "smtps":
		latest := time.Now().UTC().Add(maximumHold * time.Second).Format(time.RFC3339)
		return append(lines, fmt.Sprintf("DELIVERBY %d", minimumBy), fmt.Sprintf("FUTURERELEASE %d %s", maximumHold, latest))
	}
	return append(lines, fmt.Sprintf("DELIVERBY %d", minimumBy), "ETRN")
}

// offers tells whether a parameter goes with what EHLO listed.
func (c *Conv) offers(keyword string) bool {
	switch keyword {
	case "HOLDFOR", "HOLDUNTIL":
		return c.Service == "submission" || c.Service == "smtps"
	case "BY":
		return c.Service != "lmtp"
	}
	return true
}

// takeParameters checks the parameters that the demo server lacks, and leaves the others to it.
func (c *Conv) takeParameters(line string) (rest, refusal string) {
	at := strings.LastIndex(line, "> ")
	if at < 0 || c.Hello == "" || c.Hello == "HELO" {
		return line, ""
	}
	kept, seen := []string{line[:at+1]}, map[string]bool{}
	for word := range strings.SplitSeq(line[at+2:], " ") {
		keyword, value, _ := strings.Cut(word, "=")
		keyword = strings.ToUpper(keyword)
		p, ok := parameters[keyword]
		if !ok || p.verb != verbOf(line) || !c.offers(keyword) {
			kept = append(kept, word)
			continue
		}
		if strings.HasPrefix(keyword, "HOLD") { // RFC 4865 4.2(9)
			keyword = "HOLD"
		}
		if seen[keyword] {
			return "", "501 5.5.4 Parameter given twice\r\n"
		}
		seen[keyword] = true
		if refusal := p.check(c, line, value); refusal != "" {
			return "", refusal
		}
	}
	return strings.Join(kept, " "), ""
}

// pattern takes values that match as a whole.
func pattern(text string) func(*Conv, string, string) string {
	re := regexp.MustCompile(`^(?:` + text + `)$`)
	return func(_ *Conv, _, value string) string {
		if re.MatchString(value) {
			return ""
		}
		return errValue
	}
}

var byValue = regexp.MustCompile(`^(-?[0-9]{1,9});([RrNn])[Tt]?$`)

// checkBy is DELIVERBY's (RFC 2852 4).
func checkBy(_ *Conv, _, value string) string {
	m := byValue.FindStringSubmatch(value)
	if m == nil {
		return errValue
	}
	switch seconds, _ := strconv.Atoi(m[1]); {
	case strings.EqualFold(m[2], "N"):
	case seconds <= 0:
		return errValue
	case seconds < minimumBy:
		return "553 5.4.7 The time is too short\r\n"
	}
	return ""
}

var holdFor = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)

func checkHoldFor(_ *Conv, line, value string) string {
	seconds, _ := strconv.Atoi(value)
	if !holdFor.MatchString(value) {
		return errValue
	}
	return hold(line, seconds)
}

func checkHoldUntil(_ *Conv, line, value string) string {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil || time.Until(at) < 0 {
		return errValue
	}
	return hold(line, int(time.Until(at).Seconds()))
}

var byTime = regexp.MustCompile(`(?i) BY=(\d+);R`)

// hold compares a time with the longest, and with that of BY (RFC 4865 4.2, 5.2.2).
func hold(line string, seconds int) string {
	if m := byTime.FindStringSubmatch(line); m != nil {
		if by, _ := strconv.Atoi(m[1]); by < seconds {
			return "501 5.5.4 It is to be delivered before it is released\r\n"
		}
	}
	if seconds > maximumHold {
		return "501 5.5.4 Too far in the future\r\n"
	}
	return ""
}

var tracking = regexp.MustCompile(`^[A-Za-z0-9+/]{20,}={0,2}(:[0-9]{1,9})?$`)

// checkTracking is MTRK's, which needs ENVID (RFC 3885 3).
func checkTracking(_ *Conv, line, value string) string {
	if !tracking.MatchString(value) || !strings.Contains(strings.ToUpper(line), " ENVID=") {
		return errValue
	}
	return ""
}

// since is when the mailboxes of the demo server began.
const since = 2000

var validSince = regexp.MustCompile(`^(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)(;[CcRr])?$`)

// checkValidSince is RRVS's, which means nothing for roles (RFC 7293 5.1).
func checkValidSince(_ *Conv, line, value string) string {
	m := validSince.FindStringSubmatch(value)
	if m == nil {
		return errValue
	}
	if year, _ := strconv.Atoi(m[1]); year < since && !strings.Contains(strings.ToLower(line), "<postmaster") {
		return "550 5.7.17 The mailbox has another owner since\r\n"
	}
	return ""
}

var node = regexp.MustCompile(`^(?i:ETRN) [@#]?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// turn answers ETRN: there is nothing in the queue (RFC 1985 5.1).
func (c *Conv) turn(line string) string {
	switch {
	case c.Service != "smtp": // RFC 6409 7
		return ""
	case c.Hello == "":
		return "503 5.5.1 EHLO first\r\n"
	case !node.MatchString(line):
		return "501 5.5.4 Syntax: ETRN domain\r\n"
	case strings.Contains(line, "demo.test"):
		return "251 2.0.0 No messages waiting\r\n"
	}
	return "459 4.7.1 Not for this node\r\n"
}

// limited answers the transaction that is one too many.
func (c *Conv) limited() string {
	if c.transactions >= mostTransactions {
		return "452 4.5.3 Too many transactions\r\n"
	}
	return ""
}
