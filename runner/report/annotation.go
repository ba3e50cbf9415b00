package report

import (
	"strconv"
	"strings"
)

// annotationLimit is how long a message may be, in bytes. GitHub cuts at 64 KiB, of which escapes take their share.
const annotationLimit = 8 << 10

// Annotation is a remark that GitHub shows beside a line of a file.
type Annotation struct {
	Level   string // "error", "warning" or "notice"
	File    string // from the top of the repository, with slashes; "": it is about no file
	Line    int    // from 1; 0: the file as a whole
	Column  int    // from 1; 0: unknown
	Title   string
	Message string // may have several lines
}

var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// String is the workflow command that makes the annotation, without the line end.
func (a Annotation) String() string {
	var properties []string
	add := func(name, value string) {
		if value != "" {
			properties = append(properties, name+"="+commandProperty.Replace(value))
		}
	}
	add("file", a.File)
	if a.File != "" && a.Line > 0 {
		add("line", strconv.Itoa(a.Line))
		if a.Column > 0 {
			add("col", strconv.Itoa(a.Column))
		}
	}
	add("title", cutText(a.Title, lineLimit))
	s := "::" + a.Level
	if len(properties) > 0 {
		s += " " + strings.Join(properties, ",")
	}
	return s + "::" + commandData.Replace(cutText(a.Message, annotationLimit))
}

// cutText leaves the end out of what is longer than limit bytes, between characters.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
