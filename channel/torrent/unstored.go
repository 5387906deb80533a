package torrent

import (
	"context"
	"time"

	"github.com/piecework/piecework/channel"
)

// unstored is the newest reveal that the gate has opened for and that may not be on the disk yet; it stands for all before it. It is written before it is acknowledged, so that several
// payments share one write. A payee that is killed before loses at most another window, and its payer shows it again.
type unstored struct {
	payment channel.Payment
	pending channel.Pending
	paid    channel.Amount // in the session, once it is on the disk
	failed  bool           // its write: it has to be accepted again
}

// store makes durable what the gate has opened for. After an error that is no refusal it is to be called again.
func (p *payee) store(ctx context.Context) error {
	u := p.unstored
	if u == nil {
		return nil
	}
	var err error
	if u.failed {
		_, err = p.house.config.Ledger.Accept(ctx, u.payment)
	} else {
		_, err = u.pending.Wait(ctx)
	}
	if err != nil && p.refusal(err) == nil {
		u.failed = true
		return err
	}
	p.unstored = nil
	if err == nil {
		p.session.keep(u.paid)
	}
	return err
}

// lastTime bounds how long what a connection paid in the end may take to be written.
const lastTime = 5 * time.Second

// last writes and books what was paid since the last acknowledgement, which nobody hears any more.
func (p *payee) last() {
	if p.session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.l.ctx), lastTime)
	defer cancel()
	if err := p.store(ctx); err != nil {
		p.l.log.Warn("what was paid last could not be stored", "error", err)
	}
	p.earned()
}
