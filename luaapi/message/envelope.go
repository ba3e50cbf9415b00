package message

// Envelope is what SMTP said of a message beside it, as far as it is known.
type Envelope struct {
	From string   // of MAIL, without angle brackets; "" for <>
	To   []string // of RCPT
}
