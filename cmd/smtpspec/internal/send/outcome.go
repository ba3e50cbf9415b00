package send

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Outcome is what became of a message.
type Outcome struct {
	ExitCode    int          `json:"exit_code"`
	Phase       Phase        `json:"phase,omitempty"` // the one that failed
	Error       string       `json:"error,omitempty"`
	Interrupted bool         `json:"interrupted,omitempty"`
	Server      string       `json:"server,omitempty"` // its address
	Banner      *Reply       `json:"banner,omitempty"`
	TLS         *TLSState    `json:"tls,omitempty"`
	From        string       `json:"from"`
	Mail        *Reply       `json:"mail,omitempty"`
	Recipients  []*Recipient `json:"recipients"`
	Message     *Reply       `json:"message,omitempty"` // the last reply to it
	Seconds     float64      `json:"seconds"`
	Transcript  []Record     `json:"transcript"`

	began   time.Time
	replies int  // before the piece that runs
	hanging bool // a reply did not come
}

// Record is what went over the connection: Text where it is UTF-8, Base64 where it is not.
type Record struct {
	At     float64 `json:"at"`  // seconds
	Dir    string  `json:"dir"` // "in", "out" or "info"
	Text   string  `json:"text,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
}

// Recipient is what became of one.
type Recipient struct {
	Address string `json:"address"`
	Rcpt    *Reply `json:"rcpt"`
	Message *Reply `json:"message,omitempty"` // over LMTP and with PRDR, the recipient's own reply to the message
	OK      bool   `json:"ok"`                // it is accepted, and the message too
}

// Reply is a reply of the server (RFC 5321 4.2). What is wrong with its form is in Anomalies, as a scenario has them.
type Reply struct {
	Code      int      `json:"code"` // 0 where there is no whole one
	Enhanced  string   `json:"enhanced,omitempty"`
	Lines     []string `json:"lines"`
	Anomalies []string `json:"anomalies,omitempty"`
	Ended     string   `json:"ended,omitempty"` // why there is no whole one
	Elapsed   float64  `json:"elapsed"`         // seconds
}

// TLSState is what the handshake agreed on.
type TLSState struct {
	Version     string `json:"version"`
	Verified    bool   `json:"verified"`
	VerifyError string `json:"verify_error,omitempty"`
}

func (r *Reply) ok() bool { return r != nil && r.Code/100 == 2 }

// before remembers where the replies of a piece begin.
func (o *Outcome) before(live *luaapi.Live) {
	if c := live.Conn(); c != nil {
		o.replies = len(c.Replies)
	}
}

// after notes what a piece was answered.
func (o *Outcome) after(p piece, live *luaapi.Live, plan *Plan) {
	c := live.Conn()
	if c == nil {
		return
	}
	var replies []*Reply
	for _, r := range c.Replies[min(o.replies, len(c.Replies)):] {
		replies = append(replies, replyOf(r, live.Secrets()))
	}
	if len(replies) == 0 {
		return
	}
	last := replies[len(replies)-1]
	switch p.phase {
	case Banner:
		o.Banner = last
	case Mail:
		o.Mail = replies[0]
		if plan.Pipelining {
			o.recipients(plan.To, replies[1:])
		}
	case Rcpt:
		o.recipients(plan.To, replies)
	case Dot:
		o.Message = last
		each := plan.LMTP
		if plan.PRDR && len(replies) > 1 {
			each, replies = true, replies[1:]
		}
		o.delivered(replies, each)
	}
}

func (o *Outcome) recipients(to []string, replies []*Reply) {
	for i, r := range replies[:min(len(replies), len(to))] {
		o.Recipients = append(o.Recipients, &Recipient{Address: to[i], Rcpt: r, OK: r.ok()})
	}
}

// delivered notes what the recipients that were accepted have of the message: one reply for all, or over LMTP and with PRDR one each
// (RFC 2033 4.2).
func (o *Outcome) delivered(replies []*Reply, each bool) {
	for _, r := range o.Recipients {
		switch {
		case !r.OK:
		case !each:
			r.OK = replies[len(replies)-1].ok()
		case len(replies) == 0:
			r.OK = false
		default:
			r.Message, r.OK = replies[0], replies[0].ok()
			replies = replies[1:]
		}
	}
}

// fail notes that a piece failed.
func (o *Outcome) fail(p piece, f event.Failure, live *luaapi.Live) {
	o.Phase, o.ExitCode, o.Error = p.phase, p.code, live.Secrets().Text(say(f))
	o.hanging = f.Kind == "timeout"
	if (f.Kind == "close" || f.Kind == "reset") && p.phase != Connect {
		o.ExitCode = ExitClosed
	}
}

// finish completes the outcome at the end of the conversation.
func (o *Outcome) finish(live *luaapi.Live) {
	o.Seconds = time.Since(o.began).Seconds()
	if c := live.Conn(); c != nil {
		o.Server = c.RemoteAddr()
		if t := c.TLS; t != nil {
			o.TLS = &TLSState{Version: wire.VersionName(t.Version), Verified: t.VerifyError == "", VerifyError: t.VerifyError}
		}
	}
	for _, r := range live.Transcript().Records() {
		record := Record{At: r.Time.Sub(o.began).Seconds(), Dir: r.Dir}
		if utf8.Valid(r.Data) {
			record.Text = string(r.Data)
		} else {
			record.Base64 = r.Data
		}
		o.Transcript = append(o.Transcript, record)
	}
	if o.ExitCode == 0 && o.Message != nil {
		o.refused()
	}
}

// refused says which recipients do not get the message that others get.
func (o *Outcome) refused() {
	var list []string
	for _, r := range o.Recipients {
		if !r.OK {
			list = append(list, r.Address)
		}
	}
	if len(list) > 0 {
		o.ExitCode, o.Phase = ExitPartial, Rcpt
		o.Error = fmt.Sprintf("%d of %d recipients refused: %s", len(list), len(o.Recipients), strings.Join(list, ", "))
	}
}

// WriteJSON writes the outcome as one object.
func (o *Outcome) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // addresses are to be read
	e.SetIndent("", "  ")
	return e.Encode(o)
}
