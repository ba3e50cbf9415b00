//go:build !unix

package main

import "syscall"

// unlimited says what a worker is not kept from on this system.
const unlimited = "this system has no hard limits for a process: memory and files are bounded by the language alone"

func limitProcess() error { return nil }

func workerAttributes() *syscall.SysProcAttr { return nil }
