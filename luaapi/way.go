package luaapi

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// socksPort is RFC 1928 3's.
const socksPort = "1080"

// way reads the options that say on which way the connection goes, and refuses a proxy that may not be connected to.
func (k *conn) way() (err error) {
	o := &k.opts
	if o.Source != "" && sourceHost(o.Source) == "" {
		return fmt.Errorf("option source: %q is no IP address, with or without a port", o.Source)
	}
	switch {
	case o.Family != 0 && o.Family != 4 && o.Family != 6:
		return fmt.Errorf("option family: 4 or 6 expected, got %d", o.Family)
	case o.Source != "" && !k.ofFamily(sourceHost(o.Source)):
		return fmt.Errorf("options source and family: %s is no %s", o.Source, k.addressWord())
	case o.Unix != "" && (o.Family != 0 || o.Socks != ""):
		return fmt.Errorf("options unix and family or socks: a UNIX socket has neither")
	case o.Socks != "" && o.Family != 0:
		return fmt.Errorf("options socks and family: the proxy looks up the address")
	}
	if o.Proxy != nil {
		if k.proxy, err = readProxy(o.Proxy); err != nil {
			return fmt.Errorf("option proxy: %w", err)
		}
	}
	if o.Socks == "" {
		return nil
	}
	if k.socks, err = readSocks(o.Socks); err != nil {
		return fmt.Errorf("option socks: %w", err)
	}
	k.a.secrets.Add(k.socks.Password)
	host, port, _ := net.SplitHostPort(k.socks.Address) // readSocks has put it together
	if err := k.a.allowed(host, port); err != nil {
		return fmt.Errorf("option socks: %w", err)
	}
	return nil
}

// sourceHost is the address of a source, or "" for what is none.
func sourceHost(text string) string {
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return ip.String()
	}
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().String()
	}
	return ""
}

// ofFamily tells whether an address is of the wanted family. Of a name nobody knows yet.
func (k *conn) ofFamily(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err != nil || k.opts.Family == 0 || ip.Unmap().Is4() == (k.opts.Family == 4)
}

// familyOf gives the addresses of the wanted family.
func (k *conn) familyOf(addresses []string) (list []string) {
	for _, ip := range addresses {
		if k.ofFamily(ip) {
			list = append(list, ip)
		}
	}
	return list
}

// addressWord is what is looked for.
func (k *conn) addressWord() string {
	if k.opts.Family == 0 {
		return "address"
	}
	return fmt.Sprintf("IPv%d address", k.opts.Family)
}

// readSocks takes the URL of a proxy apart. The error does not repeat it, for it may have a password.
func readSocks(text string) (*wire.Socks, error) {
	const form = "\"socks5://host:port\" or \"socks5://user:password@host:port\""
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "socks5" && u.Scheme != "socks5h" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery+u.Fragment != "":
		return nil, fmt.Errorf("%s expected", form)
	case u.User != nil && u.User.Username() == "":
		return nil, fmt.Errorf("a password, and no user name: %s expected", form)
	}
	s := &wire.Socks{Address: net.JoinHostPort(u.Hostname(), socksPort)}
	if u.Port() != "" {
		s.Address = net.JoinHostPort(u.Hostname(), u.Port())
	}
	if u.User != nil {
		s.User = u.User.Username()
		s.Password, _ = u.User.Password()
	}
	if len(s.User) > 255 || len(s.Password) > 255 {
		return nil, fmt.Errorf("user name and password have 255 bytes at most (RFC 1929 2)")
	}
	return s, nil
}
