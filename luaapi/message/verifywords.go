package message

import "strings"

// notVerified is what is said where the library says something that is not known here.
const notVerified = "the signature cannot be verified"

// problems are our words for the library's, which begin so. The first that fits counts.
var problems = []struct{ theirs, ours string }{
	{"malformed signature tags: dkim: duplicate", "a tag of the signature is there twice"},
	{"malformed signature tags", "the tags of the signature cannot be read"},
	{"incompatible signature version", "the tag v is not 1"},
	{"signature missing required tag", "one of the tags a, b, bh, d, h and s is missing"},
	{"domain mismatch", "the tag i is not of the domain in d, letter for letter"},
	{"From field not signed", "From is not signed"},
	{"malformed time", "the tag t is no number"},
	{"malformed expiration time", "the tag x is no number"},
	{"signature has expired", "the signature has expired: its tag x is in the past"},
	{"unsupported public key query method", "the tag q does not say dns/txt"},
	{"malformed algorithm name", "the algorithm is not known"},
	{"unsupported hash algorithm", "the algorithm is not known"},
	{"hash algorithm too weak", "the algorithm is rsa-sha1, which is too weak (RFC 8301 3.1)"},
	{"unsupported header canonicalization", "the canonicalization of the header is not known"},
	{"unsupported body canonicalization", "the canonicalization of the body is not known"},
	{"message contains an insecure body length tag", "the signature covers only a part of the body (l=), which is not taken"},
	{"malformed body hash", "the tag bh is no base64"},
	{"malformed signature", "the tag b is no base64"},
	{"body hash did not verify", "the body is not the one that was signed"},
	{"signature did not verify", "the header is not the one that was signed, or the key is another"},

	{"inappropriate hash algorithm", "the key is not for the hash of the signature"},
	{"inappropriate key algorithm", "the key is of another type than the signature"},
	{"inappropriate service", "the key is not for mail"},
	{"key record error", "the key's record cannot be read"},
	{"incompatible public key version", "the key's record is not of the version DKIM1"},
	{"key syntax error: missing public key data", "the key's record has no p"},
	{"key syntax error: not an RSA public key", "the key is no RSA key"},
	{"key syntax error", "the key cannot be read"},
	{"key revoked", "the key was taken back: its p is empty"},
	{"key is too short", "the key has less than 1024 bits (RFC 8301 3.2)"},
	{"invalid Ed25519 public key size", "the key cannot be read: an Ed25519 key has 32 octets"},
	{"unsupported key algorithm", "the type of the key is not known"},
}

// ownWords says what the library says of a signature in the words of this program. Why there is no key are ours already.
func ownWords(err error) string {
	text := strings.TrimPrefix(err.Error(), "dkim: ")
	for _, before := range []string{"no key for signature: ", "key unavailable: "} {
		if ours, ok := strings.CutPrefix(text, before); ok {
			return ours
		}
	}
	for _, p := range problems {
		if strings.HasPrefix(text, p.theirs) {
			return p.ours
		}
	}
	return notVerified
}
