package talk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// A session that is too long for a scenario file is kept as far as there is room, and says so.
func TestFitting(t *testing.T) {
	t.Parallel()
	steps := []script.Step{{Kind: script.Open, Conn: 1, Connect: &script.Connect{Host: "mx.example"}}, {Kind: script.Reply, Conn: 1, Reply: &script.Answer{Code: 220}}}
	for n := range 50_000 {
		steps = append(steps, script.Step{Kind: script.Line, Conn: 1, Data: fmt.Appendf(nil, "NOOP %d", n)},
			script.Step{Kind: script.Reply, Conn: 1, Reply: &script.Answer{Code: 250, Lines: []string{"ok"}}})
	}
	for count, whole := range map[int]bool{1000: true, len(steps): false} {
		b, err := fitting(&script.File{Scenarios: []script.Scenario{{Name: "x"}}}, steps[:count])
		if err != nil || len(b) > script.MaxSource || !strings.Contains(string(b), "NOOP 498") || strings.Contains(string(b), "lost: the last") == whole {
			t.Errorf("%d steps: %d bytes, %v, %.200s", count, len(b), err, b[max(0, len(b)-200):])
		}
	}
}
