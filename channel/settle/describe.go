package settle

import (
	"fmt"
	"strings"
	"time"
)

// String is the plan as a person reads it: what, why, cost, worth; then what is left and why; then the reserve.
func (p Plan) String() string {
	var b strings.Builder
	if len(p.Batches) == 0 {
		b.WriteString("nothing to settle now\n")
	}
	for n, batch := range p.Batches {
		fmt.Fprintf(&b, "%d. settle %s of %s for %s\n", n+1, plural(len(batch.Items), "channel"), batch.Asset, batch.Payee)
		fmt.Fprintf(&b, "   due %s, worth %s TRX, costs %s TRX (%d energy, %d bytes), fee limit %s TRX%s\n",
			batch.Due, batch.Worth, batch.Cost, batch.Work.Energy, batch.Work.Bytes, batch.FeeLimit, until(batch.Deadline, p.At))
		for _, i := range batch.Items {
			fmt.Fprintf(&b, "   - %s\n", i.describe(p.At))
		}
	}
	for _, i := range p.Left {
		if i.Reason != Nothing {
			fmt.Fprintf(&b, "left: %s\n", i.describe(p.At))
		}
	}
	enough := "enough"
	if !p.Reserve.Enough() {
		enough = "NOT ENOUGH: take no new channels, send TRX or stake for energy"
	}
	fmt.Fprintf(&b, "challenge reserve: %s TRX needed, %s TRX there: %s\n", p.Reserve.Needed, p.Reserve.Available, enough)
	return b.String()
}

// Why says in words what an item's reason means.
func (i Item) Why() string {
	switch i.Reason {
	case Closing:
		return "the payer has started to close"
	case Expiring:
		return "its reveals are lost when their tail expires"
	case Exposed:
		return "more is unsettled than the policy allows"
	case Requested:
		return "it was asked for"
	case Worth:
		return "it is worth its cost, and the batch is full or old enough"
	case Rides:
		return "it is worth its cost, and the transaction is sent anyway"
	case Waiting:
		return "it is worth its cost; waiting for more channels or for its age"
	case TooSmall:
		return "it is worth too little for its cost so far"
	case Uneconomic:
		return "saving it would cost more than it is worth"
	case NoPrice:
		return "no price is set for its asset; it is settled at deadlines, or when asked for"
	case Ended:
		return "it was closed in a block that is not final yet"
	case InFlight:
		return "a transaction that settles it is under way"
	case Resting:
		return "its last transaction failed; it is tried again later, or when asked for"
	case OverCap:
		return "it needs a higher fee limit than the policy allows: raise the cap"
	}
	return "nothing is due"
}

func (i Item) describe(at time.Time) string {
	text := fmt.Sprintf("channel %s: due %s %s, worth %s TRX, costs %s TRX: %s%s",
		i.Record.ID.Short(), i.Due, i.Record.Terms.Asset, i.Worth, i.Cost, i.Why(), until(i.Deadline, at))
	if i.Alarm {
		text += "; ALARM: half of the challenge is over"
	}
	return text
}

func until(deadline, at time.Time) string {
	switch left := deadline.Sub(at).Round(time.Second); {
	case deadline.IsZero():
		return ""
	case left <= 0:
		return "; deadline has passed"
	default:
		return fmt.Sprintf("; deadline in %s", left)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
