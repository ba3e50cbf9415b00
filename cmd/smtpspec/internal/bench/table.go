//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// figure is the median of some runs, with the least and greatest.
type figure struct{ mid, low, high float64 }

func median(values []float64) figure {
	if len(values) == 0 {
		return figure{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return figure{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

// less takes what an empty run needs off, and shares the rest among n.
func (f figure) less(empty figure, n int) figure {
	share := func(v float64) float64 { return (v - empty.mid) / float64(n) }
	return figure{share(f.mid), share(f.low), share(f.high)}
}

func (f figure) text(unit string) string {
	if f.low == f.high {
		return number(f.mid) + " " + unit
	}
	return fmt.Sprintf("%s %s [%s…%s]", number(f.mid), unit, number(f.low), number(f.high))
}

func number(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// row is a line of a table. Ratio is ours over the peer's; where it is not, as with a difference, the limit says so.
type row struct {
	what, ours, peer, ratio string
	limit                   limit
	measured                round
}

// limit is what a figure of ours may be. The zero value is no limit.
type limit struct {
	text string
	met  bool
}

func atMost(v, most float64, unit string) limit {
	return limit{"≤ " + number(most) + unit, v <= most}
}

func atLeast(v, least float64, unit string) limit {
	return limit{"≥ " + number(least) + unit, v >= least}
}

func (l limit) verdict() string {
	switch {
	case l.text == "":
		return ""
	case l.met:
		return "yes"
	}
	return "**no**"
}

// noisy is the share of a core beyond which other processes make figures doubtful.
const noisy = 0.15

func (b *bench) table(title string, rows []row) {
	fmt.Fprintf(b.out, "\n### %s\n\n| | smtpspec | beside it | ratio | limit | met | runs | others |\n|---|---|---|---|---|---|---|---|\n", title)
	loud := 0.0
	for _, r := range rows {
		runs, others := "", ""
		if r.measured.runs > 0 {
			runs, others = fmt.Sprint(r.measured.runs), fmt.Sprintf("%.0f %%", 100*r.measured.others)
			loud = max(loud, r.measured.others)
		}
		cells := []string{r.what, r.ours, r.peer, r.ratio, r.limit.text, r.limit.verdict(), runs, others}
		fmt.Fprintf(b.out, "| %s |\n", strings.Join(cells, " | "))
	}
	if loud > noisy {
		fmt.Fprintf(b.out, "\nWarning: other processes used %.0f %% of a core meanwhile, more than the %.0f %% up to which figures can be trusted.\n", 100*loud, 100*noisy)
	}
}

// contender is one of the programs that are measured in turns.
type contender struct {
	name string
	run  func() (usage, error)
}

// round is what several contenders took in so many runs each.
type round struct {
	samples map[string][]usage
	runs    int
	others  float64 // share of a core that other processes used meanwhile
}

// interleave runs the contenders in turns, each round beginning with another one, so that what the machine does
// meanwhile strikes all of them.
func interleave(runs int, contenders ...contender) (round, error) {
	r := round{samples: map[string][]usage{}, runs: runs}
	began, others := time.Now(), othersCPU()
	for i := range runs {
		for j := range contenders {
			c := contenders[(i+j)%len(contenders)]
			u, err := c.run()
			if err != nil {
				return r, fmt.Errorf("%s: %w", c.name, err)
			}
			r.samples[c.name] = append(r.samples[c.name], u)
		}
	}
	r.others = max(0, othersCPU()-others) / time.Since(began).Seconds()
	return r, nil
}

func (r round) figure(name string, of func(usage) float64) figure {
	values := make([]float64, 0, len(r.samples[name]))
	for _, u := range r.samples[name] {
		values = append(values, of(u))
	}
	return median(values)
}

// What figures are of, in the units of the tables.
func wallMilliseconds(u usage) float64 { return 1e3 * u.wall.Seconds() }
func cpuMicroseconds(u usage) float64  { return 1e6 * u.cpu.Seconds() }
func rssKiB(u usage) float64           { return float64(u.rss) / (1 << 10) }
func rssMiB(u usage) float64           { return float64(u.rss) / (1 << 20) }

// rate is what n conversations make a second, by the wall clock of the whole process.
func rate(n int) func(usage) float64 {
	return func(u usage) float64 { return float64(n) / u.wall.Seconds() }
}

// ownRate is the same by the seconds that smtpspec counts from run_start to run_finish.
func ownRate(n int) func(usage) float64 {
	return func(u usage) float64 { return float64(n) / u.seconds }
}

func ratio(ours, peer figure) string { return fmt.Sprintf("%.2f", ours.mid/peer.mid) }
