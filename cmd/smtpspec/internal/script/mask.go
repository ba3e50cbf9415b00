package script

import (
	"bytes"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// masked is steps without secrets: a reply that repeats one is required by its codes alone, and where the client sent one outside of AUTH
// the mask goes in its place.
func masked(steps []Step, secrets *wire.Secrets) []Step {
	if secrets.Empty() {
		return steps
	}
	telling := tellingOf(secrets)
	var out []Step
	for _, s := range steps {
		if s.Reply != nil {
			s.Reply = maskedAnswer(s.Reply, secrets)
		}
		s.Text = secrets.Text(s.Text)
		if data := telling.Bytes(s.Data); !bytes.Equal(data, s.Data) {
			out = append(out, Step{Kind: Lost, Conn: s.Conn, Text: "a password that was sent here"})
			s.Data = data
		}
		out = append(out, s)
	}
	return out
}

// tellingOf are the secrets that are no everyday words: "test" is a password now and then, and most often is none.
func tellingOf(secrets *wire.Secrets) *wire.Secrets {
	const least = 6
	telling := &wire.Secrets{}
	for _, v := range secrets.Values() {
		if len(v) >= least {
			telling.Add(v)
		}
	}
	return telling
}

func maskedAnswer(a *Answer, secrets *wire.Secrets) *Answer {
	m := *a
	m.Raw = secrets.Bytes(a.Raw)
	m.Lines = nil
	for _, line := range a.Lines {
		if secrets.Text(line) != line {
			line, _ = splitEnhanced(line)
		}
		m.Lines = append(m.Lines, line)
	}
	return &m
}
