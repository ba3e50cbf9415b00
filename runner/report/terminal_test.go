package report

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// screen is as much of a terminal as the list uses: it wraps, goes up, erases, and refuses everything else.
type screen struct {
	t     *testing.T
	width int
	mu    sync.Mutex
	rows  [][]rune
	row   int
	col   int
	bad   string
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := []rune(string(b))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case r == '\n':
			s.row, s.col = s.row+1, 0
			s.line()
		case r == '\r':
			s.col = 0
		case r == '\x1b':
			i = s.escape(text, i)
		case r < ' ':
			s.bad = fmt.Sprintf("control character %q", r)
		default:
			s.put(r)
		}
	}
	return len(b), nil
}

// line makes sure that the cursor's row exists.
func (s *screen) line() []rune {
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, nil)
	}
	return s.rows[s.row]
}

func (s *screen) put(r rune) {
	if s.col+cells(r) > s.width {
		s.row, s.col = s.row+1, 0
	}
	line := s.line()
	for len(line) <= s.col {
		line = append(line, ' ')
	}
	line[s.col] = r
	s.rows[s.row] = line
	s.col++
}

func (s *screen) escape(text []rune, i int) int {
	end := i + 2
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == ';') {
		end++
	}
	n := 1
	fmt.Sscanf(string(text[i+2:end]), "%d", &n)
	switch code := string(text[end]); code {
	case "m":
	case "A":
		if s.row -= n; s.row < 0 {
			s.bad, s.row = "went above the top", 0
		}
	case "K":
		s.rows[s.row] = s.line()[:min(s.col, len(s.line()))]
	case "J":
		s.rows[s.row] = s.line()[:min(s.col, len(s.line()))]
		s.rows = s.rows[:s.row+1]
	default:
		s.bad = "escape code " + code
	}
	return end
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, r := range s.rows {
		b.WriteString(strings.TrimRight(string(r), " ") + "\n")
	}
	return b.String()
}

// clock is the recorded run's.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func timeOf(e event.Event) time.Time {
	switch e := e.(type) {
	case *event.RunStart:
		return e.Time
	case *event.ScenarioStart:
		return e.Time
	case *event.ScenarioFinish:
		return e.Time
	case *event.RunFinish:
		return e.Time
	}
	return time.Time{}
}

// play shows the recorded run on a screen, and hands each picture to look. Only where moving is it drawn more than once.
// In the bubble the ticker, which could draw at any moment, stands still.
func play(t *testing.T, columns, rows int, moving bool, look func(*screen)) (final string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { final = playNow(t, columns, rows, moving, look) })
	return final
}

func playNow(t *testing.T, columns, rows int, moving bool, look func(*screen)) string {
	c := &clock{now: epoch}
	s := &screen{t: t, width: columns}
	sink := List(s, Options{Terminal: true, Color: true, Now: c.Now, Size: func() (int, int) { return columns, rows }})
	for i, e := range recorded(t) {
		if at := timeOf(e); moving && !at.IsZero() {
			c.set(at.Add(time.Duration(i) * interval))
		}
		sink.Event(e)
		look(s)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	if s.bad != "" {
		t.Error(s.bad)
	}
	return s.String()
}

func TestTerminalShowsWhatAPipeGets(t *testing.T) {
	var during []string
	golden(t, "list-terminal.txt", play(t, 100, 50, true, func(s *screen) { during = append(during, s.String()) }))
	golden(t, "list-terminal-during.txt", during[len(during)/3])
	got := play(t, 250, 30*screens, true, func(*screen) {})
	want := feed(t, "list", Options{Size: func() (int, int) { return 0, 30 * screens }}, recorded(t))
	if got != want+"\n" {
		t.Error(firstDifference(want+"\n", got))
	}
}

func TestNothingOfTheRegionIsLeft(t *testing.T) {
	for _, columns := range []int{20, 41, 80, 200} {
		got := play(t, columns, 24, true, func(s *screen) {
			rows := strings.Split(strings.TrimRight(s.String(), "\n"), "\n")
			if last := rows[len(rows)-1]; columns > 20 && strings.Contains(last, " · ") && last[0] != ' ' && len([]rune(last)) >= columns {
				t.Errorf("the region fills its line: %q", last)
			}
		})
		want := play(t, columns, 24, false, func(*screen) {})
		if got != want {
			t.Errorf("at %d columns: %s", columns, firstDifference(want, got))
		}
	}
}

func TestResizedTerminalIsErasedWhole(t *testing.T) {
	c := &clock{now: epoch}
	width := 80
	var b strings.Builder
	con := &console{w: &b, o: Options{Now: c.Now, Size: func() (int, int) { return width, 24 }}}
	con.redraw([]string{strings.Repeat("a", 70), strings.Repeat("b", 30)})
	b.Reset()
	width = 40 // the first line takes two rows now
	con.redraw(nil)
	if b.String() != "\r\x1b[2A\x1b[J" {
		t.Errorf("%q", b.String())
	}
}

func TestShorterLinesLeaveNothingOfLongerOnes(t *testing.T) {
	s := &screen{t: t, width: 80}
	con := &console{w: s}
	con.redraw([]string{"a long line", "and another", "and a third"})
	con.redraw([]string{"short", "b"})
	if got := s.String(); got != "short\nb\n" {
		t.Errorf("%q", got)
	}
	con.println("stays")
	con.redraw([]string{"c"})
	if got := s.String(); got != "stays\nc\n" {
		t.Errorf("%q", got)
	}
}

func TestTerminalIsDrawnTenTimesASecondAtMost(t *testing.T) {
	c := &clock{now: epoch}
	var w counting
	sink := List(&w, Options{Terminal: true, Now: c.Now})
	for _, e := range runOf(event.RunFinish{}, many(300)...) {
		sink.Event(e)
	}
	if w.writes > 1 {
		t.Errorf("%d writes while no time passed", w.writes)
	}
	if err := sink.Close(); err != nil || w.writes > 2 {
		t.Errorf("%d writes, %v", w.writes, err)
	}
}

func TestRegionIsUpdatedWhileNothingFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{t: t, width: 80}
		sink := List(s, Options{Terminal: true})
		key := event.Key{File: "slow.lua", Name: "takes its time", Target: "staging", Repetition: 1}
		sink.Event(&event.RunStart{})
		sink.Event(&event.Plan{Scenarios: []event.Planned{{Key: key, Line: 3}}})
		sink.Event(&event.ScenarioStart{Time: time.Now(), Key: key, Attempt: 1, Line: 3})
		time.Sleep(2350 * time.Millisecond)
		if got := s.String(); !strings.HasSuffix(got, "\n   2.3s  slow.lua:3  takes its time\n0/1 · 1 running\n") {
			t.Error(got)
		}
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
		if got := s.String(); strings.Contains(got, "running") {
			t.Error(got)
		}
	})
}
