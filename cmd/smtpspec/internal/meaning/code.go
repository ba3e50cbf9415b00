// Package meaning says in a few words what a mail server's reply means: codes, enhanced codes and EHLO keywords.
package meaning

// codes are the reply codes of RFC 5321 section 4.2.3 and of the extensions that add some.
var codes = map[int]string{
	101: "the server cannot open the connection",
	111: "the connection was refused",
	211: "system status",
	214: "help text",
	220: "ready",
	221: "the server closes the connection",
	235: "authenticated",
	250: "done",
	251: "not a local user: the server forwards the mail",
	252: "the address was not verified, but mail for it is taken",
	253: "messages are waiting and will be sent",
	334: "the server waits for an answer in base64",
	354: "send the message; a dot on a line of its own ends it",
	421: "not available now: the server closes the connection",
	422: "the mailbox is full",
	430: "the server has no message to send",
	432: "the password has to be changed first",
	450: "the mailbox is not available now: try again later",
	451: "the server had an error: try again later",
	452: "the server is short of storage: try again later",
	453: "no mail is waiting",
	454: "not available for a passing reason: try again later",
	455: "the parameters cannot be had now: try again later",
	458: "the messages cannot be queued for that node",
	459: "that node is not allowed",
	500: "the command was not understood",
	501: "the parameters or arguments have an error",
	502: "the command is not implemented",
	503: "the command comes at the wrong time",
	504: "the parameter is not implemented",
	521: "the host takes no mail",
	523: "the message is too large for the quota",
	524: "the password has to be changed first",
	525: "the account is disabled",
	530: "log in, or begin TLS, first",
	534: "the mechanism is too weak",
	535: "the login failed",
	538: "the mechanism needs TLS",
	541: "refused by the recipient's rules, as spam or virus most often",
	550: "refused: the mailbox is not there, or policy forbids it",
	551: "not a local user: try the address that is named",
	552: "too large: the storage or the size limit is exceeded",
	553: "the form of the address is not allowed",
	554: "the transaction failed, or no mail is taken here",
	555: "a parameter of MAIL or RCPT is not known",
	556: "the domain takes no mail",
}

// classes are the meanings of first digits (RFC 5321 section 4.2.1).
var classes = map[int]string{
	1: "not an SMTP reply",
	2: "done",
	3: "the server waits for more",
	4: "refused for now: try again later",
	5: "refused for good",
}

// Code is the meaning of a reply code, that of its class where it has none of its own, and "" where it has neither.
func Code(code int) string {
	if text := codes[code]; text != "" {
		return text
	}
	return classes[code/100]
}
