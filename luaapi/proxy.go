package luaapi

import (
	"cmp"
	"fmt"
	"math"
	"sort"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	lua "github.com/yuin/gopher-lua"
)

// proxyOptions say what a PROXY protocol header has.
type proxyOptions struct {
	Version     int         `lua:"version" doc:"1, the text form, or 2, the binary one." default:"required, but for raw"`
	Command     string      `lua:"command" doc:"\"proxy\", or \"local\": a connection of the proxy's own, which carries no addresses (in version 1: UNKNOWN)." default:"\"proxy\""`
	Family      string      `lua:"family" doc:"\"tcp4\", \"tcp6\", \"unknown\", which carries no addresses, and in version 2 \"udp4\", \"udp6\", \"unix\" and \"unix-dgram\"." default:"that of the addresses"`
	Source      string      `lua:"source" doc:"The client's address, as in \"192.0.2.1:25000\", \"[2001:db8::1]:25000\", or the path of a UNIX socket." default:"our end of the connection"`
	Destination string      `lua:"destination" doc:"The address that the client connected to." default:"the server's end of the connection"`
	TLVs        *lua.LTable `lua:"tlvs" doc:"Extensions of version 2: type to bytes, as in { [0x02] = \"mx.example\" }. They are written by their types." default:"none"`
	CRC32C      bool        `lua:"crc32c" doc:"Adds the checksum of the header, as the last of its TLVs." default:"false"`
	Raw         string      `lua:"raw" doc:"These bytes instead of a header, and no other option." default:"none"`
}

var proxyTable = bind.OptionsOf[proxyOptions]("smtp.ProxyOptions", "The PROXY protocol header of a connection (haproxy's doc/proxy-protocol.txt).")

// proxyHeader is what the connection begins with.
type proxyHeader struct {
	wire.ProxyHeader
	raw string
}

// readProxy takes the option apart. What it leaves to the connection is not known yet.
func readProxy(t *lua.LTable) (*proxyHeader, error) {
	o := proxyOptions{Command: "proxy"}
	proxyTable.Decode(t, &o)
	if t.RawGetString("raw") != lua.LNil {
		if n := countKeys(t); n > 1 || o.Raw == "" {
			return nil, fmt.Errorf("raw stands alone, and has one byte at least")
		}
		return &proxyHeader{raw: o.Raw}, nil
	}
	switch {
	case t.RawGetString("version") == lua.LNil:
		return nil, fmt.Errorf("version is missing: 1 or 2")
	case o.Version != 1 && o.Version != 2:
		return nil, fmt.Errorf("version: 1 or 2 expected, got %d", o.Version)
	}
	if err := oneOf("command", o.Command, "proxy", "local"); err != nil {
		return nil, err
	}
	if t.RawGetString("family") != lua.LNil {
		if err := oneOf("family", o.Family, wire.ProxyFamilies()...); err != nil {
			return nil, err
		}
	}
	tlvs, err := readTLVs(o.TLVs)
	if err != nil {
		return nil, err
	}
	h := &proxyHeader{ProxyHeader: wire.ProxyHeader{Version: o.Version, Local: o.Command == "local", Family: o.Family,
		Source: o.Source, Destination: o.Destination, TLVs: tlvs, CRC32C: o.CRC32C}}
	return h, h.tried()
}

// tried tells what is wrong before anybody connects, as far as it can be told: an address that is left out is like the one that is there.
func (h *proxyHeader) tried() error {
	trial := h.ProxyHeader
	if h.Addressed() {
		switch {
		case h.Source == "" && h.Destination == "":
			return nil
		case h.Source == "":
			trial.Source = h.Destination
		case h.Destination == "":
			trial.Destination = h.Source
		}
	}
	_, err := trial.Bytes()
	return err
}

func countKeys(t *lua.LTable) (n int) {
	t.ForEach(func(_, _ lua.LValue) { n++ })
	return n
}

// readTLVs takes a table of types to bytes.
func readTLVs(t *lua.LTable) (tlvs []wire.ProxyTLV, err error) {
	if t == nil {
		return nil, nil
	}
	t.ForEach(func(k, v lua.LValue) {
		n, isNumber := k.(lua.LNumber)
		value, isText := v.(lua.LString)
		switch {
		case err != nil:
		case !isNumber || float64(n) < 0 || float64(n) > 255 || math.Trunc(float64(n)) != float64(n):
			err = fmt.Errorf("tlvs: a type is a number from 0 to 255, as in { [0x02] = \"mx.example\" }, got %s", bind.Describe(k))
		case !isText:
			err = fmt.Errorf("tlvs: type 0x%02x: string expected, got %s", int(n), bind.Describe(v))
		case len(value) > 0xffff:
			err = fmt.Errorf("tlvs: type 0x%02x: at most 65535 bytes, got %d", int(n), len(value))
		default:
			tlvs = append(tlvs, wire.ProxyTLV{Type: byte(n), Value: string(value)})
		}
	})
	sort.Slice(tlvs, func(i, j int) bool { return tlvs[i].Type < tlvs[j].Type })
	return tlvs, err
}

// introduce writes the PROXY header, before TLS and everything else.
func (k *conn) introduce(c *bind.Call) error {
	h := k.proxy
	if h == nil {
		return nil
	}
	b, about := []byte(h.raw), "PROXY protocol header, as the script gives it"
	if h.raw == "" {
		if h.Addressed() {
			h.Source, h.Destination = cmp.Or(h.Source, k.wire.LocalAddr()), cmp.Or(h.Destination, k.wire.RemoteAddr())
		}
		var err error
		if b, err = h.Bytes(); err != nil {
			return fmt.Errorf("%s: option proxy: %w", c.Name(), err)
		}
		if about = h.String(); h.Version == 1 {
			about = "" // it is text that tells it
		}
	}
	idle := k.replyLimit("")
	return k.written(c, k.wire.WriteProxy(attemptOf(c.L).ctx, b, about, idle), idle)
}
