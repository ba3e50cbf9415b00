package luaapi

import (
	"fmt"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// expectClose and expectSilence are the expectations about the stream itself.

func (k *conn) expectClose(c *bind.Call) error {
	within := c.Duration(0, k.replyLimit(""))
	k.a.meanwhile(k)
	said, kind := k.wire.WaitClose(attemptOf(c.L).ctx, k.deadline(within))
	if kind == wire.Cancelled {
		return k.a.cancelledWaiting(c.L, k, "the server to close the connection")
	}
	got := "the connection was closed"
	f := event.Failure{Kind: "expectation", Message: "the server spoke where it should have closed the connection"}
	switch kind {
	case wire.None:
		got = visible(said)
	case wire.TLS:
		if k.wire.Alert() == "" {
			got = "bytes that are no TLS"
			f = event.Failure{Kind: "garbage", Message: "the TLS connection broke where the server should have closed it"}
			kind = wire.Garbage
		}
	case wire.Timeout:
		got = fmt.Sprintf("the connection was open after %s", durationText(within))
		f = event.Failure{Kind: "timeout", Message: fmt.Sprintf("the server did not close the connection within %s", durationText(within))}
	}
	f.Want, f.Got, f.Call = "a close, with nothing said", got, "expect_close("+luaDuration(within)+")"
	return k.outcome(c, kind == wire.Close || kind == wire.Reset || kind == wire.TLS, f)
}

// outcome records an expectation about the stream itself; f says what was wanted and what came.
func (k *conn) outcome(c *bind.Call, ok bool, f event.Failure) error {
	k.a.expected(c.L, event.Expectation{What: c.F.Name, OK: ok, Want: f.Want, Got: f.Got})
	if ok {
		return nil
	}
	f.Conn, f.Wire, f.Address = k.wire.ID, k.a.transcript.Len(), k.address
	return k.a.failed(c.L, f)
}

func (k *conn) expectSilence(c *bind.Call) error {
	d := c.Duration(0, 0)
	k.a.meanwhile(k)
	said, kind := k.wire.WaitSilence(attemptOf(c.L).ctx, k.deadline(d))
	if kind == wire.Cancelled {
		return k.a.cancelledWaiting(c.L, k, "the end of a silence")
	}
	got := "silence"
	f := event.Failure{Kind: "silence", Message: "the server spoke where it should have been silent"}
	switch kind {
	case wire.None:
		got = visible(said)
	case wire.Close, wire.Reset, wire.TLS:
		got = "the connection was closed"
		f = event.Failure{Kind: string(kind), Message: "the server ended the connection where it should have kept it open"}
	}
	f.Want, f.Got, f.Call = fmt.Sprintf("silence for %s, the connection open", durationText(d)), got, "expect_silence("+luaDuration(d)+")"
	return k.outcome(c, kind == wire.Timeout, f)
}
