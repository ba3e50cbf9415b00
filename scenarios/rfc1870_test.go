package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSize(t *testing.T) {
	ignored := obey(` SIZE\S*`, "")
	suite(t, "rfc1870/size.lua", []fault{
		{id: "rfc1870-3-keyword", name: "10M", fault: say("EHLO", func(r string) string { return strings.Replace(r, "SIZE 10485760", "SIZE 10M", 1) })},
		{id: "rfc1870-3-keyword", name: "two numbers", fault: say("EHLO", func(r string) string { return strings.Replace(r, "SIZE ", "SIZE 0 ", 1) })},
		{id: "rfc1870-6-mail-size-ok", name: "refused", fault: answer(`^MAIL.*SIZE=1000`, "552 5.3.4 too big")},
		{id: "rfc1870-6-mail-size-ok", name: "unknown", fault: answer(`^MAIL.*SIZE=`, "555 5.5.4 unknown parameter")},
		{id: "rfc1870-6.1-too-big-552", name: "ignored", fault: ignored},
		{id: "rfc1870-6.1-too-big-552", name: "another code", fault: replaced("MAIL", "552", "550"), level: "warning"},
		{id: "rfc1870-4-oversize-data-552", name: "accepted", fault: replaced(".", "552 5.3.4", "250 2.0.0")},
		{id: "rfc1870-4-oversize-data-552", name: "another code", fault: replaced(".", "552", "554"), level: "warning"},
		{id: "rfc1870-6-no-eod-by-size", name: "it does", fault: cutsAtSize()},
		{id: "rfc1870-6.3-lie-small", name: "another code", fault: refusesLong(1500, "554 5.6.0 you said 10")},
		{id: "rfc1870-6.3-agreed-not-552", name: "552", fault: refusesLong(3000, "552 5.3.4 too big")},
		{id: "rfc1870-6.3-agreed-not-552", name: "what the server adds counts", fault: refusesLong(3500, "552 5.3.4 too big")},
		{id: "rfc1870-5-count-definition", name: "they do", fault: refusesLong(10<<20, "552 5.3.4 too big")},
		{id: "rfc1870-3-size-20digits", name: "wraps", fault: obey(`SIZE=18446744073709551617`, "SIZE=1")},
		{id: "rfc1870-3-size-20digits", name: "ignored", fault: ignored},
		{id: "rfc1870-3-size-syntax", name: "ignored", fault: ignored, level: "warning"},
		{id: "rfc1870-3-size-syntax", name: "closes", fault: hangUp(`SIZE=-1`)},
		{id: "rfc1870-6-size-once", name: "the last counts", fault: obey(`SIZE=100 `, ""), level: "note"},
		{id: "rfc1870-6-size-once", name: "closes", fault: hangUp(`SIZE=100 SIZE=200`)},
	})
}

// cutsAtSize ends a message that was declared to have 10 octets after so many.
func cutsAtSize() faulty.Fault {
	f, declared := endsAt(), false
	f.Command = func(_ *faulty.Conv, text string) (string, bool) {
		declared = declared || strings.HasSuffix(text, "SIZE=10")
		return text, false
	}
	f.EndOfData = func(data []byte) (int, int, bool) {
		if declared && len(data) >= 10 {
			return 10, 10, true
		}
		return faulty.EndOfData(data)
	}
	return f
}
