package scenarios_test

import (
	"strings"
	"testing"
)

func TestEightBitMIME(t *testing.T) {
	suite(t, "rfc6152/8bitmime.lua", []fault{
		{id: "rfc6152-2-keyword-bare", name: "yes", fault: say("EHLO", func(r string) string { return strings.Replace(r, "8BITMIME", "8BITMIME yes", 1) })},
		{id: "rfc6152-3-body-8bitmime", name: "unknown", fault: answer(`^MAIL.*BODY`, "555 5.5.4 unknown parameter")},
		{id: "rfc6152-3-body-8bitmime", name: "in upper case alone", fault: answer(`^MAIL.*(?-i:body)`, "501 5.5.4 bad parameter")},
		{id: "rfc6152-3-body-once", name: "the last counts", fault: obey(`BODY=7BIT BODY`, "BODY"), level: "note"},
		{id: "rfc6152-3-body-once", name: "closes", fault: hangUp(`BODY=7BIT BODY`)},
		{id: "rfc6152-2-body-bad", name: "ignored", fault: obey(` BODY\S*`, ""), level: "warning"},
		{id: "rfc6152-2-body-bad", name: "closes", fault: hangUp(`BODY=9BIT`)},
		{id: "rfc6152-3-line-1000", name: "too long", fault: refusesIf(func(text string) bool { return strings.Contains(text, strings.Repeat("\xe9", 998)) }, "500 5.6.0 line too long")},
	})
}
