package luaapi

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// BenchmarkLibrary is ten thousand times a statement, in a scenario and in gopher-lua as it comes.
func BenchmarkLibrary(b *testing.B) {
	for name, statement := range map[string]string{
		"format":    `local s = string.format("%d %s %5.2f", i, "x", 1.5)`,
		"gsub":      `local s = string.gsub("hello world", "o", "0")`,
		"find":      `local s = string.find("250-SIZE 35882577", "^250[ -](%S+)")`,
		"rep":       `local s = string.rep("ab", 10)`,
		"sub":       `local s = string.sub("hello world", 3, 7)`,
		"upper":     `local s = string.upper("hello")`,
		"concat":    `local s = "a" .. i .. "b"`,
		"tconcat":   `local s = table.concat({ "a", "b", "c" }, ",")`,
		"insert":    `local t = {} table.insert(t, 1) table.insert(t, 1, 2) table.remove(t)`,
		"sort":      `local t = { 5, 3, 9, 1, 7, 2, 8, 4, 6 } table.sort(t)`,
		"sortby":    `local t = { 5, 3, 9, 1, 7, 2, 8, 4, 6 } table.sort(t, function(a, b) return a > b end)`,
		"tonumber":  `local n = tonumber("12.5")`,
		"tostring":  `local s = tostring(i)`,
		"fraction":  `local s = tostring(i + 0.5)`,
		"modulo":    `local n = i % 7`,
		"coerce":    `local n = "10" + i`,
		"floor":     `local n = math.floor(i / 3)`,
		"max":       `local n = math.max(i, 5, 7)`,
		"pairs":     `for k, v in pairs({ 1, 2, 3, x = 4 }) do end`,
		"ipairs":    `for k, v in ipairs({ 1, 2, 3, 4 }) do end`,
		"select":    `local n = select("#", 1, 2, 3)`,
		"for":       `for j = 1, 10 do end`,
		"swap":      `local x, y = 1, 2 x, y = y, x`,
		"date":      `local s = os.date("!%Y-%m-%d %H:%M:%S", i)`,
		"time":      `local n = os.time({ year = 2024, month = 1, day = 1 })`,
		"coroutine": `local c = coroutine.wrap(function() coroutine.yield(1) end) c() c()`,
		"setmeta":   `local t = setmetatable({}, nil)`,
		"unpack":    `local a, b = unpack({ 1, 2 })`,
	} {
		source := "for i = 1, 10000 do " + statement + " end"
		b.Run(name+"/gopher-lua", func(b *testing.B) {
			L := lua.NewState()
			defer L.Close()
			L.SetContext(b.Context()) // as a scenario's has one, which costs more than many an instruction
			fn, err := L.LoadString(source)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				L.Push(fn)
				L.Call(0, 0)
			}
		})
		b.Run(name+"/ours", func(b *testing.B) {
			o := newOurs(b)
			b.ReportAllocs()
			for b.Loop() {
				o.run(b, source)
			}
		})
	}
}
