package wire

import (
	"context"
	"net"
	"testing"
)

// TestRawReadsAreFollowed: a greeting that is read as bytes is a greeting all the same, so that the next reply is the one
// to EHLO, and so is a reply to EHLO that is read as lines.
func TestRawReadsAreFollowed(t *testing.T) {
	ctx := context.Background()
	for name, greeting := range map[string]func(c *Conn){
		"a line": func(c *Conn) { c.ReadLine(ctx, patient()) },
		"two pieces": func(c *Conn) {
			c.ReadN(ctx, 4, patient())
			c.ReadLine(ctx, patient())
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, func(nc net.Conn) {
				say(nc, "220 mx ESMTP\r\n")
				line(nc)
				say(nc, "250-mx\r\n250 SIZE 10\r\n")
				line(nc)
				say(nc, "250-mx\r\n250 SIZE 20\r\n")
				hold(nc)
			})
			greeting(c)
			if c.Greeting == nil || c.Greeting.Code != 220 {
				t.Errorf("greeting %+v", c.Greeting)
			}
			write(t, c, "EHLO x\r\n")
			if r := read(t, c); r.Verb != "EHLO" || c.Hello != r {
				t.Errorf("the reply is to %q", r.Verb)
			}
			write(t, c, "EHLO y\r\n")
			c.ReadLine(ctx, patient())
			c.ReadLine(ctx, patient())
			if c.Hello.Lines[1].Text != "SIZE 20" {
				t.Errorf("Hello is still %q", c.Hello.Raw)
			}
		})
	}
}
