package message

import (
	"fmt"
	"slices"
	"strings"
)

// addressFields are header fields of addresses (RFC 5322 3.6.2, 3.6.3, 3.6.6).
var addressFields = []string{"from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc",
	"disposition-notification-to", "return-receipt-to", "mail-followup-to"}

// structured are fields whose syntax leaves no room for encoded words.
var structured = []string{"date", "message-id", "in-reply-to", "references", "resent-date", "resent-message-id", "received", "return-path", "mime-version",
	"content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-language", "content-location", "dkim-signature",
	"authentication-results", "arc-seal", "arc-message-signature", "arc-authentication-results", "list-help", "list-unsubscribe",
	"list-unsubscribe-post", "list-subscribe", "list-post", "list-owner", "list-archive", "auto-submitted", "delivered-to"}

// Field writes a header field, with its line end. Lines are folded and text is encoded as the kind of field allows; a value that is folded
// already stays as it is.
func Field(name, value string, utf8Header bool) (string, error) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }) {
		return "", fmt.Errorf("%q is no name of a header field: printable ASCII without blanks and colons expected", name)
	}
	if strings.ContainsAny(value, "\r\n") {
		return folded(name, value)
	}
	lower := strings.ToLower(name)
	if slices.Contains(addressFields, lower) && !strings.Contains(value, "=?") {
		return ownAddresses(name, value, utf8Header)
	}
	if slices.Contains(structured, lower) || slices.Contains(addressFields, lower) {
		return structuredField(name, value, utf8Header)
	}
	return unstructured(name, value, utf8Header)
}

// folded is a field whose value has line ends: each has to be followed by a blank, and every line to say something.
func folded(name, value string) (string, error) {
	value = strings.TrimSuffix(crlfLines(value), crlf)
	for i, line := range strings.Split(value, crlf) {
		if i > 0 && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") || strings.Trim(line, " \t") == "" {
			return "", fmt.Errorf("%s: a line end is in the value, and what follows is no folded line: put a broken header into the finished text", name)
		}
		if len(line) > maxLine {
			return "", fmt.Errorf("%s: a line of %d octets: %d at most", name, len(line), maxLine)
		}
	}
	return name + ": " + value + crlf, nil
}

// ownAddresses folds addresses that somebody wrote, and encodes the names alone. Those that are ASCII stay as they are written.
func ownAddresses(name, value string, utf8Header bool) (string, error) {
	if !isASCII(value) && !utf8Header || hasControl(value) {
		return addressField(name, ParseAddresses(value), utf8Header)
	}
	return structuredField(name, value, utf8Header)
}

func structuredField(name, value string, utf8Header bool) (string, error) {
	if hasControl(value) {
		return "", fmt.Errorf("%s: a control character is in the value: put a broken header into the finished text", name)
	}
	if !isASCII(value) && !utf8Header {
		return "", fmt.Errorf("%s is not ASCII, and in this field nothing is encoded: smtputf8 = true writes it as it is", name)
	}
	words, ok := plainWords(name, strings.Trim(value, " \t"))
	if !ok {
		return "", fmt.Errorf("%s: a line has %d octets at most, and there is no blank to break it at", name, maxLine)
	}
	return fold(name, words), nil
}
