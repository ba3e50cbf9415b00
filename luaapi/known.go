package luaapi

import (
	"context"
	"fmt"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/pattern"
	lua "github.com/yuin/gopher-lua"
)

// Known is a deviation of a server that is known, as a file lists it: the scenario that finds it is expected to fail there.
type Known struct {
	ID     string // of the scenario
	Server string // Lua pattern, found in the server's greeting or the target's name; "" for every server
	Reason string
	Link   string
	Until  time.Time // the last day on which it counts; zero for no end
	Where  string    // file:line
}

type knownOptions struct {
	ID     string `lua:"id" doc:"The id of the scenario." default:"required"`
	Server string `lua:"server" doc:"Lua pattern of the servers that are meant, found in the greeting or in the target's name." default:"every server"`
	Reason string `lua:"reason" doc:"Why it fails there." default:"required"`
	Link   string `lua:"link" doc:"Where more is said of it." default:"none"`
	Until  string `lua:"until" doc:"The last day on which it is taken for known, as in \"2027-06-30\"; it is a word of Lua's, and written [\"until\"]." default:"no end"`
}

var knownTable = bind.OptionsOf[knownOptions]("Known", "A deviation of a server that is known.")

// LoadKnown reads a file of known deviations: a Lua file that returns a list of them. The error is a *LoadError.
func (lang *Language) LoadKnown(path string) ([]Known, error) {
	f, err := lang.NewLoader(nil).Load(path, Place{})
	if err != nil {
		return nil, err
	}
	value, lerr := f.evaluate("a list of known deviations", nil)
	if lerr != nil {
		return nil, lerr
	}
	list, ok := value.(*lua.LTable)
	if !ok || list.Len() == 0 && !isEmptyTable(list) {
		return nil, loadError(path, 1, "a list of tables expected, as in return { { id = \"…\", reason = \"…\" } }; got %s", bind.Describe(value))
	}
	var known []Known
	for i := 1; i <= list.Len(); i++ {
		t, ok := list.RawGetInt(i).(*lua.LTable)
		if !ok {
			return nil, loadError(path, 1, "item %d: a table expected, got %s", i, bind.Describe(list.RawGetInt(i)))
		}
		k, err := knownOf(t)
		if err != nil {
			return nil, loadError(path, f.lineOf(keyProblem(k.ID, "%s", err)), "item %d: %s", i, err)
		}
		k.Where = fmt.Sprintf("%s:%d", path, f.lineOf(keyProblem(k.ID, "")))
		known = append(known, k)
	}
	return known, nil
}

func isEmptyTable(t *lua.LTable) bool {
	key, _ := t.Next(lua.LNil)
	return key == lua.LNil
}

func knownOf(t *lua.LTable) (k Known, err error) {
	if id, ok := t.RawGetString("id").(lua.LString); ok {
		k.ID = string(id)
	}
	if _, err := knownTable.Unknown(t); err != nil {
		return k, err
	}
	var o knownOptions
	knownTable.Decode(t, &o)
	k = Known{ID: o.ID, Server: o.Server, Reason: o.Reason, Link: o.Link}
	switch {
	case o.ID == "":
		return k, fmt.Errorf("id: that of a scenario is needed")
	case o.Reason == "":
		return k, fmt.Errorf("reason: why it fails has to be said")
	}
	if _, _, err := pattern.Find(context.Background(), "", o.Server, 0); err != nil {
		return k, fmt.Errorf("server: %q is no pattern: %s", o.Server, err)
	}
	if o.Until != "" {
		if k.Until, err = time.Parse(time.DateOnly, o.Until); err != nil {
			return k, fmt.Errorf("until: a day expected, as in \"2027-06-30\", got %q", o.Until)
		}
	}
	return k, nil
}

// patternTime is how long a pattern may take.
const patternTime = time.Second

// Matches tells whether it is one of this server, by any of the texts that tell of it.
func (k *Known) Matches(texts ...string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patternTime)
	defer cancel()
	for _, text := range texts {
		if _, found, err := pattern.Find(ctx, text, k.Server, 0); err == nil && found {
			return true
		}
	}
	return k.Server == ""
}

// Expired tells whether its last day is over.
func (k *Known) Expired(now time.Time) bool {
	return !k.Until.IsZero() && !now.Before(k.Until.AddDate(0, 0, 1))
}

// Text is its reason, with the link.
func (k *Known) Text() string {
	if k.Link == "" {
		return k.Reason
	}
	return k.Reason + " (" + k.Link + ")"
}
