package main

import (
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/send"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
)

// sender makes the plan of what the flags say.
type sender struct {
	*setup
	plan   *send.Plan
	target *luaapi.Target
	mx     string // the domain whose MX says where to connect to; "" where the server is named
	allow  []string
	stdin  string   // the flag that reads it
	words  []string // flags of run that the scenario needs
}

// screen is where the transcript goes.
func (w *sender) screen() io.Writer {
	switch {
	case w.c.Bool("json"), w.c.Bool("quiet"):
		return io.Discard
	case w.c.Bool("print-lua"):
		return w.e.stderr
	}
	return w.e.stdout
}

// envelope reads sender and recipients.
func (w *sender) envelope() error {
	for _, list := range append(given(w.c, "to"), w.c.Args().Slice()...) {
		for _, a := range addresses(list) {
			if a = bare(a); a != "" {
				w.plan.To = append(w.plan.To, a)
			}
		}
	}
	if len(w.plan.To) == 0 {
		return usage("as in smtpspec send --to user@example.org", "--to: no recipient is named")
	}
	w.plan.From = bare(w.c.String("from"))
	if !w.c.IsSet("from") {
		w.plan.From = w.self()
	}
	for _, a := range append([]string{w.plan.From}, w.plan.To...) {
		if strings.ContainsAny(a, "\r\n\x00<>") {
			return usage("", "%q is no address", a)
		}
	}
	w.plan.MailParams, w.plan.RcptParams = w.c.String("mail-params"), w.c.String("rcpt-params")
	w.plan.PRDR, w.plan.Pipelining = w.c.Bool("prdr"), w.c.Bool("pipelining")
	w.plan.Hello, w.plan.Helo, w.plan.LMTP = w.c.String("ehlo"), w.c.Bool("helo"), w.c.Bool("lmtp")
	return nil
}

// addresses are what stands between commas, but for those in a quoted local part.
func addresses(list string) (out []string) {
	quoted, from := false, 0
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, list[from:i])
			from = i + 1
		}
	}
	return append(out, list[from:])
}

// bare is an address without its angle brackets.
func bare(a string) string {
	a = strings.TrimSpace(a)
	if strings.HasPrefix(a, "<") && strings.HasSuffix(a, ">") {
		a = a[1 : len(a)-1]
	}
	return a
}

// self is the address of whoever runs this.
func (w *sender) self() string {
	user, _ := w.e.getenv("USER")
	if user == "" {
		user, _ = w.e.getenv("LOGNAME")
	}
	if user == "" {
		user = "postmaster"
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	return user + "@" + host
}

// server finds where to connect to.
func (w *sender) server() error {
	name := w.c.String("server")
	pipe := w.c.String("pipe")
	switch {
	case w.c.IsSet("pipe") && (name != "" || w.c.IsSet("port")), w.c.IsSet("mx") && (name != "" || w.c.IsSet("pipe")):
		return usage("leave all but one out", "only one of --server, --pipe and --mx says what to talk to")
	case w.c.IsSet("pipe"):
		name = "smtp+exec://" + pipe
	case name == "":
		return w.byMX()
	}
	if w.file == nil || w.file.Targets[name] == nil {
		name = urlOf(name)
	}
	t, err := w.setup.target(name)
	if err != nil {
		return err
	}
	if t.Program != "" && t.Name != "" { // somebody else may have written the configuration
		return usage("--pipe COMMAND starts one that is named here", "--server: the target %s of the configuration is a program, which may do whatever you may", t.Name)
	}
	w.target = t
	w.cfg.Targets = []*luaapi.Target{t}
	w.plan.LMTP = w.plan.LMTP || t.LMTP()
	return w.facts()
}

// byMX takes the domain that is named, or that of the first recipient.
func (w *sender) byMX() error {
	w.target = luaapi.NoTarget()
	at := strings.LastIndexByte(w.plan.To[0], '@')
	w.mx = w.plan.To[0][at+1:]
	if w.c.IsSet("mx") {
		at, w.mx = 0, w.c.String("mx")
		if w.mx == "" || strings.ContainsAny(w.mx, " @[]:/") || resolve.CheckName(w.mx) != "" {
			return usage("as in --mx example.org", "--mx: %q is no domain", w.mx)
		}
	}
	if at < 0 || strings.HasPrefix(w.mx, "[") || resolve.CheckName(w.mx) != "" {
		return usage("as in --server mx.example.org", "--server: the address %q has no domain whose MX could say where to send it", w.plan.To[0])
	}
	w.plan.Connect = append(w.plan.Connect, "mx = "+script.Quote(w.mx))
	return nil
}

// tls reads how to encrypt.
func (w *sender) tls() error {
	mode := w.c.String("tls")
	switch mode {
	case "":
		if mode = w.target.Text("tls"); mode == "none" {
			mode = ""
		}
	case "none":
		mode = ""
	case "starttls", "optional", "implicit":
	default:
		return usage("write --tls starttls, optional, implicit or none", "--tls: %q is not one of them", mode)
	}
	w.plan.TLS = mode
	if mode == "implicit" || w.target.Text("tls") == "implicit" {
		w.plan.Connect = append(w.plan.Connect, `tls = "none"`) // the handshake is a phase of its own
	}
	var options []string
	for _, f := range []struct{ flag, option string }{{"ca", "ca"}, {"cert", "cert"}, {"key", "key"}, {"sni", "server_name"}} {
		if !w.c.IsSet(f.flag) {
			continue
		}
		value := w.c.String(f.flag)
		if f.flag != "sni" {
			b, err := os.ReadFile(value)
			if err != nil {
				return usage("", "--%s: %s: %s", f.flag, value, luaapi.FileProblem(err))
			}
			if err := w.target.SetText(f.option, string(b)); err != nil {
				return usage("", "--%s: %s", f.flag, err)
			}
			w.words = append(w.words, "--set", f.option+"="+value)
			continue
		}
		options = append(options, f.option+" = "+script.Quote(value))
	}
	if w.c.Bool("insecure") {
		_ = w.target.Set("tls_verify", false) // a value of the right type
		w.words = append(w.words, "--insecure")
	}
	if len(options) > 0 {
		w.plan.Connect = append(w.plan.Connect, "tls_options = { "+strings.Join(options, ", ")+" }")
	}
	return nil
}

// connect reads what smtp.connect is to be told.
func (w *sender) connect() error {
	add := func(name, value string) { w.plan.Connect = append(w.plan.Connect, name+" = "+value) }
	if w.c.IsSet("port") {
		add("port", strconv.Itoa(w.c.Int("port")))
	}
	for _, f := range []string{"source", "socks"} {
		if w.c.IsSet(f) {
			add(f, script.Quote(w.c.String(f)))
		}
	}
	if w.c.IsSet("socks") {
		if _, rest, ok := strings.Cut(w.c.String("socks"), "://"); ok {
			at := strings.LastIndexByte(rest, '@')
			if _, password, ok := strings.Cut(rest[:max(at, 0)], ":"); ok {
				w.cfg.Secrets.Add(password)
			}
			host := rest[at+1:]
			if h, _, err := net.SplitHostPort(host); err == nil {
				host = h
			}
			w.allow = append(w.allow, host)
		}
	}
	if err := w.proxy(); err != nil {
		return err
	}
	if w.c.IsSet("family") {
		add("family", strconv.Itoa(w.c.Int("family")))
	}
	if w.c.Bool("lmtp") && !w.target.LMTP() {
		add("lmtp", "true")
	}
	for _, text := range given(w.c, "xclient") {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }) {
			return usage("as in --xclient ADDR=192.0.2.1", "--xclient: NAME=VALUE expected, got %q", text)
		}
		w.plan.XClient = append(w.plan.XClient, name+" = "+script.Quote(value))
	}
	return nil
}

// proxy reads the PROXY header. Its addresses are judged by smtp.connect.
func (w *sender) proxy() error {
	if !w.c.IsSet("proxy") {
		for _, flag := range []string{"proxy-source", "proxy-destination"} {
			if w.c.IsSet(flag) {
				return usage("as in --proxy 1", "--%s: without --proxy there is no PROXY header", flag)
			}
		}
		return nil
	}
	header := "version = " + w.c.String("proxy")
	switch w.c.String("proxy") {
	case "1", "2":
	case "local":
		header = `version = 2, command = "local"`
	default:
		return usage("write --proxy 1, 2 or local", "--proxy: %q is not one of them", w.c.String("proxy"))
	}
	for _, name := range []string{"source", "destination"} {
		if w.c.IsSet("proxy-" + name) {
			header += ", " + name + " = " + script.Quote(w.c.String("proxy-"+name))
		}
	}
	w.plan.Connect = append(w.plan.Connect, "proxy = { "+header+" }")
	return nil
}

// stop reads where to stop.
func (w *sender) stop() error {
	for _, f := range []struct {
		flag string
		how  send.How
	}{{"quit-after", send.Quit}, {"drop-after", send.Drop}, {"drop-after-send", send.DropSend}} {
		if !w.c.IsSet(f.flag) {
			continue
		}
		if w.plan.Stop.How != 0 {
			return usage("leave all but one out", "--%s: only one of --quit-after, --drop-after and --drop-after-send says where to stop", f.flag)
		}
		phase, ok := send.ParsePhase(w.c.String(f.flag))
		late := phase == send.Data || phase == send.Dot
		if !ok || late && f.how == send.Quit || f.how == send.DropSend && !phase.MaySend() {
			return usage("smtpspec send --help lists the phases", "--%s: %q is no phase to stop after", f.flag, w.c.String(f.flag))
		}
		if w.plan.Pipelining && phase.Pipelined() {
			return usage("leave one of them out", "--pipelining and --%s %s: MAIL, RCPT and DATA go out together", f.flag, phase)
		}
		w.plan.Stop = send.Stop{After: phase, How: f.how}
	}
	return nil
}
