package scenarios

import (
	_ "embed"
	"strings"
)

// Requirement is a row of the catalogue of what can be checked of a mail server. Not each has a scenario.
type Requirement struct {
	ID       string // that of the scenario
	Group    string // an RFC and a subject, or a class of attacks
	Why      string // why the group matters
	Section  string // of the RFC of the group, or of the one that it names
	Level    string // as a scenario has it
	Text     string // what is required
	Send     string // how to see it, in the words of Notation
	Conforms string
	Violates string
	Needs    string // "-" for nothing
	Skip     string // when it cannot be checked; "-" for never
}

// Notation is what the short words of a row mean.
const Notation = `S0        connected, the greeting is read
S1        S0, and EHLO was accepted
S2        S1, and MAIL FROM:<$S> was accepted
S3        S2, and RCPT TO:<$V> was accepted
S4        S3, and DATA was answered with 354
T1        in TLS, after a new EHLO
A1        T1, and AUTH was accepted
$S        a sender                  $V, $V2   valid recipients
$I        no such local recipient   $R        a recipient in a foreign domain
$D        a domain of the server    fetch     read the delivered message`

//go:embed catalogue.tsv
var catalogue string

// Catalogue are all requirements, in the order of the RFCs.
func Catalogue() []Requirement {
	var list []Requirement
	group, why := "", ""
	for line := range strings.Lines(catalogue) {
		line = strings.TrimSuffix(line, "\n")
		if title, ok := strings.CutPrefix(line, "# "); ok {
			group, why, _ = strings.Cut(title, "\t")
			continue
		}
		f := strings.Split(line, "\t")
		list = append(list, Requirement{ID: f[0], Group: group, Why: why, Section: f[1], Level: f[2], Text: f[3], Send: f[4], Conforms: f[5], Violates: f[6], Needs: f[7], Skip: f[8]})
	}
	return list
}
