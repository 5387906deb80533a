package torrent

import "time"

// alarm is something that a connection does at a time.
type alarm int

const (
	alarmAck     alarm = iota // tell the payer what is paid
	alarmNeed                 // tell the payer that requests wait
	alarmDecide               // no terms came: the peer is an ordinary one
	alarmRefuse               // no session was opened: end the connection (FreeRefuse)
	alarmRetry                // the ledger or the purse was not available
	alarmPay                  // pay what became due since the last payment
	alarmFlush                // pay the last partial step ahead of the rhythm
	alarmSuggest              // the client asks for nothing though it may
	alarmLinger               // the client has gone and the other side did not finish
	alarmCount
)

// alarms are a connection's times; the zero time is none.
type alarms [alarmCount]time.Time

// set sets an alarm unless it is set to ring earlier.
func (a *alarms) set(k alarm, at time.Time) {
	if a[k].IsZero() || at.Before(a[k]) {
		a[k] = at
	}
}

// clear takes an alarm away.
func (a *alarms) clear(k alarm) { a[k] = time.Time{} }

// ring gives the alarms that are due and clears them.
func (a *alarms) ring(now time.Time) (due []alarm) {
	for k := range a {
		if !a[k].IsZero() && !now.Before(a[k]) {
			due = append(due, alarm(k))
			a[k] = time.Time{}
		}
	}
	return due
}

// next is how long until the first alarm; an hour when there is none.
func (a *alarms) next(now time.Time) time.Duration {
	wait := time.Hour
	for _, at := range a {
		if !at.IsZero() {
			wait = min(wait, max(0, at.Sub(now)))
		}
	}
	return wait
}
