package scenarios_test

import (
	"bytes"
	"mime/quotedprintable"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestEightBitDelivery(t *testing.T) {
	suite(t, "rfc6152/delivery.lua", []fault{
		{id: "rfc6152-3-preserve", name: "the eighth bit is cleared", fault: faulty.Fault{Delivered: sevenBits}},
		{id: "rfc6152-3-preserve", name: "question marks", fault: faulty.Fault{Delivered: questions}},
		{id: "rfc6152-3-preserve", name: "in UTF-8", fault: replaces("\xfc", "\xc3\xbc")},
		{id: "rfc6152-3-preserve", name: "one is a line end", fault: replaces("\x85", "\r\n")},
		{id: "rfc6152-3-preserve", name: "in quoted-printable", fault: faulty.Fault{Delivered: quoted}, right: true},
	})
}

func sevenBits(data []byte) [][]byte {
	for i := range data {
		data[i] &= 0x7f
	}
	return [][]byte{data}
}

func questions(data []byte) [][]byte {
	for i, octet := range data {
		if octet >= 0x80 {
			data[i] = '?'
		}
	}
	return [][]byte{data}
}

// replaces changes octets in messages before the server sees them.
func replaces(old, replacement string) faulty.Fault {
	return faulty.Fault{Message: func(_ *faulty.Conv, data []byte) []byte {
		return bytes.ReplaceAll(data, []byte(old), []byte(replacement))
	}}
}

// quoted delivers a body of 8 bits in quoted-printable.
func quoted(data []byte) [][]byte {
	header, body, _ := bytes.Cut(bytes.Replace(data, []byte("8bit"), []byte("quoted-printable"), 1), []byte("\r\n\r\n"))
	b := bytes.NewBuffer(append(bytes.Clone(header), "\r\n\r\n"...))
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write(body)
	_ = w.Close()
	return [][]byte{b.Bytes()}
}
