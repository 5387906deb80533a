package live

import (
	"bytes"
	"slices"
	"time"
)

// Of MPEG-TS (ISO/IEC 13818-1).
const (
	packetBytes = 188
	syncByte    = 0x47
	clockRate   = 90_000 // of a program's clock reference, a second
	clockWraps  = int64(1) << 33
	patience    = 16 << 20 // bytes without a picture to begin at, until it is begun anywhere
)

// isTransportStream says whether packets begin somewhere in the first of b.
func isTransportStream(b []byte) bool {
	_, is := findSync(b)
	return is
}

// findSync finds where packets begin.
func findSync(b []byte) (int, bool) {
	for at := 0; at < packetBytes && at+2*packetBytes < len(b); at++ {
		if b[at] == syncByte && b[at+packetBytes] == syncByte && b[at+2*packetBytes] == syncByte {
			return at, true
		}
	}
	return 0, false
}

// packets reads a transport stream: its tables, its clock, and where its pictures begin that need no other.
type packets struct {
	part []byte // less than a packet, or bytes among which the next is sought

	pat, pmt  []byte // the last packets with the tables
	pmtPID    int
	clockPID  int
	picture   int           // the PID of the first video; 0: none
	clock     time.Duration // of the program, not decreasing over its wraps
	reference int64         // the last clock reference
	clocked   bool
	lost      int64 // bytes since the begin in which no picture could be begun at
}

// feed splits bytes into packets. What is no packet is dropped.
func (s *packets) feed(b []byte, take func(p []byte) error) error {
	s.part = append(s.part, b...)
	rest := s.part
	for len(rest) >= packetBytes {
		if rest[0] != syncByte {
			at, found := findSync(rest)
			if !found && len(rest) < 4*packetBytes {
				break // more is needed to tell
			}
			if !found {
				at = packetBytes
			}
			rest = rest[at:]
			continue
		}
		p := rest[:packetBytes]
		s.read(p)
		if err := take(p); err != nil {
			return err
		}
		rest = rest[packetBytes:]
	}
	s.part = append(s.part[:0], rest...)
	return nil
}

func pid(p []byte) int { return int(p[1]&0x1f)<<8 | int(p[2]) }

// starts says whether a unit, a table or a picture, begins in the packet.
func starts(p []byte) bool { return p[1]&0x40 != 0 }

// adaptation is the flags of the adaptation field and what follows them, nil when there is none.
func adaptation(p []byte) []byte {
	if length := int(p[4]); p[3]&0x20 != 0 && length > 0 && 5+length <= packetBytes {
		return p[5 : 5+length]
	}
	return nil
}

// section is the table that begins in the packet, nil when it is not whole in it.
func section(p []byte) []byte {
	at := 4
	if p[3]&0x20 != 0 {
		at += 1 + int(p[4])
	}
	if p[3]&0x10 == 0 || at >= packetBytes {
		return nil
	}
	at += 1 + int(p[at]) // the pointer field
	if at+8 > packetBytes {
		return nil
	}
	end := at + 3 + (int(p[at+1]&0x0f)<<8 | int(p[at+2])) - 4 // without the checksum
	if end > packetBytes || end < at+8 {
		return nil
	}
	return p[at:end]
}

func (s *packets) read(p []byte) {
	if a := adaptation(p); len(a) >= 7 && a[0]&0x10 != 0 && pid(p) == s.clockPID {
		s.tick(int64(a[1])<<25 | int64(a[2])<<17 | int64(a[3])<<9 | int64(a[4])<<1 | int64(a[5])>>7)
	}
	if !starts(p) {
		return
	}
	switch pid(p) {
	case 0:
		s.programs(p)
	case s.pmtPID:
		s.program(p)
	}
}

// tick moves the clock on. A jump that cannot be time is left out.
func (s *packets) tick(reference int64) {
	by := (reference - s.reference + clockWraps) % clockWraps
	if s.clocked && by < 10*clockRate {
		s.clock += time.Duration(by) * time.Second / clockRate
	}
	s.reference, s.clocked = reference, true
}

// programs reads the table of programs, and takes the first.
func (s *packets) programs(p []byte) {
	table := section(p)
	for at := 8; at+4 <= len(table); at += 4 {
		if number := int(table[at])<<8 | int(table[at+1]); number != 0 {
			s.pat, s.pmtPID = slices.Clone(p), int(table[at+2]&0x1f)<<8|int(table[at+3])
			return
		}
	}
}

// program reads what streams the program has.
func (s *packets) program(p []byte) {
	table := section(p)
	if len(table) < 12 {
		return
	}
	s.pmt, s.clockPID, s.picture = slices.Clone(p), int(table[8]&0x1f)<<8|int(table[9]), 0
	for at := 12 + (int(table[10]&0x0f)<<8 | int(table[11])); at+5 <= len(table); at += 5 + (int(table[at+3]&0x0f)<<8 | int(table[at+4])) {
		if isVideo(table[at]) {
			s.picture = int(table[at+1]&0x1f)<<8 | int(table[at+2])
			return
		}
	}
}

// isVideo says whether a stream type is video: MPEG-1 and 2, MPEG-4, H.264, H.265, H.266, AVS.
func isVideo(streamType byte) bool {
	return bytes.IndexByte([]byte{0x01, 0x02, 0x10, 0x1b, 0x24, 0x33, 0x42}, streamType) >= 0
}

// key says whether a player can begin at the packet: a picture that needs no other, or any sound where there are no pictures.
func (s *packets) key(p []byte) bool {
	if s.pat == nil || s.pmt == nil {
		s.lost += packetBytes
		return false
	}
	key := starts(p) && pid(p) == s.clockPID
	if a := adaptation(p); s.picture != 0 {
		key = starts(p) && pid(p) == s.picture && len(a) > 0 && a[0]&0x40 != 0
	}
	if !key {
		s.lost += packetBytes
	}
	return key
}

// hopeless says that no picture to begin at was seen for so long that it is begun anywhere.
func (s *packets) hopeless() bool { return s.lost > patience }

// tables is the packets that tell a player what the others are.
func (s *packets) tables() []byte { return slices.Concat(s.pat, s.pmt) }
