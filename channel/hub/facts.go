package hub

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
)

// Facts books what solid blocks say of the hub's channels. It runs in the transaction that records the blocks. Preimages come first: a seeder that settles by itself shows
// what it is owed for in the same transaction.
func (h *Hub) Facts(t *ledger.Txn, facts []channel.Event) error {
	for _, first := range []bool{true, false} {
		for i := range facts {
			if (facts[i].Kind == channel.EventRevealed) != first {
				continue
			}
			if err := h.fact(t, &facts[i]); err != nil {
				return fmt.Errorf("booking %s of channel %s: %w", facts[i].Kind, facts[i].Channel.Short(), err)
			}
		}
	}
	return nil
}

func (h *Hub) fact(t *ledger.Txn, ev *channel.Event) error {
	r, err := t.Record(ev.Channel)
	if errors.Is(err, channel.ErrUnknownChannel) {
		return nil
	}
	if err != nil {
		return err
	}
	b := h.book(t.Tx, ev.Kind.String(), fmt.Sprintf("%x", ev.TxID))
	if h.Takes(r.Terms) {
		if r.Terms.Payee == h.me {
			h.inboundFact(b, r, ev)
		}
		return b.done()
	}
	if err := h.outboundFact(t, b, r, ev); err != nil {
		return err
	}
	return b.done()
}

// inboundFact: the contract paid the hub, or the channel ended.
func (h *Hub) inboundFact(b *booking, in *channel.Record, ev *channel.Event) {
	if ev.Kind != channel.EventSettled && ev.Kind != channel.EventClosed {
		return
	}
	account, asset := Inbound(in.ID), in.Terms.Asset
	b.catchUp(in)
	if unknown, more := ev.Settled.SubOK(b.balance(account, asset).Debit); more { // after an old backup: paid by evidence that we do not hold any more
		b.move(asset, account, Direct, unknown)
	}
	paid := ev.Settled.Excess(b.balance(account, asset).Credit)
	b.move(asset, Wallet, account, paid)
	if ev.Kind == channel.EventClosed {
		balance := b.balance(account, asset)
		rest := balance.Debit.Excess(balance.Credit)
		b.move(asset, Lost, account, rest)
	}
}

// outboundFact: a channel to a seeder was opened, topped up, settled by its seeder, or ended.
func (h *Hub) outboundFact(t *ledger.Txn, b *booking, out *channel.Record, ev *channel.Event) error {
	account, asset := Outbound(out.ID), out.Terms.Asset
	switch ev.Kind {
	case channel.EventOpened, channel.EventDeposited:
		fresh := ev.Deposit.Excess(b.balance(account, asset).Debit)
		b.spend(asset, account, fresh)
		if terms := h.cfg.Assets[asset]; ev.Kind == channel.EventOpened {
			b.move(asset, Opening(out.Terms.Payee), Recovered, terms.OpeningCost)
		}
		if forgotten, err := h.forgotten(t.Tx, ev); err != nil || forgotten {
			if err = errors.Join(err, t.PutUnmerged(out.ID, b.entry.At)); err != nil {
				return err
			}
		}
		seeder := channel.Seeder{Payee: out.Terms.Payee, Asset: asset, Created: b.entry.At}
		return errors.Join(t.PutSeeder(seeder), t.WantSeeder(out.Terms.Payee, asset, channel.Amount{}))
	case channel.EventRevealed:
		return h.revealed(t, b, out, ev.Reveal)
	case channel.EventSettled:
		return h.paidOut(t, b, out, ev.Settled)
	case channel.EventClosed:
		if err := h.paidOut(t, b, out, ev.Settled); err != nil {
			return err
		}
		h.ended(b, out)
		return errors.Join(h.endSessions(t, out.ID), t.DropUnmerged(out.ID))
	}
	return nil
}

// revealed takes preimages that a seeder showed on chain: the downloader's channel pays for them like for any others. Where it cannot any more, the hub has lost them.
func (h *Hub) revealed(t *ledger.Txn, b *booking, out *channel.Record, r channel.Reveal) error {
	shown, unknown, err := h.locate(t, out.ID, []channel.Reveal{r})
	if err == nil {
		var steps uint64
		var more channel.Amount
		var refused error
		if steps, more, refused, err = h.collect(t, b, out, shown); steps > 0 {
			t.Keep(out)
		}
		if err == nil && !more.IsZero() {
			err = h.giveBack(t, out, more)
		}
		err = errors.Join(unknown, refused, err)
	}
	if refusal(err) {
		h.cfg.Log.Error("a seeder was paid on chain for what the hub cannot collect", "channel", out.ID.Short(), "steps", r.Count, "err", err)
		return nil // paidOut books the loss
	}
	return err
}

// giveBack promises a seeder what was withheld too much of steps that it showed on chain: no voucher that it holds has that. It gets the new one when it redeems next.
func (h *Hub) giveBack(t *ledger.Txn, out *channel.Record, more channel.Amount) error {
	unmerged, err := t.Unmerged(out.ID)
	if err != nil || unmerged || out.State == channel.Closed || out.Frozen {
		return err
	}
	v, _ := h.follow(out, more)
	if err := v.Validate(); err != nil {
		return err
	}
	h.sign(t, out, v)
	return nil
}

// paidOut: the contract paid the seeder. What it got beyond what it was owed by the book is lost; and a hub that promised more than it remembers was restored from an old backup.
func (h *Hub) paidOut(t *ledger.Txn, b *booking, out *channel.Record, settled channel.Amount) error {
	account, asset, owed := Outbound(out.ID), out.Terms.Asset, Owed(out.Terms.Payee)
	paid := settled.Excess(b.balance(account, asset).Credit)
	balance := b.balance(owed, asset)
	known := balance.Credit.Excess(balance.Debit)
	b.move(asset, owed, account, paid.Min(known))
	lost := paid.Excess(known)
	b.move(asset, Lost, account, lost)
	if lost.IsZero() {
		return nil
	}
	if out.Held.Promise().Less(settled) {
		return h.startRecovery(t, h.ledger.Now().UnixMilli())
	}
	return nil
}

// ended: the rest of the deposit came back, and what the seeder had not taken is not owed any more.
func (h *Hub) ended(b *booking, out *channel.Record) {
	account, asset, owed := Outbound(out.ID), out.Terms.Asset, Owed(out.Terms.Payee)
	balance := b.balance(account, asset)
	rest := balance.Debit.Excess(balance.Credit)
	b.move(asset, Wallet, account, rest)
	left := b.balance(owed, asset)
	unclaimed := left.Credit.Excess(left.Debit)
	untaken := out.Paid().Excess(out.Settled) // of this channel; others of the same seeder stand
	b.move(asset, owed, Forfeited, unclaimed.Min(untaken))
}

func (h *Hub) endSessions(t *ledger.Txn, out channel.ID) error {
	sessions, err := t.OpenSessions(out)
	for i := range sessions {
		if s := &sessions[i]; err == nil && s.Outbound == out {
			s.State = channel.SessionExpired
			err = t.UpdateSession(*s)
		}
	}
	return err
}

// Burnt books what a transaction of the hub's account has burnt, in the transaction that writes its final outcome.
func (h *Hub) Burnt(t *store.Tx, i channel.Intent) error {
	if !i.State.Final() || i.Fee <= 0 {
		return nil
	}
	b := h.book(t, "burnt by "+i.Kind, fmt.Sprintf("%x", i.TxID))
	b.spend(channel.TRX, Energy, channel.NewAmount(uint64(i.Fee)))
	return b.done()
}
