//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
)

// startup measures one file as a whole process.
func (b *bench) startup() ([]row, error) {
	one, err := b.file("one", conversationLua)
	if err != nil {
		return nil, err
	}
	bare := func(name string, args ...string) contender {
		return contender{name, func() (usage, error) { return b.run(name, args...) }}
	}
	nothing, empty, version := bare("/bin/true"), bare(b.Empty), bare(b.Smtpspec, "version")
	ours := b.spec(1, one)
	r, err := interleave(b.Starts, nothing, empty, version, ours)
	if err != nil {
		return nil, err
	}
	const unit = "ms"
	peer := r.figure(empty.name, wallMilliseconds)
	var rows []row
	for _, c := range []struct {
		name, what string
		limited    bool
	}{
		{nothing.name, "/bin/true", false}, {version.name, "smtpspec version", false}, {ours.name, "smtpspec run of one conversation", true},
	} {
		wall := r.figure(c.name, wallMilliseconds)
		l := limit{}
		if c.limited {
			l = atMost(wall.mid-peer.mid, 8, " ms more")
		}
		rows = append(rows, row{c.what + ", beside an empty Go program", wall.text(unit), peer.text(unit),
			fmt.Sprintf("%s (%+.1f ms)", ratio(wall, peer), wall.mid-peer.mid), l, r})
	}
	cpu, cpuPeer := r.figure(ours.name, cpuMicroseconds), r.figure(empty.name, cpuMicroseconds)
	return append(rows, row{"CPU of one conversation, beside an empty Go program", cpu.text("µs"), cpuPeer.text("µs"), ratio(cpu, cpuPeer), limit{}, r}), nil
}

// suites measures whether a scenario costs the same in small and in large suites.
func (b *bench) suites() ([]row, error) {
	empty, err := b.file("empty", assertLua)
	if err != nil {
		return nil, err
	}
	none, err := interleave(5, b.spec(1, empty))
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, s := range []struct {
		what  string
		sizes []int
		write func(n int) (string, error)
	}{
		{"files that assert something", b.Trees, func(n int) (string, error) { return b.tree("suite", n, assertLua) }},
		{"files with a conversation", b.Talks, func(n int) (string, error) { return b.tree("suite", n, conversationLua) }},
		{"scenarios that one file declares in a loop", b.Declared, func(n int) (string, error) { return b.file("suite", looped(n, assertLua)) }},
		{"scenarios that one file declares with a statement each", b.Declared, func(n int) (string, error) { return b.file("suite", written(n, assertLua)) }},
	} {
		more, err := b.growth(s.what, s.sizes, s.write, none)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// growth compares what a scenario costs in suites of several sizes with what it costs in the first.
func (b *bench) growth(what string, sizes []int, write func(int) (string, error), none round) ([]row, error) {
	var rows []row
	var first figure
	for i, n := range sizes {
		path, err := write(n)
		if err != nil {
			return nil, err
		}
		c := b.spec(n, path)
		runs := b.Runs
		if n >= 10_000 {
			runs = min(runs, 3)
		}
		r, err := interleave(runs, c)
		if err := errors.Join(err, os.RemoveAll(path)); err != nil {
			return nil, err
		}
		nothing := fmt.Sprint("smtpspec ", b.path("empty.lua"))
		cpu := r.figure(c.name, cpuMicroseconds).less(none.figure(nothing, cpuMicroseconds), n)
		rss := r.figure(c.name, rssMiB)
		kib := r.figure(c.name, rssKiB).less(none.figure(nothing, rssKiB), n)
		line := row{what: fmt.Sprintf("CPU of each of %d %s; resident %s MiB, %s KiB each", n, what, number(rss.mid), number(kib.mid)),
			ours: cpu.text("µs"), measured: r}
		if i == 0 {
			first = cpu
		} else {
			line.peer, line.ratio = fmt.Sprintf("%s µs of %d", number(first.mid), sizes[0]), ratio(cpu, first)
			line.limit = atMost(cpu.mid/first.mid, 1.25, "")
		}
		rows = append(rows, line)
	}
	return rows, nil
}

// listing measures how long somebody waits for the list of a large suite.
func (b *bench) listing() ([]row, error) {
	n := b.Listed
	root, err := b.tree("listed", n, conversationLua)
	if err != nil {
		return nil, err
	}
	one, err := b.file("listed", looped(n, conversationLua))
	if err != nil {
		return nil, err
	}
	list := func(path string) contender {
		return contender{path, func() (usage, error) {
			return b.run(b.Smtpspec, "list", path, "--target", "smtp://"+b.target, "--set", "valid_rcpt=b@example.org")
		}}
	}
	empty := contender{b.Empty, func() (usage, error) { return b.run(b.Empty) }}
	r, err := interleave(b.Runs, list(root), list(one), empty)
	if err != nil {
		return nil, err
	}
	var rows []row
	peer := r.figure(b.Empty, wallMilliseconds)
	for _, c := range []struct{ name, what string }{{root, "%d files"}, {one, "one file of %d scenarios"}} {
		f := r.figure(c.name, wallMilliseconds)
		rows = append(rows, row{fmt.Sprintf("list of "+c.what+", beside an empty Go program", n), f.text("ms"), peer.text("ms"), ratio(f, peer),
			atMost(f.mid, 500, " ms"), r})
	}
	return rows, nil
}

func (b *bench) size() ([]row, error) {
	ours, err := os.Stat(b.Smtpspec)
	if err != nil {
		return nil, err
	}
	empty, err := os.Stat(b.Empty)
	if err != nil {
		return nil, err
	}
	mb := func(info os.FileInfo) figure {
		size := float64(info.Size()) / 1e6
		return figure{size, size, size}
	}
	f, peer := mb(ours), mb(empty)
	return []row{{"stripped program, beside an empty Go program", f.text("MB"), peer.text("MB"), ratio(f, peer), atMost(f.mid, 10, " MB"), round{}}}, nil
}
