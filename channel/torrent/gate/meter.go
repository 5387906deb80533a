package gate

// Meter is the payer's half of the gate on one connection: it knows what was asked for, what came, and what of it was verified. Not safe for concurrent use.
type Meter struct {
	asked   map[Request]struct{}
	pending map[uint32]int64 // bytes that came, by piece, while it is not verified

	Received int64 // bytes that came and were asked for
	Verified int64 // of them, bytes of pieces that were found good
	Bad      int64 // of them, bytes of pieces that were found bad
}

// NewMeter is a meter at zero.
func NewMeter() *Meter { return &Meter{asked: map[Request]struct{}{}, pending: map[uint32]int64{}} }

// Ask takes note of a request that goes out.
func (m *Meter) Ask(r Request) { m.asked[r] = struct{}{} }

// Asked says whether a request went out and is not answered.
func (m *Meter) Asked(r Request) bool {
	_, is := m.asked[r]
	return is
}

// Refused takes note that a request will not be answered.
func (m *Meter) Refused(r Request) { delete(m.asked, r) }

// Forget drops all requests: the peer choked us and does not speak BEP 6.
func (m *Meter) Forget() { clear(m.asked) }

// Flying is how many requests are not answered.
func (m *Meter) Flying() int { return len(m.asked) }

// Piece takes note of a block that comes. It gives the bytes that count: nothing for what was not asked for. Whether a piece that is complete already gets
// a second copy cannot be checked any more; it was asked for, so it counts as verified.
func (m *Meter) Piece(r Request, complete bool) int64 {
	if !m.Asked(r) {
		return 0
	}
	delete(m.asked, r)
	n := int64(r.Length)
	m.Received += n
	if complete {
		m.Verified += n
	} else {
		m.pending[r.Index] += n
	}
	return n
}

// Good takes note that a piece was verified and gives the bytes that this connection contributed.
func (m *Meter) Good(index uint32) int64 {
	n := m.take(index)
	m.Verified += n
	return n
}

// Wrong takes note that a piece failed its hash and gives the bytes that this connection contributed: they are not owed.
func (m *Meter) Wrong(index uint32) int64 {
	n := m.take(index)
	m.Bad += n
	return n
}

// Pending is how many bytes wait for their piece to be verified.
func (m *Meter) Pending() (n int64) {
	for _, bytes := range m.pending {
		n += bytes
	}
	return n
}

func (m *Meter) take(index uint32) int64 {
	n := m.pending[index]
	delete(m.pending, index)
	return n
}
