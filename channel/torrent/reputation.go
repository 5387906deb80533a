package torrent

// record is what a peer's pieces were like. Pieces that several peers contributed to count for each of them, good or bad: an honest peer has more good ones.
type record struct {
	good, bad int
	banned    bool
}

// maxRecords bounds the peers that are remembered.
const maxRecords = 10_000

// judged counts a piece of a peer, and says whether the peer is to be left. alone tells that all of it came from there.
func (s *Spender) judged(peer string, good, alone bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[peer]
	if r == nil {
		if len(s.records) >= maxRecords {
			clear(s.records)
		}
		r = &record{}
		s.records[peer] = r
	}
	if good {
		r.good++
		return false
	}
	r.bad++
	r.banned = r.banned || alone || r.bad >= 3 && r.bad > r.good
	return r.banned
}

// banned says whether a peer was left for its bad pieces.
func (s *Spender) banned(peer string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records[peer] != nil && s.records[peer].banned
}
