package mailbox

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// mbox is a file of messages after each other, each below a line that begins with "From " (RFC 4155). Only what was added since is read.
type mbox struct {
	path   string
	since  time.Time
	offset int64 // of what was not given yet
	size   int64 // at the last look
	begun  bool
}

// maxTail is how many bytes at the end of an mbox are read when it is opened.
const maxTail = 64 << 20

func (b *mbox) leave() {}

func (b *mbox) look(context.Context) ([]found, int, error) {
	f, err := os.Open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		b.begun = true // all that will be there is new
		return nil, 0, missing(b.path)
	}
	if err != nil {
		return nil, 0, unreadable(b.path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, unreadable(b.path, err)
	case !info.Mode().IsRegular():
		return nil, 0, &Error{Text: b.path + " is no mbox: a file expected"}
	}
	size, last := info.Size(), b.size
	b.size = size
	if size < b.offset { // somebody has taken messages out, or emptied it
		b.offset, last = 0, -1
	}
	if !b.begun {
		if b.begun = true; info.ModTime().Before(b.since) {
			b.offset = size
			return nil, 0, nil
		}
		b.offset = max(0, size-maxTail)
		last = size // of what is there when it is opened, only the last message may not be whole
		if time.Since(info.ModTime()) < coarse {
			last = -1
		}
		return b.read(f, last, true)
	}
	if size == b.offset {
		return nil, 0, nil
	}
	return b.read(f, last, false)
}

// read gives what is there from the offset on. The last message is taken when nothing was added since the look before, at which the file had the
// size last.
func (b *mbox) read(f *os.File, last int64, dated bool) (list []found, older int, err error) {
	var text strings.Builder
	if _, err := io.Copy(&text, io.NewSectionReader(f, b.offset, b.size-b.offset)); err != nil {
		return nil, 0, unreadable(b.path, err)
	}
	all := text.String()
	begins := fromLines(all)
	for i, begin := range begins {
		end := len(all)
		if i+1 < len(begins) {
			end = begins[i+1]
		} else if b.size != last {
			b.offset += int64(begin)
			return list, older, nil
		}
		m, date := unpack(all[begin:end])
		if dated && !date.IsZero() && date.Before(b.since) {
			older++
			continue
		}
		list = append(list, m)
	}
	if len(begins) > 0 || b.size == last {
		b.offset += int64(len(all))
	}
	return list, older, nil
}

// fromLines are the offsets at which messages begin: lines "From " after an empty line.
func fromLines(text string) (begins []int) {
	at, empty := 0, true
	for line := range strings.Lines(text) {
		if empty && strings.HasPrefix(line, "From ") {
			begins = append(begins, at)
		}
		empty = strings.TrimRight(line, "\r\n") == ""
		at += len(line)
	}
	return begins
}

// unpack takes off what an mbox adds to a message: the first line, with the envelope sender and the time, a ">" before each line like it, and the
// empty line at the end. The time is zero where it cannot be read.
func unpack(text string) (found, time.Time) {
	first, rest, _ := strings.Cut(text, "\n")
	sender, date, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(first, "From ")), " ")
	if strings.HasSuffix(rest, "\n\n") || strings.HasSuffix(rest, "\n\r\n") {
		rest = strings.TrimSuffix(strings.TrimSuffix(rest, "\n"), "\r")
	}
	f := found{text: unquoted(rest), known: true}
	if sender != "MAILER-DAEMON" && sender != "-" { // how programs write "<>"
		f.from = sender
	}
	return f, fromTime(strings.TrimSpace(date))
}

// fromTime reads the time of a "From " line, which does not say in which zone it is: the later of the two that are usual.
func fromTime(text string) time.Time {
	utc, err := time.Parse("Mon Jan _2 15:04:05 2006", text)
	if err != nil {
		return time.Time{}
	}
	local, _ := time.ParseInLocation("Mon Jan _2 15:04:05 2006", text, time.Local)
	if local.After(utc) {
		return local
	}
	return utc
}

// unquoted takes one ">" from lines such as ">From " and ">>From ".
func unquoted(text string) string {
	if !strings.Contains(text, ">From ") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line[0] == '>' && strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
			line = line[1:]
		}
		b.WriteString(line)
	}
	return b.String()
}
