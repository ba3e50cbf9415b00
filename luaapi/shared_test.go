package luaapi

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/runner/event"
)

// vandal changes everything that it can reach and that other scenarios have too. What it finds changed is a failure.
const vandal = `
local names = {}
local helper = require "helper"
scenario("vandal", function()
  local c = smtp.session()
  assert.is_nil(rawget(_G, "vandal_was_here"))
  assert.is_nil(string.vandal)
  assert.is_nil(helper.vandal)
  assert.equal("X", ("x"):upper())
  vandal_was_here = true
  helper.vandal = true
  names.vandal = true
  local function try(f, ...) pcall(f, ...) end
  for _, lib in ipairs { string, table, math, coroutine, os } do
    lib.vandal = true
    for name in pairs(lib) do lib[name] = nil end
  end
  local modules = { smtp, assert, codec, codec.base64, hash, random, time, target, vars, c, c.greeting }
  for _, m in ipairs(modules) do
    try(function() m.connect = 1 end)
    try(function() m.vandal = 1 end)
    try(rawset, m, "vandal", 1)
    try(setmetatable, m, { __index = function() return "vandal" end })
    local mt = getmetatable(m)
    try(function() mt.__index = 1 end)
    try(setfenv, m, {})
  end
  for _, f in ipairs { print, pcall, setfenv, smtp.connect, c.send, assert.equal, require, step } do
    try(setfenv, f, { vandal = 1 })
    try(function() getfenv(f).vandal = 1 end)
    try(function() getfenv(f).print = nil end)
  end
  for level = 0, 8 do
    try(function() getfenv(level).vandal = 1 end)
    try(function() setfenv(level + 1, setmetatable({}, { __index = _G })) end)
  end
  try(function() getmetatable("").__index = nil end)
  try(function() getmetatable(_G).__index = nil end)
  try(setmetatable, _G, nil)
  try(setmetatable, "", {})
  try(function() c.caps.SIZE = nil end)
  for name in pairs(_G) do if name ~= "pairs" then _G[name] = nil end end
  smtp, target = nil
end)
`

// TestNothingIsShared runs it in eight goroutines at once; the race detector sees what they share.
func TestNothingIsShared(t *testing.T) {
	for _, from := range []int{1, 2} { // with a template, and without
		t.Run(fmt.Sprint("from ", from), func(t *testing.T) { testNothingIsShared(t, from) })
	}
}

func testNothingIsShared(t *testing.T, templateFrom int) {
	lang := New()
	lang.templateFrom = templateFrom
	dir := t.TempDir()
	path := filepath.Join(dir, "t.lua")
	for name, text := range map[string]string{"t.lua": vandal, "helper.lua": "return {}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	target := NoTarget()
	for name, value := range srv.Facts() {
		if err := target.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	f, err := lang.NewLoader(nil).Load(path, Place{RequireRoot: dir, ReadRoot: dir})
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Target: target, Vars: NewVars(), Run: "run", Counter: &atomic.Uint64{}, Keywords: &Keywords{}}
	ctx := context.Background()
	list, err := f.Collect(ctx, env)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for n := range 4 {
				r := list[0].Run(ctx, ctx, env, event.Key{Name: fmt.Sprint(g, n)}, 1)
				for _, failure := range r.Failures {
					t.Errorf("line %d: %s: want %s, got %s", failure.Position.Line, failure.Message, failure.Want, failure.Got)
				}
			}
		})
	}
	all.Wait()
}
