package luaapi

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	lua "github.com/yuin/gopher-lua"
)

// Config is what a configuration file, smtpspec.lua, says.
type Config struct {
	Path    string
	Targets map[string]*Target
	Vars    *Facts
	Secrets []string // every value that env gave

	ConfigValues
	limits lua.LValue
}

// ConfigValues are the simple settings; zero is "not set".
type ConfigValues struct {
	Target         string // name or URL of the default target
	Paths          []string
	Jobs           int
	MaxConnections int
	Timeout        time.Duration
	ConnectTimeout time.Duration
	Retries        int
	Strict         bool
	Allow          []string
	DNS            string // host:port of the resolver
}

type configOptions struct {
	Target         string        `lua:"target" doc:"Name or URL of the target that is used when the command line names none." default:"none"`
	Targets        *lua.LTable   `lua:"targets" doc:"Targets by name: each a table with a url, and facts." default:"none"`
	Vars           *lua.LTable   `lua:"vars" doc:"Variables by name, for vars.NAME." default:"none"`
	Paths          []string      `lua:"paths" doc:"Files and directories to run when the command line names none, relative to the configuration." default:"none"`
	Jobs           int           `lua:"jobs" doc:"How many scenarios run at once." default:"16"`
	MaxConnections int           `lua:"max_connections" doc:"How many connections one target gets at once." default:"50"`
	Timeout        time.Duration `lua:"timeout" doc:"How long a scenario may take." default:"60 s"`
	ReplyTimeout   lua.LValue    `lua:"reply_timeout" type:"duration|string" doc:"How long a reply may take, or \"rfc\" for the minutes of RFC 5321 4.5.3.2." default:"30 s"`
	ConnectTimeout time.Duration `lua:"connect_timeout" doc:"How long a connect may take." default:"10 s"`
	Retries        int           `lua:"retries" doc:"How often a failed scenario is tried again, after all others." default:"0"`
	Strict         bool          `lua:"strict" doc:"Warnings fail the run." default:"false"`
	Allow          []string      `lua:"allow" doc:"host or host:port that scripts may connect to besides the target." default:"none"`
	DNS            string        `lua:"dns" doc:"Address of the DNS server that dns, and connections to names, ask: with or without a port." default:"the system's"`
}

// LoadConfig runs a configuration file. getenv is what its env reads. The error is a *LoadError.
func (lang *Language) LoadConfig(path string, getenv func(string) (string, bool)) (*Config, error) {
	l := lang.NewLoader(nil)
	dir := filepath.Dir(path)
	f, err := l.Load(path, Place{RequireRoot: dir, ReadRoot: dir})
	if err != nil {
		return nil, err
	}
	cfg := &Config{Path: path, Targets: map[string]*Target{}, Vars: NewVars()}
	if err := cfg.read(f, getenv); err != nil {
		var secrets wire.Secrets
		for _, v := range cfg.Secrets {
			secrets.Add(v)
		}
		err.Mask(&secrets)
		return nil, err
	}
	return cfg, nil
}

// read runs the file and takes over what it returns.
func (cfg *Config) read(f *File, getenv func(string) (string, bool)) *LoadError {
	value, lerr := f.evaluate("the configuration", func(name string) (string, bool) {
		v, ok := getenv(name)
		if ok {
			cfg.Secrets = append(cfg.Secrets, v)
		}
		return v, ok
	})
	if lerr != nil {
		return lerr
	}
	table, ok := value.(*lua.LTable)
	if !ok {
		return loadError(cfg.Path, 1, "the configuration returns a table, as in return { target = \"smtp://127.0.0.1:25\" }; got %s", bind.Describe(value))
	}
	if err := cfg.fill(table); err != nil {
		return loadError(cfg.Path, f.lineOf(err), "%s", err)
	}
	return nil
}

// evaluate runs the chunk in the sandbox of scenarios, with env besides, unless getenv is nil. What it is is for messages.
func (f *File) evaluate(what string, getenv func(string) (string, bool)) (lua.LValue, *LoadError) {
	env := &Env{Vars: NewVars(), Target: &Target{Facts: targetFacts()}}
	a := newAttempt(f, env, f.whole())
	a.phase, a.limit, a.names = collecting, collectTime, map[string]int{}
	ctx, cancel := context.WithTimeout(context.Background(), collectTime)
	defer cancel()
	a.L = f.load.lang.newState()
	defer a.L.Close()
	if getenv != nil {
		a.L.SetGlobal("env", a.L.NewFunction(environment(getenv)))
	}
	var err error
	a.withContext(ctx, func() {
		a.L.Push(a.L.NewFunctionFromProto(f.chunk.proto))
		err = a.lang.protect(a.L, 0, 1, a.keepStack)
	})
	switch {
	case err == errPlain, err != nil && strings.Contains(err.Error(), errPlain.Error()):
		return nil, loadError(f.Path, a.lastLine(), "%s only returns a table: it runs nothing", what)
	case ctx.Err() != nil:
		return nil, loadError(f.Path, a.lastLine(), "%s did not end within %s", what, durationText(collectTime))
	case err != nil:
		return nil, loadError(f.Path, a.lastLine(), "%s", a.collectText(err))
	}
	return a.L.Get(-1), nil
}

// environment is the function env.
func environment(getenv func(string) (string, bool)) lua.LGFunction {
	return func(L *lua.LState) int {
		name := L.CheckString(1)
		v, ok := getenv(name)
		if !ok {
			if fallback, given := L.Get(2).(lua.LString); given {
				L.Push(fallback)
				return 1
			}
			L.RaiseError("the environment variable %s is not set: set it, or give a default with env(%q, \"...\")", name, name)
		}
		L.Push(lua.LString(v))
		return 1
	}
}

// lineOf finds the line of a key that an error names, so that it can be gone to.
func (f *File) lineOf(err error) int {
	if e, ok := err.(*keyError); ok && utf8.ValidString(e.key) {
		given := regexp.MustCompile(`(^|[^\w.])` + regexp.QuoteMeta(e.key) + `["'\]]*\s*=`)
		for i, line := range strings.Split(f.chunk.source, "\n") {
			if given.MatchString(line) || strings.Contains(line, `"`+e.key+`"`) {
				return i + 1
			}
		}
	}
	return 1
}

// keyError is about a key of the configuration.
type keyError struct {
	key  string
	text string
}

func (e *keyError) Error() string { return e.text }

func keyProblem(key, format string, args ...any) error {
	return &keyError{key, fmt.Sprintf(format, args...)}
}

var configTable = bind.OptionsOf[configOptions]("Config", "The configuration smtpspec.lua.")

func (cfg *Config) fill(t *lua.LTable) error {
	if key, err := configTable.Unknown(t); err != nil {
		return keyProblem(key, "%s", err)
	}
	var o configOptions
	configTable.Decode(t, &o)
	cfg.ConfigValues = ConfigValues{Target: o.Target, Paths: o.Paths, Jobs: o.Jobs, MaxConnections: o.MaxConnections, Timeout: o.Timeout,
		ConnectTimeout: o.ConnectTimeout, Retries: o.Retries, Strict: o.Strict, Allow: o.Allow, DNS: o.DNS}
	cfg.limits = o.ReplyTimeout
	if _, err := resolve.New(cfg.DNS); err != nil {
		return keyProblem("dns", "dns: %s", err)
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"jobs", cfg.Jobs}, {"max_connections", cfg.MaxConnections}, {"retries", cfg.Retries}} {
		if n.value < 0 {
			return keyProblem(n.name, "%s: a number from 0 expected, got %d", n.name, n.value)
		}
	}
	dir := filepath.Dir(cfg.Path)
	for i, p := range cfg.Paths {
		if !filepath.IsAbs(p) {
			cfg.Paths[i] = filepath.Join(dir, p)
		}
	}
	if err := setAll(cfg.Vars, o.Vars, "vars"); err != nil {
		return err
	}
	return cfg.fillTargets(o.Targets, dir)
}

func (cfg *Config) fillTargets(targets *lua.LTable, dir string) error {
	if targets == nil {
		return nil
	}
	var err error
	targets.ForEach(func(k, v lua.LValue) {
		facts, ok := v.(*lua.LTable)
		if err != nil {
			return
		}
		if !ok {
			err = keyProblem(k.String(), "target %s: a table with a url and facts expected, got %s", k.String(), bind.Describe(v))
			return
		}
		cfg.Targets[k.String()], err = targetOf(k.String(), facts, dir)
	})
	return err
}

func targetOf(name string, t *lua.LTable, dir string) (*Target, error) {
	url, ok := t.RawGetString("url").(lua.LString)
	if !ok {
		return nil, keyProblem(name, "target %s: it needs a url, as in url = \"smtp://mx.example.org:25\"", name)
	}
	target, err := ParseTarget(string(url))
	if err != nil {
		return nil, keyProblem(string(url), "target %s: %s", name, err)
	}
	target.Name = name
	t.RawSetString("url", lua.LNil)
	if err := setAll(&target.Facts, t, "target "+name); err != nil {
		return nil, err
	}
	for _, fact := range []string{"ca", "cert", "key"} {
		target.anchor(fact, dir)
	}
	return target, nil
}

// anchor makes the path in a fact relative to the file that named it.
func (t *Target) anchor(fact, dir string) {
	path := t.Text(fact)
	if path == "" || filepath.IsAbs(path) || strings.Contains(path, "-----BEGIN ") {
		return
	}
	t.values[fact] = filepath.Join(dir, path)
}

// Anchor makes the paths in the target's facts relative to dir.
func (t *Target) Anchor(dir string) {
	for _, fact := range []string{"ca", "cert", "key"} {
		t.anchor(fact, dir)
	}
}

func setAll(f *Facts, t *lua.LTable, where string) error {
	if t == nil {
		return nil
	}
	var err error
	t.ForEach(func(k, v lua.LValue) {
		if err != nil || v == lua.LNil {
			return
		}
		name, value := k.String(), any(nil)
		switch v := v.(type) {
		case lua.LString:
			value = string(v)
		case lua.LNumber:
			value = float64(v)
		case lua.LBool:
			value = bool(v)
		default:
			err = keyProblem(name, "%s: %s: text, a number or true or false expected, got %s", where, name, bind.Describe(v))
			return
		}
		if serr := f.Set(name, value); serr != nil {
			err = keyProblem(name, "%s: %s", where, serr)
		}
	})
	return err
}

// TargetNames are the names of the targets, sorted.
func (cfg *Config) TargetNames() []string {
	names := make([]string, 0, len(cfg.Targets))
	for n := range cfg.Targets {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// FindConfig looks for smtpspec.lua in dir and its parents. "" says that there is none.
func FindConfig(dir string) string {
	for {
		path := filepath.Join(dir, "smtpspec.lua")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Limits are the time limits that the configuration sets.
func (cfg *Config) Limits() (Limits, error) {
	l := Limits{Scenario: cfg.Timeout, Connect: cfg.ConnectTimeout}
	switch v := cfg.limits.(type) {
	case lua.LString:
		return l, l.SetReply(string(v))
	case lua.LNumber:
		d, err := bind.ParseDuration(v)
		l.Reply = d
		return l, err
	}
	return l, nil
}

// SetReply reads a limit for replies as a person writes it: a duration, or rfc.
func (l *Limits) SetReply(text string) error {
	if text == "rfc" {
		l.RFC, l.Reply = true, 0
		return nil
	}
	d, err := ParseSeconds(text)
	if err != nil {
		return err
	}
	l.RFC, l.Reply = false, d
	return nil
}

// ParseSeconds reads a duration from text: "30" is seconds, as in scripts, "250ms" is as it says.
func ParseSeconds(text string) (time.Duration, error) {
	var n float64
	if _, err := fmt.Sscanf(text+"\n", "%g\n", &n); err == nil {
		return bind.ParseDuration(lua.LNumber(n))
	}
	d, err := bind.DurationText(text)
	if err != nil {
		return 0, fmt.Errorf("%w%s", err, spell.Hint(text, []string{"rfc"}))
	}
	return d, nil
}
