package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

const (
	summaryLimit = 1<<20 - 1<<10 // bytes of a step's summary: from 1 MiB on GitHub takes nothing of it
	sectionLimit = 48 << 10      // of one failure
	summaryEnd   = 256           // for the sentence about what is left out
)

// summary gathers what the job summary says about scenarios, as far as there is room.
type summary struct {
	failures, warnings sections
}

// sections are texts, each about one cause.
type sections struct {
	list []section
	size int
	more int // for which there is no room
}

type section struct {
	text  string
	group *group
}

func (s *summary) add(res *Result, gr *group, t text, warning bool) {
	to := &s.failures
	if warning {
		to = &s.warnings
	}
	if to.size > summaryLimit {
		to.more++
		return
	}
	body := cutText(strings.Join(t.block(res), "\n"), sectionLimit)
	fence := fenceFor(body)
	body = fmt.Sprintf("<details><summary>%s <code>%s</code> <code>%s</code></summary>\n\n%stext\n%s\n%s\n\n", text{}.word(res),
		markdown(location(res)), markdown(event.Safe(res.Key.Name)+t.which(res.Key)), fence, body, fence)
	to.list = append(to.list, section{body, gr})
	to.size += len(body)
}

// fenceFor is a fence that nothing in s can end.
func fenceFor(s string) string {
	longest, run := 2, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
		} else if run++; run > longest {
			longest = run
		}
	}
	return strings.Repeat("`", longest+1)
}

// markdown makes text, which has passed Safe, stand for itself in Markdown, in a cell of a table and in HTML: character
// references are structure in none of them.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && !isWordByte(byte(r)) && !strings.ContainsRune(" ,./()'", r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// writeSummary adds to the step's summary what still fits in.
func (g *github) writeSummary() error {
	if g.o.GitHub.Summary == nil {
		return nil
	}
	file, size, err := g.o.GitHub.Summary()
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, g.page(int(min(size, summaryLimit))))
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	return err
}

// page is the summary for a step whose summary has so many bytes already. A page without its counts is none.
func (g *github) page(taken int) string {
	var b strings.Builder
	if taken > 0 {
		b.WriteString("\n\n")
	}
	g.overview(&b)
	room := summaryLimit - taken - summaryEnd - b.Len()
	if room < 0 {
		return ""
	}
	left := g.summary.failures.write(&b, &room) + g.summary.warnings.write(&b, &room)
	if left > 0 {
		fmt.Fprintf(&b, "Not shown: %s, for a job summary takes 1 MiB of a step; the log has them all.\n", count(int64(left), "more cause"))
	}
	return b.String()
}

// overview is the top of the page: what ran, the counts, and why scenarios were skipped.
func (g *github) overview(b *strings.Builder) {
	r := g.run
	c := r.Counts
	c.NotRun = r.NotRun() + len(r.Unfinished())
	fmt.Fprintf(b, "### smtpspec: %s\n\n", firstOf(text{}.counts(c), "nothing was run"))
	plain := text{}
	for _, line := range plain.header(r) {
		fmt.Fprintf(b, "<sub>%s</sub>\n\n", markdown(cutText(line, 1000)))
	}
	b.WriteString("| outcome | scenarios |\n|:--|--:|\n")
	for _, row := range []struct {
		name string
		n    int
	}{{"passed", c.Passed}, {"failed", c.Failed}, {"error", c.Error}, {"warned", c.Warned}, {"skipped", c.Skipped}, {"known", c.Known},
		{"flaky, among the passed", c.Flaky}, {"not run", c.NotRun}} {
		if row.n > 0 {
			fmt.Fprintf(b, "| %s | %s |\n", row.name, thousands(int64(row.n)))
		}
	}
	fmt.Fprintf(b, "| all | %s |\n\n", thousands(int64(c.Total+c.NotRun)))
	for _, line := range verdictOf(r) {
		fmt.Fprintf(b, "<b>%s</b>\n\n", markdown(cutText(line, 1000)))
	}
	g.reasons(b)
}

func (g *github) reasons(b *strings.Builder) {
	skips := g.run.Skips
	if len(skips) == 0 {
		return
	}
	b.WriteString("| skipped | because |\n|--:|:--|\n")
	for _, s := range skips[:min(len(skips), maxAgain)] {
		word := ""
		if s.Inconclusive {
			word = "inconclusive: "
		}
		fmt.Fprintf(b, "| %d | %s%s |\n", s.Count, word, markdown(cutText(firstOf(event.Safe(s.Reason), "no reason given"), lineLimit)))
	}
	b.WriteString("\n")
	if more := len(skips) - maxAgain; more > 0 {
		fmt.Fprintf(b, "… %s\n\n", count(int64(more), "more reason"))
	}
}

// write adds the sections that fit in, and returns how many do not.
func (s *sections) write(b *strings.Builder, room *int) (left int) {
	for i, sec := range s.list {
		end := "</details>\n\n"
		if sec.group.count > 1 {
			end = markdown(sec.group.sameWay()) + "\n\n" + end
		}
		if *room -= len(sec.text) + len(end); *room < 0 {
			return len(s.list) - i + s.more
		}
		b.WriteString(sec.text + end)
	}
	return s.more
}
