//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bench is a pass over all that is measured.
type bench struct {
	programs
	sizes
	dir    string
	out    io.Writer
	target string    // host:port of smtp-sink
	sink   *exec.Cmd // smtp-sink
}

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration // cpu is user and system time, that of children which it waited for included
	rss       int64         // largest resident set, in bytes
	seconds   float64       // of run_finish, where it wrote one
	sink      time.Duration // CPU that smtp-sink took meanwhile
}

// run runs a program to its end; other exit codes than 0 are errors.
func (b *bench) run(program string, args ...string) (usage, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = b.dir
	// A file, and not a pipe: nobody has to read it while this machine is measured.
	said, err := os.Create(b.path("said"))
	if err != nil {
		return usage{}, err
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	sink, began := b.sinkCPU(), time.Now()
	err = cmd.Run()
	u := usage{wall: time.Since(began), sink: b.sinkCPU() - sink}
	if err != nil {
		text, _ := os.ReadFile(said.Name())
		return u, fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, text[max(0, len(text)-2000):])
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.rss = r.Maxrss << 10 // getrusage(2) counts in KiB
	}
	return u, nil
}

// start starts smtp-sink on a free port and waits until it listens.
func (b *bench) start() error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	args := []string{"-m", "20000", address, "4096"}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	b.target, b.sink = address, exec.Command(b.Sink, args...)
	var said bytes.Buffer
	b.sink.Stderr = &said
	if err := b.sink.Start(); err != nil {
		return err
	}
	for range 100 {
		if conn, err := dial(address); err == nil {
			return conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.close()
	return fmt.Errorf("%s does not answer at %s: %s", b.Sink, address, &said)
}

// close ends smtp-sink, which ends in no other way.
func (b *bench) close() {
	if b.sink != nil && b.sink.Process != nil {
		_ = b.sink.Process.Kill()
		_ = b.sink.Wait()
	}
	b.sink = nil
}

// sinkCPU is the time that smtp-sink, which has one thread, spent on a core: the first number of schedstat, in
// nanoseconds.
func (b *bench) sinkCPU() time.Duration {
	first, _, _ := strings.Cut(firstLine(fmt.Sprintf("/proc/%d/schedstat", b.sink.Process.Pid)), " ")
	n, _ := strconv.ParseInt(first, 10, 64)
	return time.Duration(n)
}

// othersCPU is what all processes other than this, its children and the kernel's threads have taken so far, in seconds.
// The times of children that a process waited for count with it, so that nothing is lost when one ends.
func othersCPU() float64 {
	const ticks = 100 // USER_HZ, the unit of /proc/PID/stat
	self := strconv.Itoa(os.Getpid())
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	sum := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it ended
		}
		// The name, in brackets, may hold blanks: count from behind it. There are state, parent and 9 fields, then the times.
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(fields) < 15 || fields[1] == self || fields[1] == "2" || filepath.Base(filepath.Dir(file)) == self {
			continue
		}
		for _, f := range fields[11:15] {
			n, _ := strconv.Atoi(f)
			sum += n
		}
	}
	return float64(sum) / ticks
}
