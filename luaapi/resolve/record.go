package resolve

import (
	"strings"

	"github.com/miekg/dns"
)

// Record is one record. Which fields say something depends on its type; the others are zero.
type Record struct {
	Name, Type string
	TTL        uint32 // seconds
	Data       string // as a zone file has it (RFC 1035 5)

	Address    string // of A and AAAA
	Host       string // of MX, PTR, CNAME, NS and SRV, without the last dot; "." of a null MX and of an SRV that says no
	Text       string // of TXT: its strings, joined (RFC 7208 3.3)
	Preference int    // of MX
	Priority   int    // of SRV
	Weight     int    // of SRV
	Port       int    // of SRV
	Usage      int    // of TLSA (RFC 6698 2.1)
	Selector   int    // of TLSA
	Matching   int    // of TLSA
	Hex        string // of TLSA: the certificate, its key, or a hash of them, in lower case
	Flags      int    // of CAA (RFC 8659 4.1)
	Tag        string // of CAA
	Value      string // of CAA
}

func recordOf(rr dns.RR) Record {
	h := rr.Header()
	r := Record{Name: strings.TrimSuffix(h.Name, "."), Type: dns.Type(h.Rrtype).String(), TTL: h.Ttl,
		Data: strings.TrimPrefix(rr.String(), h.String())}
	switch rr := rr.(type) {
	case *dns.A:
		r.Address = rr.A.String()
	case *dns.AAAA:
		r.Address = rr.AAAA.String()
	case *dns.MX:
		r.Preference, r.Host = int(rr.Preference), hostOf(rr.Mx)
	case *dns.PTR:
		r.Host = hostOf(rr.Ptr)
	case *dns.CNAME:
		r.Host = hostOf(rr.Target)
	case *dns.NS:
		r.Host = hostOf(rr.Ns)
	case *dns.TXT:
		r.Text = unescape(strings.Join(rr.Txt, ""))
	case *dns.SRV:
		r.Priority, r.Weight, r.Port, r.Host = int(rr.Priority), int(rr.Weight), int(rr.Port), hostOf(rr.Target)
	case *dns.TLSA:
		r.Usage, r.Selector, r.Matching, r.Hex = int(rr.Usage), int(rr.Selector), int(rr.MatchingType), strings.ToLower(rr.Certificate)
	case *dns.CAA:
		r.Flags, r.Tag, r.Value = int(rr.Flag), rr.Tag, unescape(rr.Value)
	}
	return r
}

// hostOf takes the last dot off a name, but for the root's.
func hostOf(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// unescape gives the bytes that a text of the library stands for: it writes what is not printable as \DDD, and a quote or a backslash
// with a backslash before it.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		if i+3 < len(text) && digits(text[i+1:i+4]) {
			b.WriteByte((text[i+1]-'0')*100 + (text[i+2]-'0')*10 + text[i+3] - '0')
			i += 3
			continue
		}
		i++
		b.WriteByte(text[i])
	}
	return b.String()
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
