package luaapi

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	"github.com/smtpspec/smtpspec/runner/event"
)

func (lang *Language) mailboxModule() *bind.Module {
	return &bind.Module{
		Name:    "mailbox",
		Doc:     "The mail that the server has delivered. It is only looked at: nothing is deleted or marked as read.",
		Funcs:   []*bind.Func{bind.Fn("open(url?: string): mailbox.Box", openMailbox, "Opens a mailbox: that of the fact mailbox, or another.")},
		Classes: []*bind.Class{lang.types.box},
		Options: []*bind.Options{queryTable},
	}
}

func declareBox() *bind.Class {
	return &bind.Class{
		Name: "mailbox.Box", Short: "box", Doc: "A mailbox.",
		Text: func(self any) string { return "mailbox " + self.(*box).address.String() },
		Methods: []*bind.Func{
			bind.Method("wait(options: mailbox.Query): mail.Message", waitForMail, "Waits for a message, and requires that it comes or is there already."),
			bind.Method("expect_none(options: mailbox.Query)", expectNoMail, "Requires that no such message is there, nor comes in time."),
			bind.Method("find(options: mailbox.Query): mail.Message[]", findMail, "Gives all such messages as soon as one is there, and requires none."),
		},
	}
}

// mailboxes are those that the scenarios of a run have opened, by address. They are shared: what one has read, the others need not.
type mailboxes struct {
	mu   sync.Mutex
	open map[string]*mailbox.Box
}

// sinceBefore is how long before the first scenario that opens a mailbox a message may have come, and is found.
const sinceBefore = time.Minute

// box is a mailbox as scripts see it.
type box struct {
	*mailbox.Box
	address mailbox.Address
}

func openMailbox(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("mailbox.open"); err != nil {
		return err
	}
	text := c.String(0)
	if !c.Has(0) {
		switch text = a.env.Target.Text("mailbox"); {
		case text == "" && a.env.Target.Demo:
			text = "demo:" // to say why it is not there
		case text == "":
			return fmt.Errorf("mailbox.open: %s", a.env.Target.missing("mailbox"))
		}
	}
	address, err := mailbox.Parse(text)
	if err != nil {
		return fmt.Errorf("mailbox.open: %w", err)
	}
	if err := a.mayRead(address); err != nil {
		return a.broken(c.L, event.Failure{Kind: "lua", Message: "mailbox.open: " + err.Error()}, true)
	}
	b, err := a.mailbox(address)
	if err != nil {
		return fmt.Errorf("mailbox.open: %w", err)
	}
	return c.Push(a.lang.types.box.Object(&box{b, address}))
}

// mailbox is the one at an address, which it opens where no scenario has yet.
func (a *attempt) mailbox(address mailbox.Address) (*mailbox.Box, error) {
	if address.Service() && address.User == "" {
		address.User = a.env.Target.either("mailbox_user", "user")
	}
	m := &a.env.mailboxes
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.open[address.String()]
	if b == nil {
		cfg := mailbox.Config{Address: address, Since: a.start.Add(-sinceBefore), Store: a.env.Target.Mail}
		if address.Service() {
			if err := a.login(&cfg); err != nil {
				return nil, err
			}
		}
		b = mailbox.Open(cfg)
		if m.open == nil {
			m.open = map[string]*mailbox.Box{}
		}
		m.open[address.String()] = b
	}
	if !slices.Contains(a.boxes, b) {
		b.Join()
		a.boxes = append(a.boxes, b)
	}
	return b, nil
}

// login fills in what a mailbox on a server needs.
func (a *attempt) login(cfg *mailbox.Config) (err error) {
	t := a.env.Target
	cfg.Password = t.either("mailbox_password", "password")
	switch {
	case cfg.User == "":
		return fmt.Errorf("%s needs a login name: give it in the URL, or as the fact mailbox_user or user", cfg.Address)
	case cfg.Password == "":
		return fmt.Errorf("%s needs a password: give it as the fact mailbox_password or password", cfg.Address)
	}
	dialer := &net.Dialer{Timeout: a.env.Limits.ConnectLimit(), Resolver: a.env.DNS.Dialer()}
	cfg.Dial = dialer.DialContext
	cfg.TLS, err = t.tlsConfig(cfg.Host)
	return err
}

// either is the first of two facts that is set.
func (t *Target) either(first, second string) string {
	if v := t.Text(first); v != "" {
		return v
	}
	return t.Text(second)
}

// leaveMailboxes lets go of the mailboxes of the attempt.
func (a *attempt) leaveMailboxes() {
	for _, b := range a.boxes {
		b.Leave()
	}
	a.boxes = nil
}

// mayRead tells whether a script may look into a mailbox: one that the target's facts name, below a directory of --allow-read, and on a server
// that it may connect to.
func (a *attempt) mayRead(address mailbox.Address) error {
	t := a.env.Target
	switch {
	case address.Kind == "demo" && t.Mail != nil:
		return nil
	case address.Kind == "demo" && t.Demo:
		return &notAllowed{"\"demo:\" is in the memory of smtpspec itself, and --isolate keeps scenarios in processes of their own: leave --isolate out"}
	case address.Kind == "demo":
		return &notAllowed{"\"demo:\" is the mailbox of the built-in server: it is there with --target demo"}
	case address.Service():
		return a.allowed(address.Host, address.Port)
	}
	for name := range t.values {
		if named, err := mailbox.Parse(t.Text(name)); err == nil && strings.HasPrefix(name, "mailbox") && named.Path == address.Path {
			return nil
		}
	}
	for _, dir := range a.env.AllowRead {
		if below(address.Path, dir) {
			return nil
		}
	}
	return &notAllowed{fmt.Sprintf("a script may not read %s, which is not the target's mailbox: --allow-read %s allows it", address.Path, address.Path)}
}

// below tells whether path is dir or in it, wherever links lead.
func below(path, dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil { // the first delivery makes it
		path = filepath.Join(real, filepath.Base(path))
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
