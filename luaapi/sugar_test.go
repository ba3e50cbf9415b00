package luaapi

import "testing"

// What is sent after 354: RFC 5321 4.5.2.
func TestStuff(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"":                        ".\r\n",
		"a":                       "a\r\n.\r\n",
		"a\n":                     "a\r\n.\r\n",
		"a\r\n":                   "a\r\n.\r\n",
		"a\r":                     "a\r\n.\r\n",
		"a\rb\nc\r\nd":            "a\r\nb\r\nc\r\nd\r\n.\r\n",
		"\na":                     "\r\na\r\n.\r\n",
		"\r\n\r\na":               "\r\n\r\na\r\n.\r\n",
		"a\n\n":                   "a\r\n\r\n.\r\n",
		"a\n\rb":                  "a\r\n\r\nb\r\n.\r\n",
		".":                       "..\r\n.\r\n",
		"a\n.b\n..":               "a\r\n..b\r\n...\r\n.\r\n",
		"Subject: x\n\nbody\n.\n": "Subject: x\r\n\r\nbody\r\n..\r\n.\r\n",
	} {
		if got := stuff(content); got != want {
			t.Errorf("stuff(%q) = %q, not %q", content, got, want)
		}
	}
}
