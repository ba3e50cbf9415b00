//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// held measures memory while that many connections are open at once, as the sink confirms.
func (b *bench) held() ([]row, error) {
	n := b.Held
	one, err := b.file("held", heldLua)
	if err != nil {
		return nil, err
	}
	root, err := b.tree("heldtree", n, heldLua)
	if err != nil {
		return nil, err
	}
	repeated := b.holding(contender{"--repeat", func() (usage, error) { return b.holdSpec(one, "--repeat", strconv.Itoa(n)) }})
	each := b.holding(contender{"files", func() (usage, error) { return b.holdSpec(root) }})
	plain := b.holding(contender{"plain Go", func() (usage, error) {
		return b.run(b.Self, "holder", b.target, strconv.Itoa(n))
	}})
	r, err := interleave(min(b.Runs, 3), repeated, each, plain)
	if err != nil {
		return nil, err
	}
	peer := r.figure(plain.name, rssMiB)
	var rows []row
	for _, c := range []struct{ name, what string }{
		{repeated.name, "one file with --repeat %d"}, {each.name, "%d files"},
	} {
		f := r.figure(c.name, rssMiB)
		l := limit{}
		if n >= 10_000 { // with fewer, what the program needs by itself counts too much
			l = atMost(f.mid, 400, " MiB")
		}
		rows = append(rows, row{fmt.Sprintf("largest resident set, "+c.what+", beside plain Go", n), f.text("MiB"), peer.text("MiB"), ratio(f, peer), l, r})
	}
	return rows, nil
}

func (b *bench) holdSpec(path string, flags ...string) (usage, error) {
	n := strconv.Itoa(b.Held)
	return b.spec(b.Held, path, append(flags, "--jobs", n, "--max-connections", n, "--timeout", "300s", "--reply-timeout", "120s")...).run()
}

// holding runs a contender with a sink of its own as its target.
func (b *bench) holding(c contender) contender {
	return contender{c.name, func() (usage, error) {
		sink := exec.Command(b.Self, "sink", strconv.Itoa(b.Held))
		sink.Stderr = os.Stderr
		out, err := sink.StdoutPipe()
		if err != nil {
			return usage{}, err
		}
		if err := sink.Start(); err != nil {
			return usage{}, err
		}
		lines := bufio.NewScanner(out)
		lines.Scan()
		shared := b.target
		b.target = lines.Text()
		u, err := c.run()
		b.target = shared
		if err != nil {
			return u, errors.Join(err, sink.Process.Kill(), sink.Wait())
		}
		if !lines.Scan() || lines.Text() != "held" {
			err = fmt.Errorf("%d connections were never open at once", b.Held)
		}
		return u, errors.Join(err, sink.Wait())
	}}
}
