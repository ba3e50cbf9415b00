package message

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/authres"
)

func TestAuthenticationResults(t *testing.T) {
	for in, want := range map[string]string{
		"mx.test; none": "mx.test [] ",
		"mx.test 1; spf=pass smtp.mailfrom=a@b.test":                                                           "mx.test [{spf  pass  [{smtp.mailfrom a@b.test}] }] ",
		"(c) mx.test (d) ; dkim=FAIL (bad; key) reason=\"a; b\" header.d = x.test header.b=a/b=; dmarc = none": "mx.test [{dkim  fail a; b [{header.d x.test} {header.b a/b=}] bad; key} {dmarc  none  [] }] ",
		"mx.test; dkim/1=pass": "mx.test [{dkim 1 pass  [] }] ",
		"mx.test":              "mx.test [] ",
		"mx.test;;":            "mx.test [] ",
		"mx.test; spf":         "mx.test [] no result after the method \"spf\"",
		"mx.test; spf=pass x":  "mx.test [] no value after the property \"x\"",
		"a b c; spf=pass":      "a [{spf  pass  [] }] after the server's name and the version something else than a semicolon comes",
		"mx.test; auth=pass smtp.auth=\"a b\"@c.test": "mx.test [{auth  pass  [{smtp.auth a b@c.test}] }] ",
	} {
		a := ParseAuthenticationResults(in)
		if got := fmt.Sprintf("%s %v %s", a.Server, a.Results, a.Problem); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", in, got, want)
		}
	}
}

// Fields of which go-msgauth's authres loses something: that is why they are read here. A row that fails because the library can read it
// now is a reason to think again.
func TestAuthenticationResultsOfServers(t *testing.T) {
	for _, c := range []struct {
		why, field, ours, theirs string
	}{
		{"a semicolon in a comment ends its reading (OpenDKIM)",
			"mx.example.org; dkim=pass (2048-bit key; unprotected) header.d=example.org header.i=@example.org; spf=pass smtp.mailfrom=a@example.org",
			"dkim=pass (2048-bit key; unprotected) header.d=example.org header.i=@example.org, spf=pass smtp.mailfrom=a@example.org",
			"&{pass   }, error"},
		{"of a reason in quotes it gives the first word",
			"mx.example.org; dkim=permerror reason=\"no key for signature\" header.d=example.org",
			"dkim=permerror reason=no key for signature header.d=example.org",
			"&{permerror \"no example.org }"},
		{"a semicolon in a quoted string ends its reading",
			"mx.example.org; dkim=fail reason=\"body; changed\" header.d=example.org; spf=pass smtp.helo=x",
			"dkim=fail reason=body; changed header.d=example.org, spf=pass smtp.helo=x",
			"&{fail \"body  }, error"},
		{"it drops comments, in which OpenDMARC says what the policy is",
			"mx.example.org; dmarc=fail (p=reject dis=none) header.from=example.org",
			"dmarc=fail (p=reject dis=none) header.from=example.org",
			"&{fail  example.org}"},
		{"it drops header.s and header.b, by which Gmail tells two signatures apart (RFC 6008)",
			"mx.google.com; dkim=pass header.i=@example.org header.s=s1 header.b=AbCd; dkim=pass header.i=@example.org header.s=s2 header.b=EfGh",
			"dkim=pass header.i=@example.org header.s=s1 header.b=AbCd, dkim=pass header.i=@example.org header.s=s2 header.b=EfGh",
			"&{pass   @example.org}, &{pass   @example.org}"},
		{"it drops action, in which Exchange says what it did",
			"mx.microsoft.com 1; dmarc=fail action=quarantine header.from=example.org",
			"dmarc=fail action=quarantine header.from=example.org",
			"&{fail  example.org}"},
		{"it takes a comment before a result for the result",
			"mx.example.org; (first) spf=pass smtp.mailfrom=a@example.org",
			"spf=pass (first) smtp.mailfrom=a@example.org",
			"error"},
		{"it takes no blanks around the equals sign, which RFC 8601 2.2 allows",
			"mx.example.org; spf = pass smtp.mailfrom = a@example.org",
			"spf=pass smtp.mailfrom=a@example.org",
			"error"},
	} {
		var ours []string
		a := ParseAuthenticationResults(c.field)
		for _, r := range a.Results {
			text := r.Method + "=" + r.Result
			if r.Comment != "" {
				text += " (" + r.Comment + ")"
			}
			if r.Reason != "" {
				text += " reason=" + r.Reason
			}
			for _, p := range r.Properties {
				text += " " + p.Name + "=" + p.Value
			}
			ours = append(ours, text)
		}
		if got := strings.Join(ours, ", ") + a.Problem; got != c.ours {
			t.Errorf("%s:\ngot  %s\nwant %s", c.why, got, c.ours)
		}
		_, list, err := authres.Parse(c.field)
		var theirs []string
		for _, r := range list {
			theirs = append(theirs, fmt.Sprint(r))
		}
		if err != nil {
			theirs = append(theirs, "error")
		}
		if got := strings.Join(theirs, ", "); got != c.theirs {
			t.Errorf("%s: go-msgauth reads it otherwise than it did:\ngot  %s\nwant %s", c.why, got, c.theirs)
		}
	}
}
