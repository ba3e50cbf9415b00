package demo

import (
	"strconv"
	"sync"
	"time"
)

// Message is a message that the server has accepted.
type Message struct {
	From     string   // envelope sender without angle brackets, empty for <>
	To       []string // the recipients it was accepted for
	Data     []byte   // what came, dots unstuffed, below the trace fields of this server
	Received time.Time
}

// Bounds of the store; the oldest messages give way.
const (
	storeMessages = 1000
	storeBytes    = 64 << 20
)

// store keeps the latest messages.
type store struct {
	mu       sync.Mutex
	messages []Message
	bytes    int
	count    uint64 // all that there ever were
}

// newID gives a message's number in the trace and in replies.
func (st *store) newID() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.count++
	return "D" + strconv.FormatUint(st.count, 16)
}

func (st *store) add(m Message) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.messages = append(st.messages, m)
	st.bytes += len(m.Data)
	for len(st.messages) > storeMessages || st.bytes > storeBytes {
		st.bytes -= len(st.messages[0].Data)
		st.messages[0] = Message{} // for the garbage collector
		st.messages = st.messages[1:]
	}
}

// Messages lists the messages that were accepted, the latest 1000 or 64 MiB of them, in order. Their contents are
// shared and must not be changed.
func (srv *Server) Messages() []Message {
	srv.store.mu.Lock()
	defer srv.store.mu.Unlock()
	return append([]Message(nil), srv.store.messages...)
}
