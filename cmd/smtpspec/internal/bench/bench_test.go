//go:build linux

package main

import (
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// The plain client speaks to a server that knows what a good client is, and notices a wrong reply.
func TestConverse(t *testing.T) {
	server, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	facts := server.Facts()
	address := net.JoinHostPort(facts["host"], facts["port"])
	if err := converse(address, steps(facts["valid_rcpt"])); err != nil {
		t.Error(err)
	}
	if err := converse(address, steps(facts["invalid_rcpt"])); err == nil || !strings.Contains(err.Error(), "550") {
		t.Errorf("a refused recipient gives %v", err)
	}
}

// A client alone gets no answer to its NOOP; with the other one both do.
func TestHold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var helds atomic.Int32
	served := make(chan error, 1)
	go func() { served <- hold(l, 2, func() { helds.Add(1) }) }()
	answers := make(chan error, 2)
	go func() { answers <- converse(l.Addr().String(), heldSteps) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) > 0 || helds.Load() > 0 {
		t.Error("the first did not wait for the second")
	}
	if _, err := conn.Write([]byte("NOOP\r\nQUIT\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := <-answers; err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil || helds.Load() != 1 {
		t.Errorf("%v, held %d times", err, helds.Load())
	}
	conn.Close()
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   figure
		text   string
	}{
		{[]float64{3, 1, 200}, figure{3, 1, 200}, "3.00 µs [1.00…200]"},
		{[]float64{4, 1, 3, 20}, figure{3.5, 1, 20}, "3.50 µs [1.00…20.0]"},
		{[]float64{7}, figure{7, 7, 7}, "7.00 µs"},
	} {
		if got := median(c.values); got != c.want || got.text("µs") != c.text {
			t.Errorf("%v: %v, %s", c.values, got, got.text("µs"))
		}
	}
	if got := (figure{30, 20, 50}).less(figure{10, 0, 90}, 10); got != (figure{2, 1, 4}) {
		t.Errorf("an empty run taken off: %v", got)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		l    limit
		want string
	}{{atMost(1.3, 1.3, ""), "yes"}, {atMost(1.31, 1.3, ""), "**no**"}, {atLeast(0.85, 0.85, ""), "yes"}, {atLeast(0.84, 0.85, ""), "**no**"}, {limit{}, ""}} {
		if got := c.l.verdict(); got != c.want {
			t.Errorf("%s: %s, not %s", c.l.text, got, c.want)
		}
	}
}

// The page shows the conversation that is measured.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```lua\n"+conversationLua+"```\n") {
		t.Errorf("docs/benchmarks.md does not show\n%s", conversationLua)
	}
}
