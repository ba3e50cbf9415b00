package demo

import "strings"

// What there is to send to and to log in with. Tokens of OAUTHBEARER and XOAUTH2 are the same as passwords.
const (
	localDomain   = "demo.test"
	localLiteral  = "[127.0.0.1]" // RFC 1123 5.2.17
	firstUser     = "user"
	firstPassword = "demo-password-1"
	otherUser     = "user2"
	otherPassword = "demo-password-2"
	fullMailbox   = "full"
	relayDomain   = "example.net"
)

// password finds the password of a user.
func password(user string) (string, bool) {
	switch user {
	case firstUser:
		return firstPassword, true
	case otherUser:
		return otherPassword, true
	}
	return "", false
}

func isUser(name string) bool {
	_, ok := password(name)
	return ok
}

func isLocal(p path) bool {
	return strings.EqualFold(p.domain, localDomain) || p.domain == localLiteral
}

// isMailbox tells whether a path names a mailbox of this server: each user's, with a "+detail" or without, and
// postmaster, which needs no domain (RFC 5321 4.5.1). Case does not matter.
func isMailbox(p path) bool {
	name, _, _ := strings.Cut(p.local, "+")
	name = strings.ToLower(name)
	if strings.EqualFold(p.local, "postmaster") {
		return p.domain == "" || isLocal(p)
	}
	return isLocal(p) && (isUser(name) || name == "abuse" || name == fullMailbox) // RFC 2142 4
}

// isOthers tells whether a path names the mailbox of another user.
func isOthers(p path, user string) bool {
	name, _, _ := strings.Cut(p.local, "+")
	name = strings.ToLower(name)
	return isLocal(p) && isUser(name) && name != user
}

// isFull tells whether a path names the mailbox that exists and takes no message.
func isFull(p path) bool { return isLocal(p) && strings.EqualFold(p.local, fullMailbox) }

// isQualified tells whether the domain of a path, if there is one, is fully qualified or an address.
func isQualified(p path) bool {
	return p.domain == "" || p.domain[0] == '[' || strings.IndexByte(p.domain, '.') >= 0
}
