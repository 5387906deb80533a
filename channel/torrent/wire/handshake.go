package wire

// maxHandshake is the longest extended handshake that is read; longer ones are refused.
const maxHandshake = 64 << 10

// Handshake is a BEP 10 extended handshake, of which only what a gate must know or change is understood; all other keys stay as they came.
type Handshake struct{ d Dict }

// ParseHandshake reads the payload of an extended handshake.
func ParseHandshake(b []byte) (Handshake, error) {
	if len(b) > maxHandshake {
		return Handshake{}, ErrMalformed
	}
	d, err := ParseDict(b)
	return Handshake{d}, err
}

// Marshal is the handshake's payload.
func (h Handshake) Marshal() []byte { return h.d.Append(nil) }

// ID is the message id under which the sender wants messages of the extension, 0 when it does not speak it.
func (h Handshake) ID(extension string) uint8 {
	m, _ := h.d.Dict("m")
	id, ok := m.Int(extension)
	if !ok || id > 255 {
		return 0
	}
	return uint8(id)
}

// Free gives a message id that no extension of the sender uses, 0 when all 255 are taken.
func (h Handshake) Free() uint8 {
	m, _ := h.d.Dict("m")
	used := map[int64]bool{}
	for name := range m {
		id, _ := m.Int(name)
		used[id] = true
	}
	for id := int64(255); id > 0; id-- {
		if !used[id] {
			return uint8(id)
		}
	}
	return 0
}

// SetID announces an extension; id 0 takes it away.
func (h Handshake) SetID(extension string, id uint8) {
	m, ok := h.d.Dict("m")
	if !ok {
		m = Dict{}
	}
	if delete(m, extension); id != 0 {
		m.SetInt(extension, int64(id))
	}
	h.d.SetDict("m", m)
}

// Int is a numeric field of the handshake such as "p", the listening port, or "reqq".
func (h Handshake) Int(key string) (int64, bool) { return h.d.Int(key) }

// SetInt sets a numeric field.
func (h Handshake) SetInt(key string, n int64) { h.d.SetInt(key, n) }

// Remove takes a field out.
func (h Handshake) Remove(key string) { delete(h.d, key) }

// Has says whether there is a field, of whatever kind.
func (h Handshake) Has(key string) bool {
	_, has := h.d[key]
	return has
}
