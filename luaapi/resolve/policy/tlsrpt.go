package policy

import "context"

// TLSRPT is where reports about TLS go (RFC 8460 3).
type TLSRPT struct {
	Judgement
	RUA []string
}

// TLSRPT reads the record at _smtp._tls.domain.
func (a *Asker) TLSRPT(ctx context.Context, domain string) (*TLSRPT, error) {
	records, err := a.texts(ctx, "_smtp._tls."+domain)
	if err != nil {
		return nil, err
	}
	return parseTLSRPT(records), nil
}

func parseTLSRPT(records []string) *TLSRPT {
	p := &TLSRPT{}
	text, ok := p.only("TLS-RPT", ofVersion(records, "TLSRPTv1"))
	if !ok {
		return p
	}
	given := false
	for _, t := range p.parseTags(text) {
		if t.name == "rua" {
			given = true
			p.RUA = p.uris("rua", t.value, "mailto", "https")
		}
	}
	if !given {
		p.problem("rua is missing: it says where reports go")
	}
	return p
}
