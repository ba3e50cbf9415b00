package luaapi

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

type sendOptions struct {
	Secret bool `lua:"secret" doc:"Keeps the bytes out of every output, in whatever form the server may repeat them." default:"false, but true for what follows AUTH or answers a 334"`
}

var sendTable = bind.OptionsOf[sendOptions]("smtp.SendOptions", "How to send.")

// writeOptions are those of send, and how what is written comes to the network.
type writeOptions struct {
	Secret bool           `lua:"secret" doc:"Keeps the bytes out of every output, in whatever form the server may repeat them." default:"false, but true for what follows AUTH or answers a 334"`
	Pieces lua.LValue     `lua:"pieces" type:"integer[]" doc:"Sizes of pieces to write one by one: TCP segments, in TLS records. The rest follows in one." default:"all in one"`
	Gap    *time.Duration `lua:"gap" doc:"Pause between two pieces. Needs pieces." default:"none"`
}

var writeTable = bind.OptionsOf[writeOptions]("smtp.WriteOptions", "How to write.")

func (k *conn) send(c *bind.Call) error {
	line := c.String(0)
	if i := strings.IndexAny(line, "\r\n\x00"); i >= 0 {
		return fmt.Errorf("c:send: the line has a %s in it; c:write sends bytes as they are", map[byte]string{'\r': "CR", '\n': "LF", 0: "NUL"}[line[i]])
	}
	if err := k.put(c, line+"\r\n", sendOpts(c, 1)); err != nil {
		return err
	}
	return k.self(c)
}

func sendOpts(c *bind.Call, i int) (o sendOptions) {
	sendTable.Decode(c.Table(i), &o)
	return o
}

func (k *conn) write(c *bind.Call) error {
	bytes := c.String(0)
	var o writeOptions
	writeTable.Decode(c.Table(1), &o)
	w := wire.WriteOptions{Secret: o.Secret}
	if o.Gap != nil {
		w.Gap = *o.Gap
	}
	switch pieces, err := piecesOf(o.Pieces, len(bytes)); {
	case err != nil:
		return fmt.Errorf("c:write: option pieces: %w", err)
	case len(pieces) == 0 && o.Gap != nil:
		return fmt.Errorf("c:write: option gap: it lies between pieces, which are missing")
	default:
		w.Pieces = pieces
	}
	if err := k.transmit(c, bytes, w); err != nil {
		return err
	}
	return k.self(c)
}

// piecesOf are sizes of pieces of n bytes.
func piecesOf(list lua.LValue, n int) (sizes []int, err error) {
	t, ok := list.(*lua.LTable)
	if !ok {
		return nil, nil
	}
	left := n
	for i := 1; i <= t.Len(); i++ {
		size := int(lua.LVAsNumber(t.RawGetInt(i)))
		if size < 1 {
			return nil, fmt.Errorf("item %d: 1 byte at least, got %d", i, size)
		}
		if left -= size; left < 0 {
			return nil, fmt.Errorf("item %d: the pieces have more than the %d bytes that there are", i, n)
		}
		sizes = append(sizes, size)
	}
	return sizes, nil
}

// put writes bytes at once.
func (k *conn) put(c *bind.Call, bytes string, o sendOptions) error {
	return k.transmit(c, bytes, wire.WriteOptions{Secret: o.Secret})
}

func (k *conn) transmit(c *bind.Call, bytes string, o wire.WriteOptions) error {
	if bytes == "" {
		return nil
	}
	if o.Gap > 0 {
		k.a.meanwhile(k)
	}
	o.Idle = k.replyLimit("")
	return k.written(c, k.wire.Write(attemptOf(c.L).ctx, bytesOf(bytes), o), o.Idle)
}

// written says how a write ended that had idle to wait for the server.
func (k *conn) written(c *bind.Call, kind wire.Kind, idle time.Duration) error {
	switch kind {
	case wire.Cancelled:
		return k.a.cancelledWaiting(c.L, k, "the server to take what was written")
	case wire.Local:
		return fmt.Errorf("c:%s: the connection was closed for writing by the script", c.F.Name)
	case wire.Timeout:
		return k.a.failed(c.L, event.Failure{Kind: "timeout", Conn: k.wire.ID, Wire: k.a.transcript.Len(), Address: k.address,
			Message: fmt.Sprintf("the server stopped reading: it took nothing of what was written for %s", durationText(idle))})
	}
	return nil
}

// bytesOf is text as bytes that nobody changes: it is not copied, for messages are long.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
