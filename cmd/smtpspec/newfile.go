package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/smtpspec/smtpspec/luaapi"
)

// newScenarioFile says what is wrong with a file that a flag names to be written, before anything is done. An empty name is none.
func newScenarioFile(flag, name string, force bool) error {
	if name == "" {
		return nil
	}
	if filepath.Ext(name) != ".lua" {
		return usage("as in --"+flag+" session.lua", "--%s: %s: the name of a scenario file ends with .lua", flag, name)
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return usage("", "--%s: %s is a directory", flag, name)
	case err == nil && !force:
		return usage("--force overwrites it", "--%s: %s is there already", flag, name)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return usage("", "--%s: %s: %s", flag, name, luaapi.FileProblem(err))
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return usage("", "--%s: there is no directory %s", flag, filepath.Dir(name))
	}
	return nil
}
