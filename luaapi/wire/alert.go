package wire

import (
	"errors"
	"fmt"
	"net"
	"reflect"
)

// alertOf is the name of the alert that the peer sent, by RFC 8446 6 and, for the older ones, RFC 5246 7.2. crypto/tls keeps the
// number in an unexported type of kind uint8.
func alertOf(err error) string {
	var op *net.OpError
	// A "local error" holds the alert that we sent.
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return "unknown"
	}
	v := reflect.ValueOf(op.Err)
	if v.Kind() != reflect.Uint8 {
		return "unknown"
	}
	if name, ok := alerts[uint8(v.Uint())]; ok {
		return name
	}
	return fmt.Sprintf("number %d", v.Uint())
}

var alerts = map[uint8]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
	30: "decompression_failure", 40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate",
	44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter",
	48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error", 60: "export_restriction",
	70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback",
	90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
	112: "unrecognized_name", 113: "bad_certificate_status_response", 115: "unknown_psk_identity",
	116: "certificate_required", 120: "no_application_protocol",
}

// Alert is the name of the alert that ended the TLS connection, or "".
func (c *Conn) Alert() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name := alertOf(c.end.cause); name != "unknown" {
		return name
	}
	return ""
}
