package sponsor

// RememberedForTest is how much is in memory for single sessions.
func (s *Service) RememberedForTest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions) + len(s.sums.address) + len(s.sums.begun) + len(s.sums.gifts)
}

// PartForTest is how many bytes a viewer was given.
func (s *Service) PartForTest(viewer Hash32) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sums.viewer[viewer]
}
