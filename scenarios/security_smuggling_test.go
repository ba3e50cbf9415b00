package scenarios_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSmuggling(t *testing.T) {
	faults := []fault{
		{id: "sec-smug-crcrlf-dot-crlf", name: "it is missed", fault: faulty.Fault{EndOfData: endNotBehindCR}},
		{id: "sec-smug-buffer-edge", name: "1026 octets", fault: endsAfter(`\r\nx{1000}x{26}`)},
		{id: "sec-smug-buffer-edge", name: "510 octets", fault: endsAfter(`\r\nx{510}`)},
		{id: "sec-smug-buffer-edge", name: "8192 octets", fault: endsAt(strings.Repeat("x", 8192) + ".\r\n")},
		{id: "sec-smug-bdat-bare", name: "a dot ends a chunk", fault: faulty.Fault{Reply: replyForDot}},
		{id: "sec-smug-header-lf", name: "in the header", fault: endsAt("one\n.\n")},
		{id: "sec-smug-header-lf", name: "at the beginning", fault: startEnds(".\n")},
		{id: "sec-smug-two-message", name: "LF.CRLF", fault: endsAt("\n.\r\nMAIL")},
		{id: "sec-smug-two-message", name: "CRLF.CRCRLF", fault: endsAt("\r\n.\r\r\n")},
		{id: "sec-smug-two-message", name: "the next server splits it", fault: splits("\n.\r\nMAIL")},
		{id: "sec-smug-header-injection", name: "in Received", fault: injects(`^EHLO(.*)\n.*`, "EHLO$1", `( \(\[127)`, "\r\nX-Injected: 1$1")},
		{id: "sec-smug-header-injection", name: "in Return-Path", fault: injects(`^(MAIL.*)\r.*`, "$1@example.org>", `^(Return-Path: <sender)`, "$1\r\nX-Injected: 1")},
		{id: "sec-smug-header-injection", name: "for the recipient", fault: injects(`^(RCPT.*)\n.*`, "$1>", `^`, "Delivered-To: <user@demo.test\r\nX-Injected: 1>\r\n")},
		{id: "sec-smug-header-injection", name: "left out", fault: obey(`\nX-[^@>]*`, ""), right: true},
		{id: "sec-smug-two-message", name: "refused", fault: refusesAt("\n.\n", "554 5.6.0 bare LF"), right: true},
	}
	for id, octets := range map[string][]string{
		"lf-dot-lf": {"\n.\n"}, "lf-dot-crlf": {"e.\n.\r\n"}, "crlf-dot-lf": {"\r\n.\n"}, "cr-dot-cr": {"\r.\r"}, "cr-dot-crlf": {"\r.\r\n"},
		"crlf-dot-cr": {"\r\n.\rX"}, "lf-dot-cr": {"\n.\rX"}, "cr-dot-lf": {"\r.\n"}, "crlf-dot-crcrlf": {"\r\n.\r\r\n"},
		"crcrlf-dot-crcrlf": {"\r\r\n.\r\r\n"}, "nul-dot": {"\r\n\x00.\r\n"}, "dot-nul": {"\r\n.\x00\r\n"}, "dot-cr-nul-lf": {"\r\n.\r\x00\n"},
		"dot-sp": {"\r\n. \r\n"}, "dot-tab": {"\r\n.\t\r\n"}, "sp-dot": {"\r\n .\r\n"}, "tab-dot": {"\r\n\t.\r\n"},
		"vt-ff": {"\v.\v", "\f.\f"}, "fs-gs-rs": {"\x1c.\x1c", "\x1d.\x1d", "\x1e.\x1e"},
		"nel-ls-ps": {"\x85.\x85", "\u0085.\u0085", "\u2028.\u2028", "\u2029.\u2029"}, "lfcr": {"\n\r.\n\r"}, "dotdot": {"\r\n..\r\n"},
		"8bit-dot": {"\x8d\x8a\xae\x8d\x8a"}, "utf8-fullstop": {"\r\n\uff0e\r\n", "\r\n\u3002\r\n"}, "overlong-dot": {"\r\n\xc0\xae\r\n"},
	} {
		for _, o := range octets {
			faults = append(faults, fault{id: "sec-smug-" + id, name: strings.Trim(strings.ReplaceAll(fmt.Sprintf("%q", o), "/", ""), `"`) + " ends it", fault: endsAt(o)})
		}
	}
	suite(t, "security/smuggling.lua", faults)
}

// endNotBehindCR does not find the end of a message whose last line ends in CRCRLF.
func endNotBehindCR(data []byte) (int, int, bool) {
	at, next, ok := faulty.EndOfData(data)
	return at, next, ok && !bytes.HasSuffix(data[:at], []byte("\r\r\n"))
}

// replyForDot has a reply too many to a chunk.
func replyForDot(_ *faulty.Conv, verb, reply string) string {
	if verb == "BDAT" {
		return reply + "500 5.5.2 what?\r\n"
	}
	return reply
}

// splits takes messages for more than one where octets stand, as the next server might to which this one gives them as they are.
func splits(octets string) faulty.Fault {
	return faulty.Fault{
		Message: func(_ *faulty.Conv, data []byte) []byte {
			return bytes.ReplaceAll(data, []byte(octets), []byte("\r\nSPLIT"))
		},
		Delivered: func(data []byte) [][]byte {
			first, second, ok := bytes.Cut(data, []byte("SPLIT"))
			if !ok {
				return [][]byte{data}
			}
			return [][]byte{first, second[bytes.Index(second, []byte("From: ")):]}
		},
	}
}

// injects obeys a command in spite of what is in it, and lets that get into the header.
func injects(pattern, command, where, field string) faulty.Fault {
	f := obey(pattern, command)
	f.Delivered = rewrites(where, field).Delivered
	return f
}
