package channel

// Closes says whether the event means that the channel ends: once it is seen, even at the head, nothing more is accepted.
func (e *Event) Closes() bool { return e.Kind == EventClosing || e.Kind == EventClosed }

// Apply takes a solid event of the channel into the record and says whether it changed anything. Figures are absolute and only grow; a closed channel stays closed.
func (r *Record) Apply(e *Event) bool {
	if r.State == Closed || e.Channel != r.ID {
		return false
	}
	switch e.Kind {
	case EventDeposited:
		return raise(&r.Deposit, e.Deposit)
	case EventSettled:
		return r.settle(e.Settled)
	case EventClosing:
		r.State, r.CloseAt, r.ClosingSeen = Closing, e.CloseAt, 0
	case EventClosed:
		r.settle(e.Settled)
		r.State, r.ClosingSeen = Closed, 0
	default:
		return false
	}
	return true
}

// SeeClosing takes the start of a close that is not solid yet and says whether it changed anything.
func (r *Record) SeeClosing(e *Event) bool {
	switch {
	case e.Channel != r.ID || r.State == Closed:
		return false
	case r.State == Closing && (r.ClosingSeen == 0 || r.ClosingSeen >= e.Block):
		return false
	}
	if e.Kind == EventClosing {
		r.CloseAt = e.CloseAt
	}
	r.State, r.ClosingSeen = Closing, e.Block
	return true
}

// Reopen takes back a close that was seen at the head and that the chain, now solid up to that block, does not have. It says whether it did.
func (r *Record) Reopen(solid int64) bool {
	if r.State != Closing || r.ClosingSeen == 0 || r.ClosingSeen > solid {
		return false
	}
	r.State, r.CloseAt, r.ClosingSeen = Open, 0, 0
	return true
}

// settle takes a new figure of what was paid out. When that is all, nothing is due any more.
func (r *Record) settle(settled Amount) bool {
	raised := raise(&r.Settled, settled)
	if !r.Settled.Less(r.Paid()) {
		r.DueSince = 0
	}
	return raised
}

func raise(to *Amount, figure Amount) bool {
	if !to.Less(figure) {
		return false
	}
	*to = figure
	return true
}
