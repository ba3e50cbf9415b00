package scenarios_test

import (
	"regexp"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestFutureRelease(t *testing.T) {
	offers := func(text string) faulty.Fault {
		return say("EHLO", func(reply string) string {
			return regexp.MustCompile(`FUTURERELEASE \d+ \S+`).ReplaceAllString(reply, "FUTURERELEASE"+text)
		})
	}
	faults := []fault{
		{id: "rfc4865-3-keyword", name: "alone", fault: offers("")},
		{id: "rfc4865-3-keyword", name: "no time", fault: offers(" 86400")},
		{id: "rfc4865-3-keyword", name: "no interval", fault: offers(" 2030-01-01T00:00:00Z")},
		{id: "rfc4865-3-keyword", name: "seconds since 1970", fault: offers(" 86400 1900000000")},
		{id: "rfc4865-3-keyword", name: "a day ahead", fault: offers(" 86400 2030-01-01T00:00:00Z"), right: true},
		{id: "rfc4865-4.2-hold-ok", name: "no HOLDFOR", fault: answer(`^MAIL.* HOLDFOR=`, "555 5.5.4 unknown parameter")},
		{id: "rfc4865-4.2-hold-ok", name: "no HOLDUNTIL", fault: answer(`^MAIL.* HOLDUNTIL=`, "555 5.5.4 unknown parameter")},
		{id: "rfc4865-4.2-hold-ok", name: "in upper case alone", fault: answer(`^MAIL.* (?-i:holdfor)=`, "555 5.5.4 unknown parameter")},
		{id: "rfc4865-4.2-hold-too-far", name: "any interval", fault: obey(` HOLDFOR=601`, "")},
		{id: "rfc4865-4.2-hold-too-far", name: "any time", fault: obey(` HOLDUNTIL=2\S*`, "")},
		{id: "rfc4865-4.2-hold-too-far", name: "zero", fault: obey(` HOLDFOR=0`, "")},
		{id: "rfc4865-4.2-hold-too-far", name: "negative", fault: obey(` HOLDFOR=-1`, "")},
		{id: "rfc4865-4.2-hold-too-far", name: "a word", fault: obey(` HOLDUNTIL=tomorrow`, "")},
		{id: "rfc4865-4.2-hold-too-far", name: "another code", fault: replaced("MAIL", "501", "554"), level: "warning"},
		{id: "rfc4865-4.2-hold-twice", name: "both", fault: obey(` HOLDUNTIL=\S*`, "")},
		{id: "rfc4865-4.2-hold-twice", name: "one twice", fault: obey(`( HOLDFOR=60) HOLDFOR=60`, "$1")},
		{id: "rfc4865-5.2.2-by-conflict", name: "released", fault: obey(` BY=60;R HOLDFOR`, " HOLDFOR")},
		{id: "rfc4865-5.2.2-by-conflict", name: "held", fault: obey(` HOLDFOR=120`, "")},
	}
	right := map[string]bool{}
	for i := range faults {
		faults[i].to = "submission"
		if id := faults[i].id; !right[id] {
			right[id] = true
			faults = append(faults, fault{id: id, name: "right", to: "submission", right: true})
		}
	}
	faults = append(faults, fault{id: "rfc4865-4.2-submission-only", name: "for relays", fault: lists("FUTURERELEASE 86400 2030-01-01T00:00:00Z")})
	suite(t, "rfc4865/futurerelease.lua", faults)
}
