package policy

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// maxPolicy bounds what a policy may have, as RFC 8461 3.2 suggests.
const maxPolicy = 64 << 10

// Web is how a policy is fetched.
type Web struct {
	Roots   *x509.CertPool // nil: the system's
	Address string         // host:port to connect to; "" is port 443 of the policy's host, by the resolver
}

// StsHost is the host that has the policy of a domain (RFC 8461 3.3).
func StsHost(domain string) string { return "mta-sts." + strings.TrimSuffix(domain, ".") }

// Fetch gets the domain's policy by HTTPS and takes it. Whatever goes wrong is a problem of the policy's, but for the end of ctx. It speaks HTTP/1.0, so that
// the answer comes in one piece, and follows no redirect, as RFC 8461 3.3 wants it.
func (a *Asker) Fetch(ctx context.Context, p *MTASTS, domain string, w Web) error {
	text, err := a.get(ctx, StsHost(domain), w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		p.problem("the policy cannot be fetched from https://%s/.well-known/mta-sts.txt: %s", StsHost(domain), err)
		return nil
	}
	p.Take(text)
	return nil
}

func (a *Asker) get(ctx context.Context, host string, w Web) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*max(a.Options.Timeout, 5*time.Second))
	defer cancel()
	nc, err := a.dial(ctx, host, w)
	if err != nil {
		return "", err
	}
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })()
	c := tls.Client(nc, &tls.Config{ServerName: host, RootCAs: w.Roots, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return "", tlsProblem(err, host)
	}
	fmt.Fprintf(c, "GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: %s\r\nUser-Agent: smtpspec\r\nAccept: text/plain\r\n\r\n", host)
	b, err := io.ReadAll(io.LimitReader(c, maxPolicy+1))
	switch {
	case len(b) == 0:
		return "", errors.New("the web server closed the connection, or did not answer in time")
	case len(b) > maxPolicy:
		return "", fmt.Errorf("it has more than %d bytes", maxPolicy)
	case err != nil && ctx.Err() != nil:
		return "", errors.New("it did not come whole in time")
	}
	return body(string(b))
}

// dial tries the host's addresses in turn.
func (a *Asker) dial(ctx context.Context, host string, w Web) (net.Conn, error) {
	addresses := []string{w.Address}
	if w.Address == "" {
		found, err := a.Resolver.Addresses(ctx, host, a.Options)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, errors.New("the host has no address")
		}
		addresses = addresses[:0]
		for _, ip := range found {
			addresses = append(addresses, net.JoinHostPort(ip, "443"))
		}
	}
	for _, address := range addresses {
		d := net.Dialer{Timeout: 5 * time.Second}
		if nc, err := d.DialContext(ctx, "tcp", address); err == nil {
			return nc, nil
		}
	}
	return nil, errors.New("nobody answers at " + strings.Join(addresses, ", "))
}

func tlsProblem(err error, host string) error {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return fmt.Errorf("the web server's certificate is not for %s", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return errors.New("the web server's certificate has expired")
	case errors.As(err, &authority), errors.As(err, &invalid):
		return errors.New("the web server's certificate is signed by nobody that is trusted")
	}
	return errors.New("the TLS handshake failed")
}

// body takes the text out of an HTTP answer.
func body(answer string) (string, error) {
	head, text, ok := strings.Cut(answer, "\r\n\r\n")
	lines := bufio.NewScanner(strings.NewReader(head))
	lines.Scan()
	words := strings.Fields(lines.Text())
	if !ok || len(words) < 2 || !strings.HasPrefix(words[0], "HTTP/1.") {
		return "", errors.New("what the web server sent is no HTTP answer")
	}
	if words[1] != "200" {
		return "", fmt.Errorf("the web server answered with the status %.20s, where 200 is wanted; redirects do not count", words[1])
	}
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if strings.EqualFold(name, "Transfer-Encoding") {
			return "", fmt.Errorf("the web server answered HTTP/1.0 in the transfer encoding %.20s", strings.TrimSpace(value))
		}
	}
	return text, nil
}
