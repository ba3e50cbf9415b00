package script

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script/scripttest"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestMain(m *testing.M) {
	luaapi.SetProcessLimits()
	os.Exit(m.Run())
}

// written is the source of a file, which check has nothing to say about but for what is lost.
func written(t testing.TB, f *File) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, p := range scripttest.Check(t, b.String()) {
		if !strings.Contains(p.Message, "carried over") {
			t.Errorf("check: %s\n%s", p, &b)
		}
	}
	return b.String()
}

// conversation reads steps: "> text" is a line, ">> text" raw bytes, "< 250 text" a reply with a line for each part divided by "|", "<< text" one as it
// came, "m text" a message, and the other kinds by their names. "2>" and so on is of the second connection.
func conversation(lines ...string) (steps []Step) {
	for _, text := range lines {
		s := Step{Conn: 1}
		if text[0] >= '2' && text[0] <= '9' {
			s.Conn, text = int(text[0]-'0'), text[1:]
		}
		verb, arg, _ := strings.Cut(text, " ")
		data := []byte(strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\0`, "\x00").Replace(arg))
		d, _ := time.ParseDuration(arg)
		switch verb {
		case "open":
			s.Kind, s.Connect = Open, &Connect{Host: "mx.example", Port: 25, LMTP: arg == "lmtp", TLS: arg == "tls"}
		case ">":
			s.Kind, s.Data = Line, data
		case ">>":
			s.Kind, s.Data = Raw, data
		case "m":
			s.Kind, s.Data = Message, data
		case "<":
			s.Kind, s.Reply = Reply, &Answer{Lines: strings.Split(arg[4:], "|")}
			for _, c := range arg[:3] {
				s.Reply.Code = s.Reply.Code*10 + int(c-'0')
			}
		case "<<":
			s.Kind, s.Reply = Reply, &Answer{Raw: data}
		case "<?":
			s.Kind, s.Reply = Reply, &Answer{Pattern: arg}
		case "tls":
			s.Kind = StartTLS
		case "wait":
			s.Kind, s.Time = Wait, d
		case "silence":
			s.Kind, s.Time = Silence, d
		case "close":
			s.Kind = Close
		case "closed":
			s.Kind = Closed
		case "note":
			s.Kind, s.Text = Note, arg
		case "lost":
			s.Kind, s.Text = Lost, arg
		default:
			panic(text)
		}
		steps = append(steps, s)
	}
	return steps
}

// The goldens show what is written of conversations; testdata/NAME.txt is a step a line.
func TestGoldens(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			steps := conversation(strings.Split(strings.TrimSpace(string(b)), "\n")...)
			got := written(t, &File{Comment: []string{"Of a test."}, Scenarios: []Scenario{{Name: name, Steps: steps}}})
			golden := "testdata/" + name + ".lua"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("want\n%s\ngot\n%s", want, got)
			}
		})
	}
}

// What was written passes on a server that says the same, and on another host, day and queue; and it fails on one that has a fault.
func TestRoundTrip(t *testing.T) {
	steps := conversation("open", "< 220 mx.example ESMTP", "> EHLO client.example", "< 250 mx.example|PIPELINING|SIZE 100", "> MAIL FROM:<a@example.org>",
		"> RCPT TO:<b@example.org>", "> DATA", "< 250 2.1.0 Ok", "< 550 5.1.1 <b@example.org>: no such user here, queue 4Abc", "< 354 go", "m Subject: x\r\n\r\n.dot\r\n",
		"< 250 2.0.0 queued as 1234", "> QUIT", "< 221 bye", "closed")
	source := written(t, &File{Scenarios: []Scenario{{Name: "x", Steps: steps}}})
	good := []string{"S 220 other.example ready", "C EHLO client.example", "S 250-other.example hi", "S 250-SIZE 5", "S 250 PIPELINING", "C MAIL FROM:<a@example.org>",
		"C RCPT TO:<b@example.org>", "C DATA", "S 250 2.1.0 fine", "S 550 5.1.1 no such user here, queue zzz", "S 354 x", "C Subject: x", "C ", "C ..dot", "C .",
		"S 250 2.0.0 q", "C QUIT", "S 221 x", "close"}
	cases := []struct {
		name     string
		from, to string
		want     event.Outcome
	}{
		{"the same", "", "", event.Passed},
		{"code", "S 354 x", "S 451 x", event.Failed},
		{"enhanced code", "S 250 2.0.0 q", "S 250 2.0.1 q", event.Failed},
		{"keyword", "S 250-SIZE 5", "S 250-SIZ 5", event.Failed},
		{"text", "no such user here", "no such relay here", event.Failed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			script := strings.Split(strings.ReplaceAll(strings.Join(good, "\n"), c.from, c.to), "\n")
			if c.from == "" {
				script = good
			}
			got := scripttest.Run(t, source, scripttest.Target(t, "smtp://"+scripttest.Server(t, script...), nil), luaapi.Limits{})
			if got["x"].Outcome != c.want {
				t.Errorf("want %s, got %v\n%s", c.want, got, source)
			}
		})
	}
}

func TestNames(t *testing.T) {
	ask := conversation("open", "< 220 x")
	source := written(t, &File{Scenarios: []Scenario{{Name: "a\n\x1b b", Steps: ask}, {Name: "a b", Steps: ask}, {Name: "", Steps: ask},
		{Name: strings.Repeat("long ", 40), Steps: ask}, {Name: `quote " here`, Steps: ask, Known: "#1"}, {Name: "skipped", Steps: ask, Skip: "not now"}}})
	for _, want := range []string{`"a b"`, `"a b (2)"`, `"conversation"`, ` …"`, `"quote \" here", { known_issue = "#1" }`, `skip("not now")`} {
		if !strings.Contains(source, want) {
			t.Errorf("there is no %s in\n%s", want, source)
		}
	}
}

// Long messages are cut, and a file that would not load is refused.
func TestTooLong(t *testing.T) {
	noise := make([]byte, 300<<10)
	for i := range noise {
		noise[i] = byte('a' + i*i%25)
	}
	steps := []Step{{Kind: Message, Conn: 1, Data: noise}}
	source := written(t, &File{Scenarios: []Scenario{{Name: "x", Steps: steps}}})
	if !strings.Contains(source, "-- lost: of 307201 bytes") || len(source) > MaxSource/2 {
		t.Errorf("%d bytes", len(source))
	}
	var many File
	for range 20 {
		many.Scenarios = append(many.Scenarios, Scenario{Name: "x", Steps: steps})
	}
	var long *TooLongError
	if err := many.Write(&bytes.Buffer{}); !errors.As(err, &long) || long.Bytes <= MaxSource {
		t.Errorf("got %v", err)
	}
}

// A secret that the file must not hold is not written, wherever it stands.
func TestSecrets(t *testing.T) {
	f := &File{Comment: []string{"of hunter22"}, Secrets: &wire.Secrets{}, Scenarios: []Scenario{{Name: "hunter22",
		Steps: conversation("open", "< 220 x", "note hunter22", "> NOOP hunter22", "< 550 hunter22 is no good", "> RCPT TO:<abc@example.org>", "<< hunter22 junk\\r\\n")}}}
	f.Secrets.Add("hunter22")
	f.Secrets.Add("abc")
	source := written(t, f)
	if strings.Contains(source, "hunter22") || !strings.Contains(source, "<abc@") {
		t.Error(source)
	}
}

// What looks like AUTH in a chunk is text of a message, and of a broken login the parts that are right stay.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		steps []string
		want  string
	}{
		{[]string{"open", "< 220 x", "> EHLO x", "< 250 x", "> BDAT 12 LAST", `>> AUTH PLAIN\r\n`, "< 250 ok", "> QUIT", "< 221 bye", "closed"},
			`"AUTH PLAIN\r\n"`},
		{[]string{"open", "< 220 x", "> EHLO x", "< 250 x", "> AUTH LOGIN dXNlcg==", "< 334 UGFzc3dvcmQ6", "> no base64", "< 501 no", "> QUIT", "< 221 bye", "closed"},
			`c:send("AUTH LOGIN dXNlcg=="):expect(334)`},
	} {
		f := File{Scenarios: []Scenario{{Name: "x", Steps: conversation(c.steps...)}}}
		if got := written(t, &f); !strings.Contains(got, c.want) || strings.Contains(got, "lost") || strings.Contains(got, "no base64") {
			t.Errorf("%s\nis not, or is lost, in\n%s", c.want, got)
		}
	}
}
