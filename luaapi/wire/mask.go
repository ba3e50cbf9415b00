package wire

// lane is one direction of one connection.
type lane struct {
	conn int
	dir  string
}

// mask looks for secrets in each direction of each connection as a whole, since one may be spread over several records.
func (t *Transcript) mask(records []Record) {
	lanes := map[lane][]int{}
	for i, r := range records {
		k := lane{r.Conn, r.Dir}
		lanes[k] = append(lanes[k], i)
	}
	for _, indexes := range lanes {
		var all []byte
		for _, i := range indexes {
			all = append(all, records[i].Data...)
		}
		found := t.Secrets.find(all)
		found = merge(append(found, t.torn(records, indexes)...))
		if len(found) == 0 {
			continue
		}
		from := 0
		for _, i := range indexes {
			to := from + len(records[i].Data)
			records[i].Data = maskPart(all[from:to], from, found)
			from = to
		}
	}
}

// torn finds what is left of secrets where the middle of a body was left out.
func (t *Transcript) torn(records []Record, indexes []int) []span {
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
