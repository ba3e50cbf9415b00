package meaning

import (
	"maps"
	"slices"
	"strings"
)

// keywords are what a server may offer in its reply to EHLO: IANA's registry of SMTP service extensions, and what is often met besides.
var keywords = map[string]string{
	"8BITMIME":            "takes messages with 8-bit text: BODY=8BITMIME on MAIL (RFC 6152)",
	"ATRN":                "hands over waiting mail after a login, the connection turned around (RFC 2645)",
	"AUTH":                "logs in by one of the mechanisms named (RFC 4954)",
	"BINARYMIME":          "takes messages of any bytes by BDAT: BODY=BINARYMIME on MAIL (RFC 3030)",
	"BURL":                "takes a message from an IMAP server by its URL (RFC 4468)",
	"CHECKPOINT":          "can go on with a transaction that was cut short (RFC 1845)",
	"CHUNKING":            "takes a message in chunks by BDAT, without the dot (RFC 3030)",
	"CONNEG":              "tells what content a recipient can show (RFC 4141)",
	"CONPERM":             "converts content where the sender permits it (RFC 4141)",
	"DELIVERBY":           "delivers within a time or not at all: BY= on MAIL (RFC 2852)",
	"DSN":                 "sends delivery reports as asked: NOTIFY= and ORCPT= on RCPT, RET= and ENVID= on MAIL (RFC 3461)",
	"ENHANCEDSTATUSCODES": "begins the text of replies with codes such as 2.1.5 (RFC 2034)",
	"ETRN":                "starts sending the mail that waits for a domain (RFC 1985)",
	"EXPN":                "shows who is on a mailing list (RFC 5321)",
	"FUTURERELEASE":       "holds a message back until a time: HOLDFOR= and HOLDUNTIL= on MAIL (RFC 4865)",
	"HELP":                "explains its commands (RFC 5321)",
	"LIMITS":              "says how many messages and recipients it takes (RFC 9422)",
	"MT-PRIORITY":         "takes a priority of the message: MT-PRIORITY= on MAIL (RFC 6710)",
	"MTRK":                "lets the sender track a message: MTRK= on MAIL (RFC 3885)",
	"NO-SOLICITING":       "wants no advertising (RFC 3865)",
	"PIPECONNECT":         "takes the first commands before its greeting (Exim)",
	"PIPELINING":          "takes several commands at once, and replies in order (RFC 2920)",
	"PRDR":                "replies for each recipient after the message (Exim and others)",
	"REQUIRETLS":          "keeps a message on encrypted ways: REQUIRETLS on MAIL (RFC 8689)",
	"RRVS":                "delivers only if the mailbox has had the same owner since a time: RRVS= on RCPT (RFC 7293)",
	"SIZE":                "says the largest message that it takes, in bytes; 0 is no limit: SIZE= on MAIL (RFC 1870)",
	"SMTPUTF8":            "takes addresses and headers in UTF-8: SMTPUTF8 on MAIL (RFC 6531)",
	"STARTTLS":            "goes on in TLS after the command (RFC 3207)",
	"SUBMITTER":           "takes the name of who submits: SUBMITTER= on MAIL (RFC 4405)",
	"TURN":                "exchanges the roles of client and server; unsafe (RFC 5321, F.1)",
	"UTF8SMTP":            "an early form of SMTPUTF8 (RFC 5336)",
	"VERP":                "puts each recipient into the sender's address, for bounces (PowerMTA and others)",
	"VRFY":                "tells whether a mailbox exists (RFC 5321)",
	"X-ANONYMOUSTLS":      "TLS between Exchange servers",
	"X-EXPS":              "login between Exchange servers",
	"X-LINK2STATE":        "exchanges routes between Exchange servers",
	"XACK":                "can leave out replies to MAIL and RCPT (PowerMTA)",
	"XCLIENT":             "lets a trusted proxy name the client (Postfix)",
	"XEXCH50":             "properties of messages between Exchange servers",
	"XFORWARD":            "lets a trusted filter pass on what it knows of the client (Postfix)",
	"XMRG":                "merges one message for many recipients (PowerMTA)",
	"XVERP":               "puts each recipient into the sender's address, for bounces (Postfix)",
}

// Keyword is the meaning of an EHLO keyword in any case, "" where it is not known.
func Keyword(word string) string { return keywords[strings.ToUpper(word)] }

// Keywords are those that have a meaning here, sorted.
func Keywords() []string { return slices.Sorted(maps.Keys(keywords)) }
