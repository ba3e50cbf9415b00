package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

const sig = "0d0a0d0a000d0a515549540a" // proxy-protocol.txt 2.2

func zeros(n int) string { return strings.Repeat("00", n) }

// The bytes are written down by hand from haproxy's proxy-protocol.txt, 2.1 and 2.2.
func TestProxyHeader(t *testing.T) {
	t.Parallel()
	const four = "192.0.2.1:25000"
	for _, tt := range []struct {
		name string
		h    ProxyHeader
		text string // version 1
		hex  string // version 2
	}{
		{"v1 TCP4", ProxyHeader{Version: 1, Source: four, Destination: "198.51.100.7:25"}, "PROXY TCP4 192.0.2.1 198.51.100.7 25000 25\r\n", ""},
		{"v1 TCP6", ProxyHeader{Version: 1, Source: "[2001:db8:0:0:0:0:0:1]:0", Destination: "[::1]:65535"}, "PROXY TCP6 2001:db8::1 ::1 0 65535\r\n", ""},
		{"v1 LOCAL", ProxyHeader{Version: 1, Local: true}, "PROXY UNKNOWN\r\n", ""},
		{"v1 UNKNOWN", ProxyHeader{Version: 1, Family: "unknown"}, "PROXY UNKNOWN\r\n", ""},
		{"v2 TCP4", ProxyHeader{Version: 2, Source: four, Destination: "198.51.100.7:25"}, "", sig + "2111000c" + "c0000201" + "c6336407" + "61a8" + "0019"},
		{"v2 UDP4", ProxyHeader{Version: 2, Family: "udp4", Source: four, Destination: four}, "", sig + "2112000c" + "c0000201c0000201" + "61a861a8"},
		{"v2 TCP6", ProxyHeader{Version: 2, Source: "[2001:db8::1]:25000", Destination: "[::1]:25"}, "",
			sig + "21210024" + "20010db8" + zeros(11) + "01" + zeros(15) + "01" + "61a80019"},
		{"v2 UDP6", ProxyHeader{Version: 2, Family: "udp6", Source: "[::2]:1", Destination: "[::3]:2"}, "",
			sig + "21220024" + zeros(15) + "02" + zeros(15) + "03" + "00010002"},
		{"v2 UNIX", ProxyHeader{Version: 2, Source: "/a", Destination: "/tmp/b"}, "",
			sig + "213100d8" + "2f61" + zeros(106) + "2f746d702f62" + zeros(102)},
		{"v2 UNIX datagrams", ProxyHeader{Version: 2, Family: "unix-dgram", Source: "a", Destination: strings.Repeat("b", 108)}, "",
			sig + "213200d8" + "61" + zeros(107) + strings.Repeat("62", 108)},
		{"v2 LOCAL", ProxyHeader{Version: 2, Local: true}, "", sig + "20000000"},
		{"v2 UNSPEC", ProxyHeader{Version: 2, Family: "unknown"}, "", sig + "21000000"},
		{"v2 LOCAL with a TLV", ProxyHeader{Version: 2, Local: true, TLVs: []ProxyTLV{{4, "\x00"}}}, "", sig + "20000004" + "04000100"},
		{"v2 TLVs", ProxyHeader{Version: 2, Source: four, Destination: four, TLVs: []ProxyTLV{{1, "h2"}, {2, "mx.example"}, {0xee, ""}}}, "",
			sig + "21110021" + "c0000201c0000201" + "61a861a8" + "01000268" + "32" + "02000a" + "6d782e6578616d706c65" + "ee0000"},
	} {
		got, err := tt.h.Bytes()
		want := []byte(tt.text)
		if tt.hex != "" {
			want, _ = hex.DecodeString(tt.hex)
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v\nwant %x", tt.name, got, err, want)
		}
	}
}

func TestProxyHeaderErrors(t *testing.T) {
	t.Parallel()
	const four, six = "192.0.2.1:25000", "[2001:db8::1]:25"
	for want, h := range map[string]ProxyHeader{
		`source: "192.0.2.1" is no address with a port, as in "192.0.2.1:25"`:              {Version: 1, Source: "192.0.2.1", Destination: four},
		`source: "192.0.2.1:65536" is no address with a port`:                              {Version: 2, Source: "192.0.2.1:65536", Destination: four},
		`destination: "mx.example:25" is no address with a port`:                           {Version: 2, Source: four, Destination: "mx.example:25"},
		`destination: "[fe80::1%eth0]:25" is no address with a port`:                       {Version: 2, Source: six, Destination: "[fe80::1%eth0]:25"},
		"source 192.0.2.1:25000 and destination [2001:db8::1]:25 are of two families":      {Version: 1, Source: four, Destination: six},
		"source: 192.0.2.1:25000 is no address of the family tcp6":                         {Version: 2, Family: "tcp6", Source: four, Destination: six},
		"version 1 has no family unix: version 2 has":                                      {Version: 1, Source: "/a", Destination: "/b"},
		"version 1 has no family udp4: version 2 has":                                      {Version: 1, Family: "udp4", Source: four, Destination: four},
		"tlvs and crc32c need version 2":                                                   {Version: 1, Local: true, CRC32C: true},
		"source: the path of a UNIX socket has 1 to 108 bytes, this one 109":               {Version: 2, Source: "/" + strings.Repeat("a", 108), Destination: "/b"},
		"destination: the path of a UNIX socket has 1 to 108 bytes, this one 0":            {Version: 2, Family: "unix", Source: "/a"},
		"the command local and the family unknown carry no addresses; raw writes any byte": {Version: 2, Local: true, Source: four},
		"the header has 65538 bytes behind its length, and 65535 is the most":              {Version: 2, Local: true, TLVs: []ProxyTLV{{4, strings.Repeat("x", 65535)}}},
	} {
		if b, err := h.Bytes(); b != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%x, %v; want %s", b, err, want)
		}
	}
}

// TestProxyHeaderIsRead has a parser of its own read what was written, checksum included.
func TestProxyHeaderIsRead(t *testing.T) {
	t.Parallel()
	for _, h := range []ProxyHeader{
		{Source: "192.0.2.1:25000", Destination: "198.51.100.7:25"},
		{Source: "[2001:db8::1]:25000", Destination: "[2001:db8::2]:25"},
		{Source: "/run/a", Destination: "/run/b"},
		{Local: true},
	} {
		for _, tlvs := range [][]ProxyTLV{nil, {{1, "h2"}}, {{4, strings.Repeat("\x00", 70)}, {5, "id"}}} {
			h.Version, h.TLVs, h.CRC32C = 2, tlvs, true
			b, err := h.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprint(h.Local, h.Source, h.Destination, append(tlvs[:len(tlvs):len(tlvs)], ProxyTLV{3, "good"}))
			if got := readProxy(b); got != want {
				t.Errorf("%x is read as\n%s, not\n%s", b, got, want)
			}
		}
	}
}

// readProxy is a reader of version 2 as a server has one. The value of a checksum that is right is "good".
func readProxy(b []byte) string {
	if len(b) < 16 || hex.EncodeToString(b[:12]) != sig || b[12]>>4 != 2 || int(b[14])<<8|int(b[15]) != len(b)-16 {
		return "no header of version 2"
	}
	rest, source, destination := b[16:], "", ""
	ip := func(n int) {
		from, _ := netip.AddrFromSlice(rest[:n])
		to, _ := netip.AddrFromSlice(rest[n : 2*n])
		port := func(p []byte) uint16 { return uint16(p[0])<<8 | uint16(p[1]) }
		source = netip.AddrPortFrom(from, port(rest[2*n:])).String()
		destination = netip.AddrPortFrom(to, port(rest[2*n+2:])).String()
		rest = rest[2*n+4:]
	}
	switch b[13] {
	case 0x11:
		ip(4)
	case 0x21:
		ip(16)
	case 0x31:
		source, destination = strings.TrimRight(string(rest[:108]), "\x00"), strings.TrimRight(string(rest[108:216]), "\x00")
		rest = rest[216:]
	}
	var tlvs []ProxyTLV
	for len(rest) >= 3 {
		n := int(rest[1])<<8 | int(rest[2])
		value := string(rest[3 : 3+n])
		if rest[0] == 3 {
			sum := bytes.Clone(rest[3:7])
			copy(rest[3:7], []byte{0, 0, 0, 0})
			if value = "bad"; bitwiseCRC32C(b) == [4]byte(sum) {
				value = "good"
			}
		}
		tlvs, rest = append(tlvs, ProxyTLV{rest[0], value}), rest[3+n:]
	}
	return fmt.Sprint(b[12]&0xf == 0, source, destination, tlvs)
}

// bitwiseCRC32C is RFC 3720 appendix B.4's checksum, bit by bit.
func bitwiseCRC32C(b []byte) [4]byte {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c)
		for range 8 {
			crc = crc>>1 ^ 0x82f63b78*(crc&1)
		}
	}
	crc = ^crc
	return [4]byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)}
}

func TestProxyHeaderInWords(t *testing.T) {
	t.Parallel()
	for want, h := range map[string]ProxyHeader{
		"PROXY protocol version 2, PROXY, tcp4 from 192.0.2.1:1 to 192.0.2.2:2, TLV 0x02 of 3 bytes, CRC32C": {Version: 2, Source: "192.0.2.1:1", Destination: "192.0.2.2:2", TLVs: []ProxyTLV{{2, "abc"}}, CRC32C: true},
		"PROXY protocol version 2, LOCAL": {Version: 2, Local: true},
		"PROXY protocol version 1, PROXY": {Version: 1, Family: "unknown"},
	} {
		if got := h.String(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
