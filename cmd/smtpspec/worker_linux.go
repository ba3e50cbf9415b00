package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// unlimited says what a worker is not kept from on this system.
const unlimited = ""

// Hard limits of a worker.
const (
	workerMemory = 768 << 20 // bytes that it may have besides those it begins with
	workerFiles  = 4096      // open files, connections among them
)

// limitProcess sets the limits of this process, for good: it cannot raise them again.
func limitProcess() error {
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{syscall.RLIMIT_CORE, 0}, {syscall.RLIMIT_FSIZE, 0}, {syscall.RLIMIT_NOFILE, workerFiles},
		{syscall.RLIMIT_DATA, writableMemory() + workerMemory},
	} {
		var old syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &old); err != nil {
			return fmt.Errorf("reading limit %d: %w", l.resource, err)
		}
		most := min(l.most, old.Max)
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("setting limit %d: %w", l.resource, err)
		}
	}
	return nil
}

// writableMemory is what RLIMIT_DATA counts: private memory that the process may write (proc(5), statm), which is not all in use. It is 0
// where /proc is not there.
func writableMemory() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if fields := bytes.Fields(b); err == nil && len(fields) > 5 {
		pages, _ := strconv.ParseUint(string(fields[5]), 10, 64) // 0 when it is no number
		return pages * uint64(os.Getpagesize())
	}
	return 0
}

// workerAttributes has the system kill a worker when the program that started it is gone.
func workerAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
