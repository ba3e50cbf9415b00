package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/send"
	"github.com/smtpspec/smtpspec/luaapi"
)

// content reads the message.
func (w *sender) content() error {
	c, m := w.c, &w.plan.Message
	if c.IsSet("data") {
		for _, flag := range []string{"subject", "body", "html"} {
			if c.IsSet(flag) {
				return usage("leave one of them out", "--data and --%s: the data is a whole message", flag)
			}
		}
		if len(given(c, "header"))+len(given(c, "attach")) > 0 {
			return usage("leave it out", "--data and --header or --attach: the data is a whole message")
		}
		var err error
		m.Raw, err = w.part("data", c.String("data"))
		return err
	}
	m.From, m.To, m.Subject = w.plan.From, w.plan.To, c.String("subject")
	if m.From == "" {
		m.From = w.self()
	}
	if !c.IsSet("subject") {
		m.Subject = "test of " + w.e.now().Format("2006-01-02 15:04:05")
	}
	for _, text := range given(c, "header") {
		name, value, ok := strings.Cut(text, ":")
		if !ok || name == "" || strings.ContainsAny(text, "\r\n") {
			return usage("as in --header 'X-Test: 1'", "--header: 'Name: value' expected, got %q", text)
		}
		m.Header = append(m.Header, [2]string{name, strings.TrimSpace(value)})
	}
	m.Text = &send.Content{Data: []byte("This is a test of the mail system.\n")}
	var err error
	if c.IsSet("body") {
		if m.Text, err = w.part("body", c.String("body")); err != nil {
			return err
		}
	}
	if c.IsSet("html") {
		if m.HTML, err = w.part("html", c.String("html")); err != nil {
			return err
		}
		if !c.IsSet("body") {
			m.Text = nil
		}
	}
	for _, path := range given(c, "attach") {
		a, err := w.part("attach", path)
		if err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, *a)
	}
	return nil
}

// part reads a file of the message.
func (w *sender) part(flag, path string) (*send.Content, error) {
	data, err := w.read(flag, path)
	if err != nil {
		return nil, err
	}
	c := &send.Content{Name: filepath.Base(path), Data: data}
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(w.e.dir, full)
	}
	if rel, err := filepath.Rel(w.e.dir, full); err == nil && filepath.IsLocal(rel) && path != "-" {
		c.Path = filepath.ToSlash(rel)
	}
	return c, nil
}

// read reads a file, or standard input once.
func (w *sender) read(flag, path string) ([]byte, error) {
	if path == "-" {
		if w.stdin != "" {
			return nil, usage("", "--%s and --%s: standard input can be read once", w.stdin, flag)
		}
		w.stdin = flag
		b, err := io.ReadAll(w.e.stdin)
		if err != nil {
			return nil, usage("", "--%s: standard input could not be read", flag)
		}
		return b, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.e.dir, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("", "--%s: %s: %s", flag, path, luaapi.FileProblem(err))
	}
	return b, nil
}
