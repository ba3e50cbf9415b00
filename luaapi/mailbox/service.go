package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// connect opens a connection to the server, with TLS where the kind of mailbox begins with it.
func (cfg *Config) connect(ctx context.Context) (conn net.Conn, err error) {
	conn, err = cfg.Dial(ctx, "tcp", cfg.HostPort())
	if err != nil {
		return nil, &Error{Text: cfg.HostPort() + " " + dialWords(err)}
	}
	if cfg.Kind == "imaps" || cfg.Kind == "pop3s" {
		return cfg.secure(ctx, conn)
	}
	return conn, nil
}

// secure does a TLS handshake, and closes conn where it fails.
func (cfg *Config) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	t := tls.Client(conn, cfg.TLS)
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, cfg.tlsError(err)
	}
	return t, nil
}

func (cfg *Config) tlsError(err error) error {
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		return &Error{Text: fmt.Sprintf("the certificate of %s is not valid here: the fact ca names its CA, and --insecure takes any", cfg.HostPort())}
	}
	return &Error{Text: "the TLS handshake with " + cfg.HostPort() + " failed"}
}

// dialWords says why a connect failed.
func dialWords(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return "has no address: is the host name right?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused the connection: nothing listens there, or a firewall rejects"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "did not answer the connect in time: it is down, or a firewall drops"
	}
	return "cannot be connected to"
}

// clear tells why a password may not be sent in clear, nil where it may: nobody but this machine is on loopback.
func (cfg *Config) clear() error {
	if ip := net.ParseIP(cfg.Host); strings.EqualFold(cfg.Host, "localhost") || ip != nil && ip.IsLoopback() {
		return nil
	}
	return &Error{Text: fmt.Sprintf("%s offers no TLS, and a password goes to no other machine in clear: write %ss:// where it begins with TLS", cfg.HostPort(), cfg.Kind)}
}

// lost says that a connection ended: the next look makes another.
func (cfg *Config) lost() error {
	return &Error{Text: "the connection to " + cfg.HostPort() + " was lost", Passing: true}
}

func (cfg *Config) refused(what, text string) error {
	return &Error{Text: fmt.Sprintf("%s refuses %s: %s", cfg.HostPort(), what, strings.TrimSpace(text))}
}
