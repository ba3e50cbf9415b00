package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/send"
	"golang.org/x/term"
)

// tokenMechanisms take a bearer token in place of a password.
var tokenMechanisms = map[string]bool{"XOAUTH2": true, "OAUTHBEARER": true}

// login reads how to authenticate.
func (w *sender) login() error {
	user := w.c.String("auth-user")
	if !w.c.IsSet("auth") && user == "" {
		for _, flag := range []string{"auth-password-file", "auth-password-env", "authzid", "realm"} {
			if w.c.IsSet(flag) {
				return usage("as in --auth-user NAME", "--%s: without --auth-user or --auth nobody authenticates", flag)
			}
		}
		return nil
	}
	a := &send.Auth{Mechanism: "auto", User: user, AuthzID: w.c.String("authzid"), Realm: w.c.String("realm")}
	if w.c.IsSet("auth") {
		a.Mechanism = w.c.String("auth")
	}
	if a.User == "" {
		a.User = w.target.Text("user")
	}
	a.Token = tokenMechanisms[strings.ToUpper(a.Mechanism)]
	w.plan.Auth = a
	fact := "password"
	if a.Token {
		fact = "token"
	}
	switch strings.ToUpper(a.Mechanism) {
	case "EXTERNAL", "ANONYMOUS":
		a.NoSecret = true
		return nil
	}
	if a.User == "" {
		return usage("as in --auth-user NAME", "--auth-user: no login name is given")
	}
	secret, err := w.secret(a.User, fact)
	if err != nil {
		return err
	}
	w.cfg.Secrets.Add(secret)
	return w.target.SetText(fact, secret)
}

// secret is the password or token: of the file, the variable or the configuration, or what is typed.
func (w *sender) secret(user, fact string) (string, error) {
	file, variable := w.c.String("auth-password-file"), w.c.String("auth-password-env")
	switch {
	case file != "" && variable != "":
		return "", usage("leave one of them out", "--auth-password-file and --auth-password-env: one of them has the %s", fact)
	case file != "":
		text, err := w.read("auth-password-file", file)
		line, _, _ := strings.Cut(string(text), "\n")
		if line = strings.TrimSuffix(line, "\r"); err == nil && line == "" {
			err = usage("", "--auth-password-file: %s: the first line is empty", file)
		}
		return line, err
	case variable != "":
		value, _ := w.e.getenv(variable)
		if value == "" {
			return "", usage("", "--auth-password-env: the variable %s is not set", variable)
		}
		return value, nil
	}
	if v := w.target.Text(fact); v != "" && user == w.target.Text("user") { // somebody else's is not tried
		return v, nil
	}
	in, ok := w.e.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", usage("--auth-password-file FILE or --auth-password-env VARIABLE gives it", "there is no %s for %s, and no terminal to ask on", fact, user)
	}
	fmt.Fprintf(w.e.stderr, "%s of %s: ", strings.ToUpper(fact[:1])+fact[1:], user)
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(w.e.stderr)
	if err != nil || len(b) == 0 {
		return "", usage("", "no %s was typed", fact)
	}
	return string(b), nil
}
