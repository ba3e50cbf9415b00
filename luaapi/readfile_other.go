//go:build !unix

package luaapi

import "os"

func fileBytes(path string) ([]byte, error) { return os.ReadFile(path) }
