package torrent

import (
	"net"
	"net/netip"
	"sync"
)

// maxSources is how many peers' addresses are told apart on the loopback; then it begins anew.
const maxSources = 1 << 20

// sources gives every peer address a loopback address, 127.1.0.1 and up.
type sources struct {
	mu   sync.Mutex
	by   map[netip.Addr]netip.Addr
	next uint32
}

func (s *sources) of(peer net.Addr) netip.Addr {
	address := netip.Addr{}
	if tcp, ok := peer.(*net.TCPAddr); ok {
		address = tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.by[address]; ok {
		return known
	}
	if s.by == nil || len(s.by) >= maxSources {
		s.by, s.next = map[netip.Addr]netip.Addr{}, 0
	}
	s.next++
	if s.next&0xff == 0 || s.next&0xff == 0xff {
		s.next += 2
	}
	n := s.next
	own := netip.AddrFrom4([4]byte{127, byte(1 + n>>16), byte(n >> 8), byte(n)})
	s.by[address] = own
	return own
}
