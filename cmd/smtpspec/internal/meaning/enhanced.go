package meaning

import "strings"

// enhanced are the subjects and details of IANA's registry of enhanced status codes (RFC 3463, 5248), without the class.
var enhanced = map[string]string{
	"1.0":  "something about the address",
	"1.1":  "no such mailbox",
	"1.2":  "no such destination domain",
	"1.3":  "the recipient's address is malformed",
	"1.4":  "the address fits several mailboxes",
	"1.5":  "the recipient is valid",
	"1.6":  "the mailbox has moved, no new address is known",
	"1.7":  "the sender's address is malformed",
	"1.8":  "the sender's domain does not exist or takes no mail",
	"1.9":  "passed on to a system that may not tell what becomes of it",
	"1.10": "the recipient's domain takes no mail (null MX)",
	"2.0":  "something about the mailbox",
	"2.1":  "the mailbox is disabled",
	"2.2":  "the mailbox is full",
	"2.3":  "the message is too long for the mailbox",
	"2.4":  "the mailing list cannot be expanded",
	"3.0":  "something about the mail system",
	"3.1":  "the mail system is full",
	"3.2":  "the system takes no mail from the network now",
	"3.3":  "the system lacks a feature that is needed",
	"3.4":  "the message is too big for the system",
	"3.5":  "the system is configured wrongly",
	"3.6":  "the priority was changed",
	"4.0":  "something about the network or the route",
	"4.1":  "the next host does not answer",
	"4.2":  "the connection was bad",
	"4.3":  "a directory, DNS for one, did not answer",
	"4.4":  "no route to the destination is known",
	"4.5":  "the mail system is congested",
	"4.6":  "a mail loop was found",
	"4.7":  "it took too long to deliver",
	"5.0":  "something about the protocol",
	"5.1":  "the command is not valid, or not now",
	"5.2":  "a syntax error",
	"5.3":  "too many recipients",
	"5.4":  "the arguments of the command are not valid",
	"5.5":  "the version of the protocol does not fit",
	"5.6":  "a line of the authentication is too long",
	"6.0":  "something about the content",
	"6.1":  "the type of the content is not supported",
	"6.2":  "the content would have to be converted, which is not allowed",
	"6.3":  "the content would have to be converted, which cannot be done",
	"6.4":  "the content was converted with a loss",
	"6.5":  "the content could not be converted",
	"6.6":  "the content could not be had",
	"6.7":  "addresses in UTF-8 are not allowed here",
	"6.8":  "the reply would have to be in UTF-8, which the client did not allow",
	"6.9":  "a header in UTF-8 cannot be passed on",
	"6.10": "a header in UTF-8 cannot be passed on",
	"7.0":  "something about security or policy",
	"7.1":  "not authorized: policy refuses it",
	"7.2":  "the mailing list may not be used by this sender",
	"7.3":  "security cannot be kept on the way",
	"7.4":  "a security feature is not supported",
	"7.5":  "encryption or a signature failed",
	"7.6":  "the algorithm is not supported",
	"7.7":  "the message was changed on the way",
	"7.8":  "the credentials are wrong",
	"7.9":  "the mechanism is too weak",
	"7.10": "encryption is needed",
	"7.11": "the mechanism needs encryption",
	"7.12": "the password has to be changed first",
	"7.13": "the account is disabled",
	"7.14": "the server needs to trust the client first",
	"7.15": "the priority is too low",
	"7.16": "the message is too big for its priority",
	"7.17": "the mailbox has another owner now",
	"7.18": "the domain has another owner now",
	"7.19": "whether the owner is the same cannot be found out",
	"7.20": "no DKIM signature is valid",
	"7.21": "no DKIM signature is acceptable",
	"7.22": "no valid DKIM signature is the author's",
	"7.23": "SPF failed",
	"7.24": "SPF could not be evaluated",
	"7.25": "the client's address has no fitting name (reverse DNS)",
	"7.26": "several authentication checks failed",
	"7.27": "the sender's domain takes no mail (null MX)",
	"7.28": "too much mail at once",
	"7.29": "ARC failed",
	"7.30": "the way on does not support REQUIRETLS",
}

// Enhanced is the meaning of an enhanced status code such as "5.1.1", "" where it is not known, or says no more than the code of the reply does.
func Enhanced(code string) string {
	class, rest, _ := strings.Cut(code, ".")
	subject, detail, _ := strings.Cut(rest, ".")
	switch text := enhanced[rest]; {
	case class == "2" && detail == "0":
		return ""
	case text != "":
		return text
	}
	return enhanced[subject+".0"]
}
