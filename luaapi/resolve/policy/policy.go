// Package policy reads and judges what a domain says of its mail in DNS: SPF (RFC 7208), DKIM keys (RFC 6376), DMARC (RFC 9989), MTA-STS
// (RFC 8461) and TLS reports (RFC 8460). What is wrong with a record is no error: it is told in the judgement that comes with it. Errors are for
// resolvers that do not answer.
package policy

import (
	"context"
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/resolve"
)

// Asker asks a resolver.
type Asker struct {
	Resolver *resolve.Resolver
	Options  resolve.Options
}

// query asks for the records of a name. The error is a *resolve.Error.
func (a *Asker) query(ctx context.Context, name, typ string) (*resolve.Answer, error) {
	return a.Resolver.Query(ctx, name, typ, a.Options)
}

// texts are the TXT records of a name.
func (a *Asker) texts(ctx context.Context, name string) ([]string, error) {
	answer, err := a.query(ctx, name, "TXT")
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(answer.Records))
	for _, r := range answer.Records {
		out = append(out, r.Text)
	}
	return out, nil
}

// Judgement is what is to be said of a record.
type Judgement struct {
	Record   string   // "" when there is none, or more than one
	Found    bool     // there is at least one
	Problems []string // what makes it invalid, or useless
	Warnings []string // what is allowed and unwise
}

// Valid tells whether there is a record that works.
func (j *Judgement) Valid() bool { return j.Found && len(j.Problems) == 0 }

func (j *Judgement) problem(format string, args ...any) {
	j.Problems = append(j.Problems, fmt.Sprintf(format, args...))
}

func (j *Judgement) warning(format string, args ...any) {
	j.Warnings = append(j.Warnings, fmt.Sprintf(format, args...))
}

// only takes the one record of those that are of the kind; several are a problem, since a receiver then acts as if there were none.
func (j *Judgement) only(kind string, records []string) (string, bool) {
	j.Found = len(records) > 0
	if len(records) > 1 {
		j.problem("there are %d %s records where one is allowed: they all count for nothing", len(records), kind)
	}
	if len(records) != 1 {
		return "", false
	}
	j.Record = records[0]
	return j.Record, true
}

// tag is one of a list "name=value; name=value".
type tag struct{ name, value string }

// parseTags takes such a list apart (RFC 6376 3.2, RFC 9989 4.8). What is wrong in it becomes a problem; names are in lower case.
func (j *Judgement) parseTags(text string) (tags []tag) {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.Trim(part, " \t\r\n"); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !ok:
			j.problem("%q is no tag: name=value expected", part)
			continue
		case !isTagName(name):
			j.problem("%q is no name of a tag", name)
			continue
		case seen[name]:
			j.problem("the tag %s is there twice", name)
		}
		seen[name] = true
		tags = append(tags, tag{name, value})
	}
	return tags
}

func isTagName(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// begins tells whether a record is of the version: "v=DMARC1" alone, or with something after a semicolon. Blanks do not matter, the case of the
// value does.
func begins(record, version string) bool {
	first, _, _ := strings.Cut(record, ";")
	name, value, ok := strings.Cut(first, "=")
	return ok && strings.EqualFold(strings.TrimSpace(name), "v") && strings.TrimSpace(value) == version
}

// ofVersion are the records that begin so.
func ofVersion(records []string, version string) (out []string) {
	for _, r := range records {
		if begins(r, version) {
			out = append(out, r)
		}
	}
	return out
}

// uris takes a list of report addresses apart.
func (j *Judgement) uris(name, value string, schemes ...string) (out []string) {
	for u := range strings.SplitSeq(value, ",") {
		u = strings.TrimSpace(u)
		scheme, rest, ok := strings.Cut(u, ":")
		known := false
		for _, s := range schemes {
			known = known || strings.EqualFold(s, scheme)
		}
		switch {
		case !ok || rest == "":
			j.problem("%s: %q is no URI, as in mailto:reports@example.org", name, u)
			continue
		case !known:
			j.warning("%s: nobody sends reports to %q: %s expected", name, u, strings.Join(schemes, " or "))
		case strings.EqualFold(scheme, "mailto") && !strings.Contains(rest, "@"):
			j.problem("%s: %q has no mail address", name, u)
			continue
		}
		out = append(out, u)
	}
	return out
}
