package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// count is "1 failure", "1,234 failures".
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// seconds is the time that a scenario took, always to the millisecond: the numbers stand below each other.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) + "s" }

// duration is a time that people read and nobody compares: "0.3s", "12s", "2m 05s", "1h 02m".
func duration(s float64) string {
	d := time.Duration(s * float64(time.Second)).Round(time.Second)
	switch {
	case s < 10:
		return strconv.FormatFloat(s, 'f', 1, 64) + "s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm %02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh %02dm", int(d.Hours()), int(d.Minutes())%60)
}

// elapsed is how long a reply took, in words: "4 ms", "0.2 ms", "5.0 s".
func elapsed(s float64) string {
	ms := s * 1000
	switch {
	case ms < 0.1:
		return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
	case ms < 1:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 999.5:
		return strconv.Itoa(int(math.Round(ms))) + " ms"
	}
	return strconv.FormatFloat(s, 'f', 1, 64) + " s"
}

// joinSome joins what is not empty.
func joinSome(sep string, parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, sep)
}
