package luaapi

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ShippedRoot is the directory that the files of Language.Ship seem to lie in: "builtin:/rfc5321/greeting.lua" is one of them.
const ShippedRoot = "builtin:"

// Ship makes the files that are built into the program known as scenario files. It is called before any other method.
func (lang *Language) Ship(files fs.FS) { lang.shipped = files }

// IsShipped tells whether a path is one of a file of Ship.
func IsShipped(path string) bool { return strings.HasPrefix(path, ShippedRoot) }

// read reads a file, of the program's or of the machine's.
func (lang *Language) read(path string) ([]byte, error) {
	name, ok := lang.shippedName(path)
	if !ok {
		return fileBytes(path)
	}
	return fs.ReadFile(lang.shipped, name)
}

func (lang *Language) exists(path string) bool {
	name, ok := lang.shippedName(path)
	if !ok {
		_, err := os.Stat(path)
		return err == nil
	}
	_, err := fs.Stat(lang.shipped, name)
	return err == nil
}

// shippedName is the path within the files of Ship.
func (lang *Language) shippedName(path string) (name string, ok bool) {
	if lang.shipped == nil || !IsShipped(path) {
		return "", false
	}
	return strings.TrimPrefix(filepath.ToSlash(path[len(ShippedRoot):]), "/"), true
}
