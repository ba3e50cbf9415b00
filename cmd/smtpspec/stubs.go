package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/urfave/cli/v2"
)

func stubsCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "stubs", Usage: "write what editors and luacheck need to know of the language", ArgsUsage: "DIR",
		Description: "DIR is where the scenarios are, as an editor opens it. What is written is " + luaapi.StubDir + ", the definitions for\n" +
			"lua-language-server; .luarc.json, its settings; and .luacheckrc, those of luacheck.",
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "force", Usage: "overwrite files that have another content"}},
		Action: func(c *cli.Context) error { return writeStubs(e, c) },
	}
}

// stub is a file that stubs writes.
type stub struct {
	luaapi.StubFile
	path    string
	present bool // with this content
}

func writeStubs(e *env, c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("as in smtpspec stubs .", "one directory is expected, got %d", c.NArg())
	}
	ref, err := luaapi.New().Reference()
	if err != nil {
		return err
	}
	dir := c.Args().First()
	var files []*stub
	var others []string
	for _, f := range ref.Stubs("smtpspec.lua", "Written by smtpspec stubs") {
		s := &stub{StubFile: f, path: filepath.Join(dir, filepath.FromSlash(f.Path))}
		old, err := os.ReadFile(s.path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return usage("", "%s cannot be read: %s", s.path, luaapi.FileProblem(err))
		}
		s.present = err == nil && bytes.Equal(old, []byte(f.Content))
		if err == nil && !s.present && !f.Ours && !c.Bool("force") {
			others = append(others, s.path)
		}
		files = append(files, s)
	}
	if others != nil {
		return usage("--force overwrites; or write to another directory, and take over what you need",
			"nothing is written: %s would change", strings.Join(others, ", "))
	}
	for _, s := range files {
		if err := e.writeStub(s); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) writeStub(s *stub) error {
	if s.present {
		fmt.Fprintf(e.stdout, "%s is as it should be\n", s.path)
		return nil
	}
	err := os.MkdirAll(filepath.Dir(s.path), 0o777)
	if err == nil {
		err = os.WriteFile(s.path, []byte(s.Content), 0o666)
	}
	if err != nil {
		return usage("", "%s cannot be written: %s", s.path, luaapi.FileProblem(err))
	}
	fmt.Fprintf(e.stdout, "%s written\n", s.path)
	return nil
}
