package spell

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"connect", "session", "listen", "reply_timeout", "expect_close"}
	for word, want := range map[string]string{
		"conect": "connect", "conncet": "connect", "Session": "session", "reply-timeout": "reply_timeout",
		"expect_clsoe": "expect_close", "xyzzy": "", "": "", "smtp": "",
	} {
		if got, _ := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Hint("sesion", names); got != ` (did you mean "session"?)` {
		t.Errorf("Hint = %q", got)
	}
}
