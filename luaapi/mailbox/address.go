package mailbox

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// Address says where a mailbox is.
type Address struct {
	Kind   string // "maildir", "mbox", "files", "imap", "imaps", "pop3", "pop3s" or "demo"
	Path   string // of the first three: absolute
	Host   string // of IMAP and POP3
	Port   string
	User   string // "" where none is given
	Folder string // of IMAP
}

// Forms is how addresses are written.
const Forms = "maildir:/path, mbox:/path, files:/path, imap://user@host[:port][/folder], imaps://, pop3://, pop3s:// or demo:"

// ports are those of the services (RFC 3501, RFC 1939, RFC 8314).
var ports = map[string]string{"imap": "143", "imaps": "993", "pop3": "110", "pop3s": "995"}

// Parse reads an address, as in "maildir:/home/probe/Maildir" or "imaps://probe@imap.example.org/INBOX".
func Parse(text string) (Address, error) {
	kind, rest, ok := strings.Cut(text, ":")
	a := Address{Kind: strings.ToLower(kind)}
	switch a.Kind {
	case "maildir", "mbox", "files":
		if a.Path = filepath.Clean(strings.TrimPrefix(rest, "//")); !filepath.IsAbs(a.Path) {
			return a, fmt.Errorf("%q: an absolute path expected, as in %s:/path", text, a.Kind)
		}
		return a, nil
	case "demo":
		if rest != "" {
			return a, fmt.Errorf("%q: nothing comes after \"demo:\"", text)
		}
		return a, nil
	case "imap", "imaps", "pop3", "pop3s":
		return a, a.service(text)
	}
	if !ok && filepath.IsAbs(text) {
		return a, fmt.Errorf("%q: say what it is, as in maildir:%s, mbox:%s or files:%s", text, text, text, text)
	}
	return a, fmt.Errorf("%q is no mailbox: write %s", hidden(text), Forms)
}

func (a *Address) service(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("%q: a host expected, as in %s://user@host", hidden(text), a.Kind)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q: nothing comes after the folder", hidden(text))
	}
	if _, given := u.User.Password(); given {
		return fmt.Errorf("%q: a URL holds no password: it is the fact mailbox_password, or else password", hidden(text))
	}
	a.Host, a.User, a.Port = u.Hostname(), u.User.Username(), u.Port()
	if a.Port == "" {
		a.Port = ports[a.Kind]
	}
	if n, err := strconv.Atoi(a.Port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q: port %q is not a number from 1 to 65535", hidden(text), a.Port)
	}
	folder := strings.Trim(u.Path, "/")
	if strings.HasPrefix(a.Kind, "pop3") {
		if folder != "" {
			return fmt.Errorf("%q: POP3 has no folders: nothing comes after the port", hidden(text))
		}
		return nil
	}
	if a.Folder = folder; folder == "" {
		a.Folder = "INBOX"
	}
	return nil
}

// hidden leaves out what stands before the "@": it may hold a password.
func hidden(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if i := strings.LastIndex(rest, "@"); ok && i >= 0 {
		return scheme + "://***" + rest[i:]
	}
	return text
}

// Service tells whether the mailbox is on a server, which is connected to.
func (a Address) Service() bool { return a.Host != "" }

// HostPort is the address of the server.
func (a Address) HostPort() string { return net.JoinHostPort(a.Host, a.Port) }

// String is the address as it is written. It has no secret in it.
func (a Address) String() string {
	switch {
	case a.Kind == "demo":
		return "demo:"
	case !a.Service():
		return a.Kind + ":" + a.Path
	}
	text := a.Kind + "://"
	if a.User != "" {
		text += url.User(a.User).String() + "@"
	}
	text += a.HostPort()
	if a.Folder != "" {
		text += "/" + a.Folder
	}
	return text
}
