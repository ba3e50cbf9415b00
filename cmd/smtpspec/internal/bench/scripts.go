//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The message that everybody sends has about 1 KiB.
const (
	bodyLine  = "All work and no play makes for dull mail, sixty octets a line"
	bodyLines = 16
)

// conversationLua is what steps does, as a scenario. docs/benchmarks.md shows it.
var conversationLua = `local c = smtp.connect()
c:expect(220)
c:send("EHLO client.example"):expect(250)
c:send("MAIL FROM:<a@example.org>"):expect(250)
c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect(250)
c:send("DATA"):expect(354)
c:send_data("Subject: benchmark\n\n" .. ("` + bodyLine + `\n"):rep(` + strconv.Itoa(bodyLines) + `))
c:expect(250)
c:send("QUIT"):expect(221)
`

const (
	assertLua = "assert(true)\n"
	heldLua   = `local c = smtp.connect()
c:expect(220)
c:send("EHLO client.example"):expect(250)
c:send("NOOP"):expect(250)
c:send("QUIT"):expect(221)
`
)

// tree writes n files with the same source below the directory name, a thousand a directory, and is its path.
func (b *bench) tree(name string, n int, source string) (string, error) {
	root := b.path(name)
	for i := range n {
		dir := filepath.Join(root, fmt.Sprintf("%03d", i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", err
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.lua", i%1000)), []byte(source), 0o644); err != nil {
			return "", err
		}
	}
	return root, nil
}

// file writes one file and is its path.
func (b *bench) file(name, source string) (string, error) {
	path := b.path(name + ".lua")
	return path, os.WriteFile(path, []byte(source), 0o644)
}

// looped declares n scenarios in a loop.
func looped(n int, body string) string {
	return fmt.Sprintf("for i = 1, %d do\n  scenario(\"number \" .. i, function()\n%s  end)\nend\n", n, body)
}

// written declares n scenarios with a statement each.
func written(n int, body string) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "scenario(\"number %d\", function()\n%send)\n", i, body)
	}
	return s.String()
}

// repeated has n conversations in one scenario.
func repeated(n int, body string) string {
	return fmt.Sprintf("for i = 1, %d do\n%send\n", n, body)
}
