package luaapi

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// levels are the levels that a scenario, a check or an expectation may have.
var levels = []string{"must", "required", "should", "may", "security", "ops"}

// scenarioOptions are the options that suite and scenario share.
type scenarioOptions struct {
	Tags       []string       `lua:"tags" doc:"Words to select by, as in --tag 'tls and not slow'." default:"none"`
	Refs       []string       `lua:"refs" doc:"Where the requirement stands, as in \"RFC 5321 4.1.1.4\"; reports show it." default:"none"`
	ID         string         `lua:"id" doc:"A stable name, unique in a run, to select by with --id." default:"none"`
	Level      string         `lua:"level" doc:"What a failure counts for: \"must\", \"required\" and \"security\" fail, \"should\" and \"ops\" warn, \"may\" leaves a note." default:"\"must\""`
	Requires   []string       `lua:"requires" doc:"Facts of the target (lower case) and EHLO keywords (upper case, as in \"AUTH PLAIN\", \"tls:AUTH\", \"!VRFY\") without which the scenario is skipped." default:"none"`
	Timeout    *time.Duration `lua:"timeout" doc:"How long the scenario may take." default:"the run's, 60 s"`
	Retries    *int           `lua:"retries" doc:"How often it is tried again when it fails, from 0 to 100." default:"the run's, 0"`
	Serial     *bool          `lua:"serial" doc:"Runs alone." default:"false"`
	Lock       string         `lua:"lock" doc:"Scenarios that share a lock never run at the same time." default:"none"`
	KnownIssue string         `lua:"known_issue" doc:"Why it is expected to fail: failing is then reported as known, and passing is a failure." default:"none"`
}

type suiteOptions struct {
	scenarioOptions
	Name string `lua:"name" doc:"Name of the suite." default:"the file's, without .lua"`
}

var (
	suiteTable    = bind.OptionsOf[suiteOptions]("SuiteOptions", "Defaults for every scenario of a file, and the name of the suite.")
	scenarioTable = bind.OptionsOf[scenarioOptions]("ScenarioOptions", "Options of one scenario. What it does not say is the suite's; lists of tags, refs and requires add up.")
	checkTable    = bind.OptionsOf[checkOptions]("CheckOptions", "Options of a check.")
)

type checkOptions struct {
	Level string `lua:"level" doc:"The level that a failure inside counts at, as of a scenario." default:"the level around it"`
}

func (lang *Language) globalFunctions() *bind.Module {
	return &bind.Module{
		Doc: "Functions that every scenario file has without a module before them.",
		Funcs: []*bind.Func{
			bind.Fn("suite(options: SuiteOptions)", declareSuite, "Sets defaults for every scenario of the file, or names the one that a plain file is. It is called once, before anything else."),
			scenarioFunction(),
			bind.Fn("before_each(fn: function)", func(c *bind.Call) error { return hook(c, &attemptOf(c.L).before) }, "Runs fn before every scenario of the file."),
			bind.Fn("after_each(fn: function)", func(c *bind.Call) error { return hook(c, &attemptOf(c.L).after) }, "Runs fn after every scenario of the file."),
			bind.Fn("cleanup(fn: function)", cleanup, "Runs fn when the scenario ends, last first, whatever its outcome, within 5 s."),
			bind.Fn("step(name: string, fn: function): any", step, "Runs fn as a named step of the report and the transcript. A failure inside ends the scenario."),
			bind.Fn("check(name: string, options?: CheckOptions|function, fn?: function): boolean", softCheck, "Runs fn as a soft step: a failure inside is recorded, with a level, and the scenario goes on. It counts at the end."),
			bind.Fn("skip(reason: string)", func(c *bind.Call) error { return skip(c, false) }, "Ends the scenario as skipped, with a reason that reports show."),
			bind.Fn("inconclusive(reason: string)", func(c *bind.Call) error { return skip(c, true) }, "Ends the scenario as skipped because the server's policy was in the way."),
			bind.Fn("fail(message: string)", failScenario, "Ends the scenario as failed. It counts as an expectation."),
			bind.Fn("warn(message: string)", warning, "Records a warning and goes on. A scenario whose worst is a warning is warned, which fails the run only with --strict."),
			bind.Fn("note(message: string)", note, "Records a remark that changes no verdict, and goes on. Reports always show it."),
			bind.Fn("log(...: any)", logLine, "Writes a line to the scenario's record, which is shown when the scenario fails, or with --verbose."),
			bind.Fn("print(...: any)", logLine, "Writes a line to the scenario's record, as log does."),
			bind.Fn("sleep(seconds: duration)", sleep, "Waits. The scenario's timeout ends it."),
			bind.Fn("unique(prefix?: string): string", unique, "Gives text that no other scenario, attempt or run uses: for addresses and subjects."),
			bind.Fn("read_file(path: string): string", readFile, "Gives the bytes of a file below the scenario directory."),
			bind.Fn("require(name: string): any", require, "Runs a helper file once a scenario, and gives what it returns."),
		},
		Classes: []*bind.Class{lang.types.failure, lang.types.target, lang.types.vars},
		Options: []*bind.Options{suiteTable, scenarioTable, checkTable, configTable, knownTable},
	}
}

// notBuilt is said of names of the contract that a later version brings.
const notBuilt = "is not built yet in this version of smtpspec"

func declareSuite(c *bind.Call) error {
	a := attemptOf(c.L)
	switch {
	case a.phase == running && !a.decl.Plain:
		return fmt.Errorf("suite is called at the top level of a file, not in a scenario")
	case a.phase == running && !a.decl.suite:
		return fmt.Errorf("suite comes before anything else is done: here it has no effect")
	}
	if a.suite.Name != "" || a.suite.Level != "" {
		return fmt.Errorf("suite is called once in a file")
	}
	if len(a.found) > 0 || a.calls > 0 {
		return fmt.Errorf("suite comes before the first scenario")
	}
	o := suiteOptions{}
	suiteTable.Decode(c.Table(0), &o)
	if err := o.check(); err != nil {
		return fmt.Errorf("suite: %w", err)
	}
	if o.Level == "" {
		o.Level = "must"
	}
	if o.Name == "" {
		o.Name = baseName(a.file.Path)
	}
	a.suite = o
	if a.phase == collecting && a.file.chunk.plain {
		return errPlain // what comes after it declares nothing
	}
	return nil
}

func (o *scenarioOptions) check() error {
	if o.Level != "" {
		if err := oneOf("option level", o.Level, levels...); err != nil {
			return err
		}
	}
	if o.Timeout != nil && *o.Timeout <= 0 {
		return fmt.Errorf("option timeout: more than nothing is needed")
	}
	if o.Retries != nil && (*o.Retries < 0 || *o.Retries > 100) {
		return fmt.Errorf("option retries: a number from 0 to 100 expected, got %d", *o.Retries)
	}
	for _, r := range o.Requires {
		if _, err := parseRequirement(r); err != nil {
			return err
		}
	}
	for _, t := range o.Tags {
		if t == "" || strings.ContainsAny(t, " ()") {
			return fmt.Errorf("option tags: %q is no tag: a word expected", t)
		}
	}
	return nil
}

// declare puts the suite's defaults into a declaration.
func (s *suiteOptions) declare(d *Declaration) *Declaration {
	if s.Name != "" {
		d.Suite = s.Name
	}
	s.apply(d)
	d.ID = s.ID
	return d
}

func (o *scenarioOptions) apply(d *Declaration) {
	d.Tags = append(slices.Clip(d.Tags), o.Tags...)
	d.Refs = append(slices.Clip(d.Refs), o.Refs...)
	d.Requires = append(slices.Clip(d.Requires), o.Requires...)
	if o.Level != "" {
		d.Level = o.Level
	}
	if o.Timeout != nil {
		d.Timeout = *o.Timeout
	}
	if o.Retries != nil {
		d.Retries = *o.Retries
	}
	if o.Serial != nil {
		d.Serial = *o.Serial
	}
	if o.Lock != "" {
		d.Lock = o.Lock
	}
	if o.KnownIssue != "" {
		d.KnownIssue = o.KnownIssue
	}
}

// scenarioFunction is scenario. When a file runs again for one of its scenarios, the calls that declare the others cost
// next to nothing.
func scenarioFunction() *bind.Func {
	f := bind.Fn("scenario(name: string, options?: ScenarioOptions|function, fn?: function)", declareScenario, "Declares a scenario. A file that calls it is declared; a file that does not is one scenario itself.")
	f.Pass = func(L *lua.LState) bool {
		a := attemptOf(L)
		if a.phase != declaring || a.calls == a.decl.index || a.named != nil {
			return false
		}
		a.calls++
		return true
	}
	return f
}

func declareScenario(c *bind.Call) error {
	a := attemptOf(c.L)
	switch {
	case a.phase == declaring:
		return a.reach(c)
	case a.phase == running && a.decl.Plain:
		return fmt.Errorf("scenario is called after something else was done at the top level: declare first, and do it inside")
	case a.phase == running:
		return fmt.Errorf("scenario is called at the top level of a file, not in a scenario")
	}
	o := scenarioOptions{}
	if _, err := body(c); err != nil {
		return err
	}
	scenarioTable.Decode(c.Table(1), &o)
	name := c.String(0)
	if strings.TrimSpace(name) == "" {
		return fmt.Errorf("scenario: the name is empty")
	}
	if err := o.check(); err != nil {
		return fmt.Errorf("scenario %q: %w", name, err)
	}
	at, _ := a.position(c.L)
	if line, ok := a.names[name]; ok {
		return fmt.Errorf("scenario %q is declared twice: here and in line %d", name, line)
	}
	a.names[name] = at.line
	d := a.suite.declare(&Declaration{Suite: baseName(a.file.Path), Level: "must", Retries: -1, file: a.file})
	d.Name, d.Line, d.index, d.ID = name, at.line, len(a.found), o.ID
	o.apply(d)
	a.found = append(a.found, d)
	return nil
}

// reach takes the function of the scenario that is meant when the file runs again.
func (a *attempt) reach(c *bind.Call) error {
	if a.named != nil {
		fn, err := body(c)
		a.named = append(a.named, topScenario{c.String(0), fn})
		return err
	}
	a.calls++
	if name := c.String(0); name != a.decl.Name {
		return fmt.Errorf("the declarations changed when the file ran again: %q is now where %q was", name, a.decl.Name)
	}
	fn, err := body(c)
	a.selected = fn
	return err
}

func hook(c *bind.Call, list *[]*lua.LFunction) error {
	if a := attemptOf(c.L); a.phase == running {
		return fmt.Errorf("%s is called at the top level of a file that declares scenarios", c.F.Name)
	}
	*list = append(*list, c.Function(0))
	return nil
}

func cleanup(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("cleanup"); err != nil {
		return err
	}
	a.cleanups = append(a.cleanups, c.Function(0))
	return nil
}

func skip(c *bind.Call, policy bool) error {
	a := attemptOf(c.L)
	if err := a.live(c.F.Name); err != nil {
		return err
	}
	return a.skip(c.String(0), policy)
}

// skip ends the scenario as skipped, by the server's policy or not.
func (a *attempt) skip(reason string, policy bool) error {
	if !a.result.Skipped {
		a.result.Skipped, a.result.Reason, a.result.Inconclusive = true, a.short(reason, maxFinding), policy
	}
	return &stop{text: "skipped: " + reason, skip: true, lang: a.lang}
}

func failScenario(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("fail"); err != nil {
		return err
	}
	a.expected(c.L, event.Expectation{What: "fail", Got: c.String(0)})
	return a.failed(c.L, event.Failure{Kind: "fail", Message: c.String(0)})
}

func warning(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("warn"); err != nil {
		return err
	}
	a.warn(c.L, event.Failure{Kind: "warn", Message: c.String(0)})
	a.log(c.L, "warning", c.String(0))
	return nil
}

func note(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("note"); err != nil {
		return err
	}
	a.note(c.String(0))
	a.log(c.L, "note", c.String(0))
	return nil
}

func logLine(c *bind.Call) error {
	words := make([]string, c.N())
	for i := range words {
		words[i] = textOf(described(c.L, c.Value(i)))
		if c.Value(i) == lua.LNil {
			words[i] = "nil"
		}
	}
	attemptOf(c.L).log(c.L, "log", strings.Join(words, " "))
	return nil
}

func sleep(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("sleep"); err != nil {
		return err
	}
	a.meanwhile(nil)
	t := time.NewTimer(c.Duration(0, 0))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-attemptOf(c.L).ctx.Done():
		return a.cancelled(c.L)
	}
}

// cancelled ends the scenario because its time is over, or the run's.
func (a *attempt) cancelled(L *lua.LState) error {
	<-a.ctx.Done() // a deadline of the socket may come a moment before the context's
	a.over(a.here(L))
	return &stop{text: a.timeoutText(), lang: a.lang}
}

func unique(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("unique"); err != nil {
		return err
	}
	// The letter keeps one from being found within another: that of 1 in that of 12.
	return c.Push(lua.LString(fmt.Sprintf("%s%s-%dz", c.String(0), a.env.Run, a.env.Counter.Add(1))))
}

func readFile(c *bind.Call) error {
	a := attemptOf(c.L)
	b, err := a.file.readFile(a.caller(c.L), c.String(0))
	if err != nil {
		return err
	}
	return c.Push(lua.LString(b))
}

// caller is the file of the Lua code that calls.
func (a *attempt) caller(L *lua.LState) string {
	for level := 0; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return a.file.Path
		}
		if _, err := L.GetInfo("S", dbg, lua.LNil); err == nil && dbg.Source != "" {
			return dbg.Source
		}
	}
}

func require(c *bind.Call) error {
	a := attemptOf(c.L)
	path, err := a.file.resolve(a.caller(c.L), c.String(0))
	if err != nil {
		return err
	}
	if a.loaded == nil {
		a.loaded = map[string]lua.LValue{}
	}
	if v, ok := a.loaded[path]; ok {
		if v == nil {
			return fmt.Errorf("require %q: %s is being loaded already: the files require each other", c.String(0), path)
		}
		return c.Push(v)
	}
	ch, err := a.file.load.chunk(path)
	if err != nil {
		return err
	}
	a.loaded[path] = nil
	defer func() {
		if a.loaded[path] == nil { // it raised
			delete(a.loaded, path)
		}
	}()
	a.required = append(a.required, ch)
	c.L.Push(c.L.NewFunctionFromProto(ch.proto))
	c.L.Push(lua.LString(c.String(0)))
	c.L.Call(1, 1)
	v := c.L.Get(-1)
	c.L.Pop(1)
	if v == lua.LNil {
		v = lua.LTrue
	}
	a.loaded[path] = v
	return c.Push(v)
}

func baseName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), ".lua")
}
