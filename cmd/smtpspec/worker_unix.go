//go:build unix && !linux

package main

import (
	"fmt"
	"syscall"
)

// unlimited says what a worker is not kept from on this system.
const unlimited = "this system does not bound the memory of a process as Linux does: a script that breaks the language's own bounds can use all there is"

// limitProcess sets the limits of this process, for good.
func limitProcess() error {
	for _, resource := range []int{syscall.RLIMIT_CORE, syscall.RLIMIT_FSIZE} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{}); err != nil {
			return fmt.Errorf("setting limit %d: %w", resource, err)
		}
	}
	return nil
}

func workerAttributes() *syscall.SysProcAttr { return nil }
