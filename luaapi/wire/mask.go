package wire

import "github.com/smtpspec/smtpspec/runner/event"

// lane is one direction of one connection.
type lane struct {
	conn int
	dir  string
}

// mask looks for secrets in each direction of each connection as a whole, since one may be spread over several records.
func (t *Transcript) mask(records []*event.Wire) {
	if t.Secrets.Empty() {
		return
	}
	done := map[lane]bool{}
	var indexes []int
	var all []byte
	for first, r := range records {
		k := lane{r.Conn, r.Dir}
		if done[k] {
			continue
		}
		done[k] = true
		indexes, all = indexes[:0], all[:0]
		for i := first; i < len(records); i++ {
			if r := records[i]; r.Conn == k.conn && r.Dir == k.dir {
				indexes = append(indexes, i)
				all = append(all, r.Data...)
			}
		}
		found := t.Secrets.find(all)
		if found = merge(append(found, t.torn(records, indexes)...)); len(found) > 0 {
			maskLane(records, indexes, found)
		}
	}
}

func maskLane(records []*event.Wire, indexes []int, found []span) {
	from := 0
	for _, i := range indexes {
		data := records[i].Data
		records[i].Data = maskPart(data, from, found)
		from += len(data)
	}
}

// torn finds what is left of secrets where the middle of a body was left out.
func (t *Transcript) torn(records []*event.Wire, indexes []int) []span {
	var found []span
	at := 0
	for k, i := range indexes {
		at += len(records[i].Data)
		if records[i].Omitted == 0 || k+1 == len(indexes) {
			continue
		}
		begin, end := t.Secrets.torn(records[i].Data, records[indexes[k+1]].Data)
		if begin > 0 {
			found = append(found, span{at - begin, at})
		}
		if end > 0 {
			found = append(found, span{at, at + end})
		}
	}
	return found
}

// maskPart masks the part of a stream that begins at offset from. A secret that goes over the end of a part is shown as
// one mask, in the part where it begins.
func maskPart(part []byte, from int, found []span) []byte {
	var out []byte
	at := 0
	for _, sp := range found {
		start, end := sp.start-from, sp.end-from
		if end <= 0 || start >= len(part) {
			continue
		}
		out = append(out, part[at:max(start, at)]...)
		if start >= 0 {
			out = append(out, Mask...)
		}
		at = min(end, len(part))
	}
	if at == 0 {
		return part
	}
	return append(out, part[at:]...)
}
