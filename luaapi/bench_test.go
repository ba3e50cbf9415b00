package luaapi_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/runner/event"
	"sync/atomic"
)

// declared loads source as a file and collects it against the demo server.
func declared(b *testing.B, source string) ([]*luaapi.Declaration, *luaapi.Env) {
	b.Helper()
	server, err := demo.Start(demo.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { server.Close() })
	facts := server.Facts()
	target, err := luaapi.ParseTarget("smtp://" + facts["host"] + ":" + facts["port"])
	if err != nil {
		b.Fatal(err)
	}
	for n, v := range facts {
		if err := target.SetText(n, v); err != nil {
			b.Fatal(err)
		}
	}
	env := &luaapi.Env{Target: target, Vars: luaapi.NewVars(), Counter: new(atomic.Uint64), Keywords: &luaapi.Keywords{}, Run: "r"}
	file, err := luaapi.New().NewLoader(func(string) ([]byte, error) { return []byte(source), nil }).Load("bench.lua", luaapi.Place{})
	if err != nil {
		b.Fatal(err)
	}
	decls, err := file.Collect(context.Background(), env)
	if err != nil {
		b.Fatal(err)
	}
	return decls, env
}

func runOne(b *testing.B, d *luaapi.Declaration, env *luaapi.Env) {
	r := d.Run(context.Background(), context.Background(), env, event.Key{File: "bench.lua", Name: d.Name, Repetition: 1}, 1)
	if r.Failed || r.Errored {
		b.Fatalf("%+v", r.Failures)
	}
}

// BenchmarkScenario is what a scenario costs that does next to nothing: a state, the chunk, an assertion.
func BenchmarkScenario(b *testing.B) {
	decls, env := declared(b, `scenario("s", function() assert.is_true(true) end)`)
	b.ReportAllocs()
	for b.Loop() {
		runOne(b, decls[0], env)
	}
}

// BenchmarkScenarioInLargeFile is the same where the file declares others in a loop.
func BenchmarkScenarioInLargeFile(b *testing.B) {
	for _, n := range []int{100, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			decls, env := declared(b, `for i = 1, `+strconv.Itoa(n)+` do scenario("s" .. i, function() assert.is_true(true) end) end`)
			for b.Loop() {
				runOne(b, decls[n/2], env)
			}
		})
	}
}

// BenchmarkConversation is a whole conversation of seven round trips with the demo server in the same process.
func BenchmarkConversation(b *testing.B) {
	decls, env := declared(b, `
local c = smtp.connect()
c:expect(220)
c:send("EHLO client.example"):expect(250)
c:send("MAIL FROM:<a@example.org>"):expect(250)
c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect(250)
c:send("DATA"):expect(354)
c:send_data("Subject: x\n\nhello\n")
c:expect(250)
c:send("QUIT"):expect(221)
`)
	b.ReportAllocs()
	for b.Loop() {
		runOne(b, decls[0], env)
	}
}
