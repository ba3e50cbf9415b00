//go:build unix

package wire

import (
	"net"
	"os"
	"os/exec"
	"syscall"
)

// startProgram runs a command with a socket for its standard input and output. Both are one, as inetd has it: so it can be half-closed, and a program
// that asks finds a socket.
func startProgram(command, dir string) (net.Conn, *DialError) {
	syscall.ForkLock.RLock() // no other program is started while the sockets could be inherited
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, &DialError{Kind: Local, Detail: err}
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "program"), os.NewFile(uintptr(pair[1]), "program")
	defer ours.Close()
	defer theirs.Close()
	nc, err := net.FileConn(ours)
	if err != nil {
		return nil, &DialError{Kind: Local, Detail: err}
	}
	p := &programConn{UnixConn: nc.(*net.UnixConn), cmd: exec.Command("/bin/sh", "-c", command), complaints: &complaints{}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = dir, theirs, theirs, p.complaints, leftTime
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the keyboard is ours to pass on
	if err := p.cmd.Start(); err != nil {
		_ = p.UnixConn.Close()
		return nil, &DialError{Kind: Local, Detail: err}
	}
	go p.await()
	return p, nil
}

// killGroup ends a program that does not end by itself, and what it started.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // it may have ended at this moment
}
