package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// html is one page that needs nothing else: no script, no font, no other file. Its filters are style sheets that look at what is checked. It is well-formed
// XML, too.
func (m *matrix) html() string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n" +
		"<title>Requirements by server</title>\n<style>\n" + matrixStyle + filterStyle() + "</style>\n</head>\n<body>\n<h1>Requirements by server</h1>\n")
	m.htmlServers(&b)
	htmlFilters(&b)
	for _, g := range m.groups() {
		m.htmlGroup(&b, g)
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

func esc(s string) string { return html.EscapeString(event.Safe(s)) }

// htmlServers is the table of the columns' sums.
func (m *matrix) htmlServers(b *strings.Builder) {
	b.WriteString("<table class=\"servers\">\n<caption>Servers</caption>\n<thead><tr><th scope=\"col\">server</th><th scope=\"col\">greeting</th>")
	for _, v := range verdicts {
		fmt.Fprintf(b, "<th scope=\"col\">%s <span aria-hidden=\"true\">%s</span></th>", v.word, v.sign)
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, s := range m.servers {
		fmt.Fprintf(b, "<tr><th scope=\"row\">%s</th><td>%s</td>", esc(s.Target), esc(s.Greeting))
		for _, n := range s.Counts {
			fmt.Fprintf(b, "<td class=\"n\">%d</td>", n)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

// matrixLevels are the levels of requirements, in the order of their weight.
var matrixLevels = []string{"must", "required", "security", "should", "ops", "may"}

func htmlFilters(b *strings.Builder) {
	b.WriteString("<form class=\"filters\">\n<fieldset><legend>Levels</legend>\n")
	for _, l := range matrixLevels {
		fmt.Fprintf(b, "<label><input type=\"checkbox\" id=\"l-%s\" checked=\"\"/> %s</label>\n", l, l)
	}
	b.WriteString("</fieldset>\n<fieldset><legend>Verdict of some server</legend>\n<label><input type=\"radio\" name=\"v\" id=\"v-all\" checked=\"\"/> any</label>\n")
	for _, v := range verdicts {
		fmt.Fprintf(b, "<label><input type=\"radio\" name=\"v\" id=\"v-%s\"/> %s</label>\n", v.word, v.word)
	}
	b.WriteString("</fieldset>\n</form>\n")
}

// filterStyle hides the rows that the filters leave out, and the tables that have no row of the verdict.
func filterStyle() string {
	var b strings.Builder
	for _, l := range matrixLevels {
		fmt.Fprintf(&b, "body:has(#l-%s:not(:checked)) tr.l-%s { display: none }\n", l, l)
	}
	for _, v := range verdicts {
		fmt.Fprintf(&b, "body:has(#v-%[1]s:checked) :is(tr.row:not(.v-%[1]s), table.matrix:not(:has(tr.v-%[1]s))) { display: none }\n", v.word)
	}
	return b.String()
}

func (m *matrix) htmlGroup(b *strings.Builder, g *matrixGroup) {
	fmt.Fprintf(b, "<table class=\"matrix\">\n<caption>%s</caption>\n<thead><tr><th scope=\"col\">requirement</th><th scope=\"col\">level</th>", esc(g.Name))
	for _, s := range m.servers {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", esc(s.Target))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, r := range g.Rows {
		classes := "row l-" + r.Level
		seen := map[verdictKind]bool{}
		for _, c := range r.Cells {
			seen[cellVerdict(c)] = true
		}
		for v := range numVerdicts {
			if seen[v] {
				classes += " v-" + verdicts[v].word
			}
		}
		fmt.Fprintf(b, "<tr class=\"%s\"><th scope=\"row\">%s<br/><small>%s %s</small></th><td>%s</td>", classes, esc(r.Name), esc(r.ID), esc(strings.Join(r.Refs, ", ")), r.Level)
		for _, s := range m.servers {
			htmlCell(b, r.Cells[s.Target])
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

// htmlCell opens to what was expected, what came, and the transcript.
func htmlCell(b *strings.Builder, c *matrixCell) {
	if c == nil {
		b.WriteString("<td></td>")
		return
	}
	v := verdicts[cellVerdict(c)]
	fmt.Fprintf(b, "<td class=\"%s\"><details><summary><span aria-hidden=\"true\">%s</span> %s</summary>", v.word, v.sign, v.word)
	if c.Reason != "" {
		fmt.Fprintf(b, "<p>%s</p>", esc(c.Reason))
	}
	lines := make([]string, len(c.block))
	for i, l := range c.block {
		lines[i] = html.EscapeString(l)
	}
	fmt.Fprintf(b, "<pre>%s</pre></details></td>", strings.Join(lines, "\n"))
}

const matrixStyle = `:root { color-scheme: light dark; --line: #8886; --failed: #c0263a; --warned: #946200; --passed: #1c7a3c; --quiet: #777 }
@media (prefers-color-scheme: dark) { :root { --failed: #ff8a96; --warned: #f0c060; --passed: #7fd79a; --quiet: #aaa } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5em; max-width: 110em }
h1 { font-size: 1.5em }
table { border-collapse: collapse; margin: 0 0 2em; width: 100% }
caption { text-align: left; font-weight: bold; font-size: 1.15em; padding: .4em 0 }
th, td { border: 1px solid var(--line); padding: .3em .5em; text-align: left; vertical-align: top; font-weight: normal }
thead th { font-weight: bold; position: sticky; top: 0; background: Canvas }
table.matrix { table-layout: fixed }
table.matrix:has(details[open]) { table-layout: auto }
table.matrix thead th { overflow-wrap: anywhere }
table.matrix thead th:first-child { width: 24em }
table.matrix thead th:nth-child(2) { width: 4.5em }
small { color: var(--quiet) }
td.n { text-align: right }
summary { cursor: pointer; white-space: nowrap }
td.failed summary, td.error summary { color: var(--failed); font-weight: bold }
td.warned summary { color: var(--warned); font-weight: bold }
td.passed summary { color: var(--passed) }
td.known summary, td.skipped summary, td.inconclusive summary { color: var(--quiet) }
pre { font: 12px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5em 0; min-width: 30em }
.filters { display: flex; flex-wrap: wrap; gap: 1em; margin: 0 0 1.5em }
.filters label { margin-right: .8em; white-space: nowrap }
@media print { .filters { display: none } thead th { position: static } table { page-break-inside: auto } tr { break-inside: avoid } body { margin: 0; font-size: 10px } }
`
