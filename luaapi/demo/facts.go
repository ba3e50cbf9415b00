package demo

import "net"

// Facts are what scenarios are told about the server as their target: host, port, tls, protocol, user, password,
// valid_rcpt, valid_rcpt2, invalid_rcpt, local_domain, relay_domain, from, hostname, ca (PEM), and the ports of the
// other services: smtps_port, submission_port, lmtp_port.
func (srv *Server) Facts() map[string]string {
	facts := map[string]string{
		"tls":          "none",
		"protocol":     "smtp",
		"user":         firstUser,
		"password":     firstPassword,
		"valid_rcpt":   firstUser + "@" + localDomain,
		"valid_rcpt2":  otherUser + "@" + localDomain,
		"invalid_rcpt": "nosuch@" + localDomain,
		"local_domain": localDomain,
		"relay_domain": relayDomain,
		"from":         "sender@example.org",
		"hostname":     srv.cfg.Hostname,
	}
	if certs, err := srv.pki.get(); err == nil {
		facts["ca"] = pemText("CERTIFICATE", certs.ca.cert.Raw)
	}
	facts["host"], facts["port"], _ = net.SplitHostPort(srv.SMTPAddr())
	switch facts["host"] { // all addresses, so loopback too
	case "0.0.0.0":
		facts["host"] = "127.0.0.1"
	case "::":
		facts["host"] = "::1"
	}
	_, facts["smtps_port"], _ = net.SplitHostPort(srv.SMTPSAddr())
	_, facts["submission_port"], _ = net.SplitHostPort(srv.SubmissionAddr())
	_, facts["lmtp_port"], _ = net.SplitHostPort(srv.LMTPAddr())
	return facts
}
