package mailbox

import "context"

// Stored is a message in the memory of a server in this process.
type Stored struct {
	From string // envelope sender, "" for <>
	To   []string
	Data []byte // not empty; it is shared and never changed
}

// Store lists the messages that a server has, in the order in which they came. Old ones may be missing.
type Store func() []Stored

type storeSource struct {
	store Store
	last  *byte // of the newest message that was given: while it is held, no other has its address
}

func (s *storeSource) look(context.Context) ([]found, int, error) {
	all := s.store()
	begin := len(all)
	for begin > 0 && &all[begin-1].Data[0] != s.last {
		begin--
	}
	var list []found
	for _, m := range all[begin:] {
		list = append(list, found{text: string(m.Data), from: m.From, to: m.To, known: true, exact: true})
		s.last = &m.Data[0]
	}
	return list, 0, nil
}

func (s *storeSource) leave() {}
