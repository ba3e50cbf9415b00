package luaapi

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// program tells whether the connection is to be a program's standard input and output, and makes its command the address.
func (k *conn) program() (bool, error) {
	o, t := &k.opts, k.a.env.Target
	command := ""
	switch v := o.Program.(type) {
	case nil, *lua.LNilType:
		if t.Program == "" || o.Host != nil || o.Port != nil || o.Unix != "" || o.MX != "" {
			return false, nil
		}
		command = t.Program
	case lua.LString:
		command = string(v)
	case *lua.LTable:
		if words := bind.Strings(v); len(words) > 0 {
			command = "exec"
			for _, w := range words {
				command += " " + ShellWord(w)
			}
		}
	}
	if strings.TrimSpace(command) == "" {
		return false, fmt.Errorf("option program: a command expected, as in { \"/usr/sbin/sendmail\", \"-bs\" }")
	}
	for name, given := range map[string]bool{"host": o.Host != nil, "port": o.Port != nil, "unix": o.Unix != "", "socks": o.Socks != "", "source": o.Source != "",
		"family": o.Family != 0, "mx": o.MX != "", "proxy": o.Proxy != nil && o.Program == nil} {
		if given {
			return false, fmt.Errorf("options program and %s: a program has no address", name)
		}
	}
	if !k.a.env.AllowExec {
		return false, &notAllowed{fmt.Sprintf("a script may not start a program (%s): --allow-exec allows it, and the program may do whatever you may", command)}
	}
	k.host, k.address, k.exec = "localhost", command, true
	return true, nil
}

// programDir is where the program runs: beside the file that names it, and for the target's where smtpspec was started.
func (k *conn) programDir() string {
	if k.opts.Program == nil || k.opts.Program == lua.LNil {
		return ""
	}
	return filepath.Dir(k.a.file.Path)
}

// isPlain tells whether a character means nothing to a shell.
func isPlain(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_@%+=:,./^-", c)
}

// ShellWord makes text one word of a shell command line.
func ShellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !isPlain(c) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
