//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// atOnce is how many conversations everybody has at a time.
const atOnce = 10

// spec runs smtpspec on a path, with events in a file as in CI, and requires that n scenarios passed.
func (b *bench) spec(n int, path string, flags ...string) contender {
	return contender{"smtpspec " + path, func() (usage, error) {
		args := append([]string{"run", path, "--target", "smtp://" + b.target, "--set", "valid_rcpt=b@example.org",
			"--report", "list", "--report", "jsonl=events.jsonl", "--jobs", strconv.Itoa(atOnce)}, flags...)
		u, err := b.run(b.Smtpspec, args...)
		if err != nil {
			return u, err
		}
		u.seconds, err = finished(b.path("events.jsonl"), n)
		return u, errors.Join(err, os.Remove(b.path("events.jsonl")))
	}}
}

// finished reads the last event of a run: its seconds. That n scenarios passed shows that something was measured.
func finished(path string, n int) (float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	tail := make([]byte, min(info.Size(), 4096)) // run_finish is shorter
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return 0, err
	}
	tail = bytes.TrimSpace(tail)
	var last struct {
		Event   string
		Seconds float64
		Counts  struct{ Total, Passed int }
	}
	if err := json.Unmarshal(tail[bytes.LastIndexByte(tail, '\n')+1:], &last); err != nil {
		return 0, err
	}
	if last.Event != "run_finish" || last.Counts.Total != n || last.Counts.Passed != n {
		return 0, fmt.Errorf("the run ends with %+v and not with %d scenarios passed", last, n)
	}
	return last.Seconds, nil
}

// plain is the Go client of ours, in a process of its own.
func (b *bench) plain(n int) contender {
	return contender{fmt.Sprint("plain Go ", n), func() (usage, error) {
		return b.run(b.Self, "client", b.target, strconv.Itoa(n), strconv.Itoa(atOnce))
	}}
}

// source is smtp-source, which by default has a connection for each message.
func (b *bench) source(n int) contender {
	return contender{"smtp-source", func() (usage, error) {
		length := strconv.Itoa(bodyLines * (len(bodyLine) + 2))
		return b.run(b.Source, "-s", strconv.Itoa(atOnce), "-m", strconv.Itoa(n), "-l", length, b.target)
	}}
}

// swaks is a process for each of n messages, as many at a time as the others have.
func (b *bench) swaks(n int) contender {
	return contender{"swaks", func() (usage, error) {
		body := strings.Repeat(bodyLine+"\n", bodyLines)
		host, port, _ := strings.Cut(b.target, ":")
		script := fmt.Sprintf(`seq %d | xargs -P %d -n 1 "$@"`, n, atOnce)
		return b.run("sh", "-c", script, "sh", b.Swaks, "--silent", "3", "--server", host, "--port", port, "--helo", "client.example",
			"--from", "a@example.org", "--to", "b@example.org", "--body", body, "--header-X-Number")
	}}
}

// conversation measures the CPU that clients take, which the noise of the machine changes least.
func (b *bench) conversation() ([]row, error) {
	n := b.Conversations
	declared, err := b.file("declared", looped(n, conversationLua))
	if err != nil {
		return nil, err
	}
	const inOne = 100
	many, err := b.file("many", looped(n/inOne, repeated(inOne, conversationLua)))
	if err != nil {
		return nil, err
	}
	empty, err := b.file("empty", assertLua)
	if err != nil {
		return nil, err
	}
	ours, inLoop, nothing := b.spec(n, declared), b.spec(n/inOne, many), b.spec(1, empty)
	plain, plainNothing, source := b.plain(n), b.plain(0), b.source(n)
	r, err := interleave(b.Runs, ours, inLoop, nothing, plain, plainNothing, source)
	if err != nil {
		return nil, err
	}
	none := r.figure(nothing.name, cpuMicroseconds)
	peer := r.figure(plain.name, cpuMicroseconds).less(r.figure(plainNothing.name, cpuMicroseconds), n)
	cost := r.figure(ours.name, cpuMicroseconds).less(none, n)
	loop := r.figure(inLoop.name, cpuMicroseconds).less(none, n)
	other := r.figure(source.name, cpuMicroseconds).less(figure{}, n)
	sink := func(name string) string {
		return r.figure(name, func(u usage) float64 { return 1e6 * u.sink.Seconds() / float64(n) }).text("µs")
	}
	const unit = "µs"
	return []row{
		{"a scenario each, in one file, beside plain Go", cost.text(unit), peer.text(unit), ratio(cost, peer), atMost(cost.mid/peer.mid, 1.3, ""), r},
		{fmt.Sprintf("%d in a scenario, beside plain Go", inOne), loop.text(unit), peer.text(unit), ratio(loop, peer), limit{}, r},
		{"a scenario each, in one file, beside smtp-source", cost.text(unit), other.text(unit), ratio(cost, other), limit{}, r},
		{"what smtp-sink takes for one, with plain Go as its client", sink(ours.name), sink(plain.name), "", limit{}, r},
	}, nil
}

// files measures rates: a file for each conversation, as suites are written.
func (b *bench) files() ([]row, error) {
	n := b.Files
	root, err := b.tree("files", n, conversationLua)
	if err != nil {
		return nil, err
	}
	ours, source, plain, swaks := b.spec(n, root), b.source(n), b.plain(n), b.swaks(b.Mails)
	r, err := interleave(b.Runs, ours, source, plain, swaks)
	if err != nil {
		return nil, err
	}
	own, whole := r.figure(ours.name, ownRate(n)), r.figure(ours.name, rate(n))
	other, inGo, slow := r.figure(source.name, rate(n)), r.figure(plain.name, rate(n)), r.figure(swaks.name, rate(b.Mails))
	cost := r.figure(ours.name, cpuMicroseconds).less(figure{}, n)
	theirs := r.figure(source.name, cpuMicroseconds).less(figure{}, n)
	perl := r.figure(swaks.name, cpuMicroseconds).less(figure{}, b.Mails)
	const unit = "/s"
	return []row{
		{"conversations, whole process, beside smtp-source", whole.text(unit), other.text(unit), ratio(whole, other), atLeast(whole.mid/other.mid, 0.85, ""), r},
		{"conversations, by the run's own seconds, beside smtp-source", own.text(unit), other.text(unit), ratio(own, other), atLeast(own.mid/other.mid, 0.85, ""), r},
		{"conversations, whole process, beside plain Go", whole.text(unit), inGo.text(unit), ratio(whole, inGo), limit{}, r},
		{"conversations, whole process, beside swaks", whole.text(unit), slow.text(unit), ratio(whole, slow), limit{}, r},
		{"CPU of one, all included, beside smtp-source", cost.text("µs"), theirs.text("µs"), ratio(cost, theirs), limit{}, r},
		{"CPU of one, all included, beside swaks", cost.text("µs"), perl.text("µs"), ratio(cost, perl), limit{}, r},
	}, nil
}
