package message

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// types are what common file names end in.
var types = map[string]string{
	".txt": "text/plain", ".log": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html", ".htm": "text/html", ".css": "text/css",
	".xml": "application/xml", ".json": "application/json", ".js": "text/javascript", ".ics": "text/calendar", ".vcf": "text/vcard",
	".pdf": "application/pdf", ".zip": "application/zip", ".gz": "application/gzip", ".tar": "application/x-tar", ".7z": "application/x-7z-compressed",
	".rtf": "application/rtf", ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml", ".webp": "image/webp",
	".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff", ".ico": "image/vnd.microsoft.icon",
	".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg", ".mp4": "video/mp4", ".mpeg": "video/mpeg", ".webm": "video/webm",
	".eml": "message/rfc822", ".asc": "application/pgp-signature", ".sig": "application/pgp-signature", ".p7s": "application/pkcs7-signature",
	".exe": "application/vnd.microsoft.portable-executable",
}

// attachment makes the part of a file.
func (b *builder) attachment(a Attachment) (*entity, error) {
	typ := a.Type
	if typ == "" {
		typ = types[strings.ToLower(path.Ext(a.Name))]
	}
	if typ == "" {
		typ = "application/octet-stream"
	}
	e := &entity{}
	var problem string
	e.typ, e.params, problem = parseParams(typ)
	if problem != "" || !strings.Contains(e.typ, "/") {
		return nil, fmt.Errorf("type %q: a type as in \"image/png\" expected", typ)
	}
	if strings.HasPrefix(e.typ, "multipart/") {
		return nil, fmt.Errorf("type %q: a file is no multipart; a whole message is \"message/rfc822\"", typ)
	}
	_, hasCharset := find(e.params, "charset")
	if strings.HasPrefix(e.typ, "text/") && !hasCharset && !isASCII(a.Content) {
		e.params = append(e.params, Param{"charset", charsetOf(a.Content)})
	}
	if _, ok := find(e.params, "name"); a.Name != "" && !ok {
		// For those who do not read RFC 2231; a second filename would count as a fault.
		e.params = append(e.params, Param{"name", shorten(asciiName(a.Name))})
	}
	content, encoding, err := attachmentEncoding(e.typ, a)
	if err != nil {
		return nil, err
	}
	if err := e.fill(content, encoding, strings.HasPrefix(e.typ, "text/")); err != nil {
		return nil, err
	}
	return e, b.describe(e, a)
}

// shorten keeps a name in one line.
func shorten(name string) string {
	const longest = 60
	if len(name) <= longest {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	return strings.ToValidUTF8(name[:longest-len(ext)], "") + ext
}

// attachmentEncoding is how a file is encoded: a message never (RFC 2046 5.2.1), lines of text when they need it, all else in base64.
func attachmentEncoding(typ string, a Attachment) (content, encoding string, err error) {
	content, encoding = a.Content, a.Encoding
	switch {
	case strings.HasPrefix(typ, "message/"):
		if encoding == Base64 || encoding == QuotedPrintable {
			return "", "", fmt.Errorf("a %s is never encoded as %s (RFC 2046 5.2.1): \"7bit\" or \"8bit\", or another type", typ, encoding)
		}
		if content = crlfLines(content); encoding == "" {
			encoding = EightBit
			if isASCII(content) {
				encoding = SevenBit
			}
		}
	case encoding != "":
	case !strings.HasPrefix(typ, "text/") || !fitsLines(content) || !isASCII(content):
		encoding = Base64
	default:
		encoding = SevenBit
	}
	return content, encoding, nil
}

// describe adds what is said of a file besides its type.
func (b *builder) describe(e *entity, a Attachment) error {
	disposition := "attachment"
	if a.Inline || a.CID != "" {
		disposition = "inline"
	}
	var params []Param
	if a.Name != "" {
		if !utf8.ValidString(a.Name) {
			return fmt.Errorf("the name %q is no UTF-8", a.Name)
		}
		params = []Param{{"filename", a.Name}}
	}
	field, err := paramField("Content-Disposition", disposition, params)
	if err != nil {
		return err
	}
	e.header = append(e.header, field)
	if a.CID != "" {
		if hasControl(a.CID) || !isASCII(a.CID) || strings.ContainsAny(a.CID, "<> \t") || len(a.CID) > maxLine-20 {
			return fmt.Errorf("cid %q: ASCII without blanks and brackets expected, as in \"logo@example.org\"", a.CID)
		}
		e.header = append(e.header, fold("Content-ID", []string{"<" + a.CID + ">"}))
	}
	if a.Description != "" {
		field, err := unstructured("Content-Description", a.Description, b.d.UTF8)
		if err != nil {
			return err
		}
		e.header = append(e.header, field)
	}
	return nil
}
