//go:build !unix

package wire

import (
	"errors"
	"net"
	"os"
)

func startProgram(string, string) (net.Conn, *DialError) {
	return nil, &DialError{Kind: Local, Detail: errors.New("a program can be the connection on UNIX systems alone")}
}

func killGroup(*os.Process) {}
