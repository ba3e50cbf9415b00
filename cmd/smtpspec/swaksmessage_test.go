package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// files are what the examples name.
func (b *swaksBench) files() {
	key, err := x509.MarshalPKCS8PrivateKey(b.certificate.PrivateKey)
	if err != nil {
		b.t.Fatal(err)
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.certificate.Certificate[0]}))
	for name, text := range map[string]string{
		"message.eml": "From: a@example.org\nTo: user@demo.test\nSubject: hello\n\n.a line with a dot\nHello.",
		"mbox.eml":    "From a@example.org Mon Nov 23 12:00:00 2026\nFrom: a@example.org\n\nHello.",
		"wire.eml":    "Subject: as it is\r\n\r\n.a dot\na bare line end\r\n.",
		"dot.eml":     ".X: 1\nSubject: a dot\n\nHello.",
		"lines.eml":   "Subject: a line end\n\nHello.\n",
		"body.txt":    "Hello.\n",
		"path.txt":    "It is in C:\\new.\n",
		"body8.txt":   "Grüße\n",
		"page.html":   "<p>Hello.</p>\n",
		"photo.png":   "\x89PNG\r\n\x1a\n\x00\xff",
		"grüße.txt":   "Hello.\n",
		"ca.pem":      certificate,
		"cert.pem":    certificate,
		"key.pem":     string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	} {
		write(b.t, filepath.Join(b.dir, name), text)
	}
}

// described puts in place of a message that was built what a reader sees of it: From, To, Subject and the field X-Test of the header,
// and of each part its type, its name and its content. Other fields, boundaries and encodings differ by design.
func described(t *testing.T, lines []string) (out []string) {
	t.Helper()
	raw := ""
	inside := false
	for _, line := range lines {
		text, err := strconv.Unquote(`"` + line + `"`)
		switch {
		case line == `.\r\n` && inside:
			inside = false
			out = append(append(out, describe(raw)...), line)
		case inside && err == nil:
			raw += strings.TrimPrefix(text, ".")
		case line == `DATA\r\n`:
			inside = true
			out = append(out, line)
		default:
			out = append(out, line)
		}
	}
	return out
}

func describe(raw string) (out []string) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return []string{"<no message: " + err.Error() + ">"}
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r > 0x7e }) {
		out = append(out, "<8bit>")
	}
	for _, name := range []string{"From", "To", "Subject", "X-Test"} {
		for _, value := range m.Header[textproto.CanonicalMIMEHeaderKey(name)] {
			plain, err := new(mime.WordDecoder).DecodeHeader(value)
			if err != nil {
				plain = value
			}
			out = append(out, name+": "+plain)
		}
	}
	if _, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", m.Header.Get("Date")); err != nil {
		out = append(out, "<no Date>")
	}
	if id := m.Header.Get("Message-Id"); !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, ">") || !strings.Contains(id, "@") {
		out = append(out, "<no Message-ID>")
	}
	return append(out, describePart(textproto.MIMEHeader(m.Header), m.Body, "")...)
}

func describePart(h textproto.MIMEHeader, body io.Reader, margin string) []string {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if h.Get("Content-Type") == "" {
		kind, err = "text/plain", nil
	}
	if err != nil {
		return []string{margin + "<no type: " + err.Error() + ">"}
	}
	if strings.HasPrefix(kind, "multipart/") {
		out := []string{margin + kind}
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return out
			}
			out = append(out, describePart(p.Header, p, margin+"  ")...)
		}
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	text := string(content)
	if strings.HasPrefix(kind, "text/") {
		text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	}
	disposition, named, bad := mime.ParseMediaType(h.Get("Content-Disposition"))
	name, _ := new(mime.WordDecoder).DecodeHeader(named["filename"])
	if bad != nil {
		disposition = "inline"
	}
	return []string{strings.TrimRight(fmt.Sprintf("%s%s %s %q: %q %s", margin, kind, disposition, name, text, errorText(err)), " ")}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
