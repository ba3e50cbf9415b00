package scenarios_test

import "testing"

func TestDifferential(t *testing.T) {
	suite(t, "security/differential.lua", []fault{
		{id: "sec-diff-8bit-header", name: "in two encodings", fault: replaces("\xc3\xbc", "\xc3\x83\xc2\xbc")},
		{id: "sec-diff-8bit-header", name: "left out", fault: replaces("\xc3\xbc", "")},
		{id: "sec-diff-8bit-header", name: "the field is lost", fault: edits(`Reply-To: .*\r\n`, "")},
		{id: "sec-diff-8bit-header", name: "refused", fault: refusesMessage("Reply-To: Gr", "550 5.6.7 8 bits in a header"), right: true},
		{id: "sec-diff-header-lf", name: "LF ends a line", fault: edits(`one\n`, "one\r\n"), level: "warning"},
		{id: "sec-diff-header-lf", name: "CR ends a line", fault: edits(`one\rX`, "one\r\nX"), level: "warning"},
		{id: "sec-diff-header-lf", name: "LF ends the header", fault: edits(`one\nX`, "one\r\n\r\nX")},
		{id: "sec-diff-header-lf", name: "a space", fault: edits(`one[\r\n]X`, "one X"), right: true},
		{id: "sec-diff-empty-line-ws", name: "the line is emptied", fault: edits(`\r\n[ \t]+\r\n`, "\r\n\r\n")},
		{id: "sec-diff-empty-line-ws", name: "an empty line is put before it", fault: edits(`\r\n(\t\r\n)`, "\r\n\r\n$1")},
		{id: "sec-diff-empty-line-ws", name: "left out", fault: edits(`\r\n[ \t]+\r\n`, "\r\n"), right: true},
	})
}
