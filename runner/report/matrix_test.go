package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// matrixScenes are three servers and four requirements, with names and replies that are no friends of HTML and Markdown.
func matrixScenes() []event.Event {
	plan := &event.Plan{}
	events := []event.Event{&event.RunStart{}, plan}
	at := time.Unix(1_700_000_000, 0).UTC()
	for i, target := range []string{"a", "<b>", "c|d"} {
		for j, outcome := range []event.Outcome{event.Passed, event.Failed, event.Warned, event.Skipped} {
			key := event.Key{File: "x.lua", Name: fmt.Sprintf("no <script> & |%d|", j), Target: target, Repetition: 1}
			plan.Scenarios = append(plan.Scenarios, event.Planned{Key: key})
			if (i+j)%3 == 0 {
				outcome = event.Passed
			}
			f := &event.ScenarioFinish{Key: key, Attempt: 1, Final: true, File: "x.lua", Line: j + 1, Suite: "suite", Name: key.Name, ID: fmt.Sprintf("id-%d", j), Level: "must",
				Refs: []string{"RFC 5321 4.1", "RFC 3461"}, Target: target, Outcome: outcome, Tags: []string{}, Warnings: []event.Failure{}, Failures: []event.Failure{}}
			if j == 3 {
				f.Level, f.Refs = "may", nil
			}
			switch outcome {
			case event.Failed:
				f.Failures = []event.Failure{{Kind: "expectation", Want: "250", Got: "550 <no> & ]]>"}}
				f.Failure = &f.Failures[0]
			case event.Warned:
				f.Warnings = []event.Failure{{Kind: "warn", Message: "not *so* good"}}
			case event.Skipped:
				f.Reason, f.Policy = "greylisted <here>", i == 1
			}
			events = append(events, &event.ScenarioStart{Key: key, Attempt: 1, Line: j + 1, Time: at},
				&event.Wire{Key: key, Attempt: 1, Index: 1, Conn: 1, Dir: event.In, Data: []byte("220 mx.example ESMTP <" + target + ">\r\n"), Time: at}, f)
		}
	}
	return append(events, &event.RunFinish{})
}

// The page is well-formed, has no script and nothing from elsewhere, and a cell with a word for each requirement and server.
func TestMatrixPage(t *testing.T) {
	page := feed(t, "matrix", Options{Extension: ".html"}, matrixScenes())
	for _, never := range []string{"<script", "http:", "https:", "src=", "@import", "onclick"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	cells, summaries, rows := 0, 0, 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		class := ""
		for _, a := range start.Attr {
			if a.Name.Local == "class" {
				class = a.Value
			}
		}
		switch {
		case start.Name.Local == "summary":
			summaries++
		case start.Name.Local == "td" && class != "" && class != "n":
			cells++
		case start.Name.Local == "tr" && strings.HasPrefix(class, "row "):
			rows++
		}
	}
	if cells != 12 || summaries != 12 || rows != 4 {
		t.Errorf("%d cells, %d summaries and %d rows, want 12, 12 and 4", cells, summaries, rows)
	}
	for _, want := range []string{"<caption>RFC 5321</caption>", "<caption>suite</caption>", `<td class="failed"><details><summary><span aria-hidden="true">✗</span> failed</summary>`,
		`<td class="inconclusive">`, "got   550 &lt;no&gt; &amp; ]]&gt;", "greylisted &lt;here&gt;", `class="row l-must v-failed v-passed"`, "mx.example ESMTP &lt;c|d&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
}

func TestMatrixTables(t *testing.T) {
	md := feed(t, "matrix", Options{}, matrixScenes())
	for _, want := range []string{"\n## RFC 5321\n\n| requirement | level | &lt;b> | a | c\\|d |\n", "| id-1 no &lt;script> & \\|1\\| | must | ✗ | ✗ | ✓ |\n", "\n## suite\n"} {
		if !strings.Contains(md, want) {
			t.Errorf("there is no %q in\n%s", want, md)
		}
	}
	json := feed(t, "matrix", Options{Extension: ".json"}, matrixScenes())
	for _, want := range []string{`"target": "c|d"`, `"want": "250"`, `"inconclusive": true`} {
		if !strings.Contains(json, want) {
			t.Errorf("there is no %s in\n%s", want, json)
		}
	}
}
