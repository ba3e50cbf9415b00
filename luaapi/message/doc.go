// Package message builds, reads, signs and verifies mail messages (RFC 5322, MIME, DKIM). It knows nothing of Lua nor of
// connections.
//
// What it writes is by the book: lines of 78 octets where that can be, of 998 always; encoded words in display names and unstructured
// text alone; a boundary that does not occur. What it reads may be broken in any way: it is read as far as it goes, and what is
// wrong is said as a defect.
//
// It writes messages itself, and does not leave that to emersion/go-message: that folds inside of quoted strings and parameters, has no
// continuations of long file names (RFC 2231), and cannot tell parts that may not be encoded; its reader stops at the first fault,
// and does not give the bytes of what it read. It is what the tests hold this package against.
//
// Signatures are made and verified by emersion/go-msgauth/dkim. What is around that is here: keys, what a script may ask for, the tags that the
// library does not tell, limits where its time grows with the square of a header, and words for what is wrong.
package message

import "math/rand/v2"

const crlf = "\r\n"

// randomText is text of n letters and digits.
func randomText(r *rand.Rand, n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}
