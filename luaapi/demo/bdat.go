package demo

import (
	"strconv"
	"strings"
)

// maxChunk is the largest chunk whose octets are waited for. After one that claims more the conversation cannot go on.
const maxChunk = 1 << 30

// bdat takes a chunk of a message (RFC 3030 2). Whatever is wrong with it, its octets are read before the reply: they
// must never be taken for commands.
func (s *session) bdat(arg string) reply {
	size, last, ok := parseBDAT(arg)
	switch {
	case !ok:
		return reply{501, "5.5.4", "Syntax: BDAT size [LAST]"}
	case size > maxChunk:
		s.done, s.linger = true, true
		return errTooBig
	}
	refusal := s.refuseChunk()
	if refusal.code == 0 && s.envelope.chunks == nil {
		s.envelope.chunks = s.newContent()
	}
	c := s.envelope.chunks
	if err := s.readChunk(c, size); err != nil {
		s.lost(err)
		return reply{}
	}
	switch {
	case refusal.code != 0:
		return s.replyToRefused(refusal, last)
	case last:
		return s.finish(c)
	case c.fault.code != 0: // too large: what follows gets 503
		s.envelope = envelope{}
		return c.fault
	}
	return reply{250, "2.0.0", "Chunk accepted"}
}

// refuseChunk is the reply to a chunk that there is no use for, once it has been read.
func (s *session) refuseChunk() reply {
	switch {
	case s.svc.submission() && !s.trusted():
		return errNoUser
	case !s.envelope.open:
		return reply{503, "5.5.1", "MAIL and RCPT come first"}
	case !s.extended: // CHUNKING was not offered to a client that says HELO
		return errNoEHLO
	case len(s.envelope.recipients) == 0:
		return reply{503, "5.5.1", "No valid recipients"}
	}
	return reply{}
}

// replyToRefused differs in LMTP: the last chunk gets as many replies as there are recipients, be it none (RFC 2033 4.3).
func (s *session) replyToRefused(refusal reply, last bool) reply {
	if s.svc == serviceLMTP && last && s.envelope.open {
		s.envelope = envelope{}
		return reply{}
	}
	return refusal
}

// parseBDAT reads "size [LAST]". A size that no integer holds is a large size.
func parseBDAT(arg string) (size int64, last, ok bool) {
	number, word, more := strings.Cut(arg, " ")
	if number == "" || strings.Trim(number, "0123456789") != "" || more && !strings.EqualFold(word, "LAST") {
		return 0, false, false
	}
	size, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		size = maxChunk + 1
	}
	return size, more, true
}
