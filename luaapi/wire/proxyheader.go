package wire

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/netip"
	"strings"
)

// ProxyHeader is what a proxy writes before everything else, to say whose connection it passes on (the PROXY protocol, haproxy's
// doc/proxy-protocol.txt).
type ProxyHeader struct {
	Version     int    // 1 is text (2.1), 2 is binary (2.2)
	Local       bool   // the proxy's own connection, on nobody's behalf: it carries no addresses
	Family      string // one of ProxyFamilies; "" for the one that the addresses have
	Source      string // ip:port, or the path of a UNIX socket
	Destination string
	TLVs        []ProxyTLV // of version 2, in the order to write them
	CRC32C      bool       // adds the checksum of the whole header, as the last of the TLVs (2.2.3)
}

// ProxyTLV is an extension of version 2 (2.2).
type ProxyTLV struct {
	Type  byte
	Value string
}

// proxyFamily is an address family and what is transported, as version 2 writes both in one byte, and version 1 in a word.
type proxyFamily struct {
	name string
	code byte
	word string // "" where version 1 has none
	size int    // of an address without its port
}

// proxyFamilies is never written to.
var proxyFamilies = []proxyFamily{
	{"unknown", 0x00, "UNKNOWN", 0},
	{"tcp4", 0x11, "TCP4", 4},
	{"udp4", 0x12, "", 4},
	{"tcp6", 0x21, "TCP6", 16},
	{"udp6", 0x22, "", 16},
	{"unix", 0x31, "", 108},
	{"unix-dgram", 0x32, "", 108},
}

// ProxyFamilies are the names that ProxyHeader.Family may have.
func ProxyFamilies() (names []string) {
	for _, f := range proxyFamilies {
		names = append(names, f.name)
	}
	return names
}

const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"
	proxyLocal     = 0x20
	proxyProxy     = 0x21
	proxyCRC32C    = 0x03
)

// Addressed tells whether the header carries addresses.
func (h *ProxyHeader) Addressed() bool { return !h.Local && h.Family != "unknown" }

// Bytes is the header as it goes over the wire. The error says what it cannot carry.
func (h *ProxyHeader) Bytes() ([]byte, error) {
	family, err := h.family()
	if err != nil {
		return nil, err
	}
	switch {
	case h.Version == 1 && (len(h.TLVs) > 0 || h.CRC32C):
		return nil, fmt.Errorf("tlvs and crc32c need version 2")
	case h.Version == 1 && family.word == "":
		return nil, fmt.Errorf("version 1 has no family %s: version 2 has", family.name)
	case h.Version == 1:
		return []byte(h.text(family)), nil
	}
	return h.binary(family)
}

// family is the one of the addresses, which have to agree with the one that is asked for.
func (h *ProxyHeader) family() (proxyFamily, error) {
	if !h.Addressed() {
		if h.Source+h.Destination != "" {
			return proxyFamily{}, fmt.Errorf("the command local and the family unknown carry no addresses; raw writes any bytes")
		}
		return proxyFamilies[0], nil
	}
	source, err := addressFamily("source", h.Source, h.Family)
	if err != nil {
		return source, err
	}
	destination, err := addressFamily("destination", h.Destination, h.Family)
	if err == nil && source.name != destination.name {
		err = fmt.Errorf("source %s and destination %s are of two families", h.Source, h.Destination)
	}
	return source, err
}

// addressFamily is the family of one address, which has to be of the one that is wanted unless that is "".
func addressFamily(name, address, wanted string) (proxyFamily, error) {
	found := ""
	ap, err := netip.ParseAddrPort(address)
	switch {
	case strings.HasPrefix(wanted, "unix"), wanted == "" && strings.HasPrefix(address, "/"):
		found = "unix"
		if len(address) > 108 || address == "" {
			return proxyFamily{}, fmt.Errorf("%s: the path of a UNIX socket has 1 to 108 bytes, this one %d", name, len(address))
		}
	case err != nil || ap.Addr().Zone() != "":
		return proxyFamily{}, fmt.Errorf("%s: %q is no address with a port, as in \"192.0.2.1:25\" and \"[2001:db8::1]:25\", nor the path of a UNIX socket", name, address)
	case ap.Addr().Is4():
		found = "tcp4"
	default:
		found = "tcp6"
	}
	if wanted == "" {
		wanted = found
	}
	for _, f := range proxyFamilies {
		if f.name == wanted && f.size == sizeOf(found) {
			return f, nil
		}
	}
	return proxyFamily{}, fmt.Errorf("%s: %s is no address of the family %s", name, address, wanted)
}

func sizeOf(family string) int {
	for _, f := range proxyFamilies {
		if f.name == family {
			return f.size
		}
	}
	return 0
}

// text is version 1: a line in ASCII.
func (h *ProxyHeader) text(family proxyFamily) string {
	if family.size == 0 {
		return "PROXY " + family.word + "\r\n"
	}
	source, destination := netip.MustParseAddrPort(h.Source), netip.MustParseAddrPort(h.Destination) // family has parsed them
	return fmt.Sprintf("PROXY %s %s %s %d %d\r\n", family.word, source.Addr(), destination.Addr(), source.Port(), destination.Port())
}

// binary is version 2: signature, version and command, family, length, addresses, TLVs.
func (h *ProxyHeader) binary(family proxyFamily) ([]byte, error) {
	b := []byte(proxySignature)
	if h.Local {
		b = append(b, proxyLocal, family.code)
	} else {
		b = append(b, proxyProxy, family.code)
	}
	b = append(b, 0, 0)
	begin := len(b)
	b = h.addresses(b, family)
	tlvs := h.TLVs
	if h.CRC32C {
		tlvs = append(tlvs[:len(tlvs):len(tlvs)], ProxyTLV{proxyCRC32C, "\x00\x00\x00\x00"})
	}
	for _, t := range tlvs {
		b = binary.BigEndian.AppendUint16(append(b, t.Type), uint16(len(t.Value)))
		b = append(b, t.Value...)
	}
	if n := len(b) - begin; n > 0xffff {
		return nil, fmt.Errorf("the header has %d bytes behind its length, and 65535 is the most", n)
	}
	binary.BigEndian.PutUint16(b[begin-2:], uint16(len(b)-begin))
	if h.CRC32C { // of the header with zeros in its place
		binary.BigEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	}
	return b, nil
}

func (h *ProxyHeader) addresses(b []byte, family proxyFamily) []byte {
	switch family.size {
	case 0:
		return b
	case 108:
		for _, path := range []string{h.Source, h.Destination} {
			b = append(append(b, path...), make([]byte, 108-len(path))...)
		}
		return b
	}
	source, destination := netip.MustParseAddrPort(h.Source), netip.MustParseAddrPort(h.Destination) // family has parsed them
	b = append(append(b, source.Addr().AsSlice()...), destination.Addr().AsSlice()...)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, source.Port()), destination.Port())
}

// String is the header in words, for a transcript.
func (h *ProxyHeader) String() string {
	var b strings.Builder
	command := "PROXY"
	if h.Local {
		command = "LOCAL"
	}
	fmt.Fprintf(&b, "PROXY protocol version %d, %s", h.Version, command)
	if family, err := h.family(); err == nil && h.Addressed() {
		fmt.Fprintf(&b, ", %s from %s to %s", family.name, h.Source, h.Destination)
	}
	for _, t := range h.TLVs {
		fmt.Fprintf(&b, ", TLV 0x%02x of %d bytes", t.Type, len(t.Value))
	}
	if h.CRC32C {
		b.WriteString(", CRC32C")
	}
	return b.String()
}
