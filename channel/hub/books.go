package hub

import (
	"fmt"
	"strings"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// The accounts of a hub's book, per asset. Debits of the first group are what the hub has or has used up, credits of the second what it owes or has gained.
const (
	Wallet = "wallet" // on chain, as far as the hub's channels moved it
	Energy = "energy" // TRX burnt
	Lost   = "lost"   // what could not be collected

	Fees      = "fees"      // of sessions and steps
	Direct    = "direct"    // paid to the hub on its channels without a session
	Recovered = "recovered" // opening costs that were charged to seeders
	Forfeited = "forfeited" // owed to seeders that let their channel end without taking it
	Float     = "float"     // the operator's money in the hub
)

// Inbound is the account of what can be claimed on a downloader's channel.
func Inbound(id channel.ID) string { return "inbound:" + id.String() }

// Outbound is the account of what is locked in a channel to a seeder and not paid out.
func Outbound(id channel.ID) string { return "outbound:" + id.String() }

// Owed is the account of what a seeder has earned and not been paid on chain.
func Owed(seeder wallet.Address) string { return "owed:" + seeder.String() }

// Opening is the account of what a seeder still owes for the opening of its channel.
func Opening(seeder wallet.Address) string { return "opening:" + seeder.String() }

// booking is an entry in the making: every move debits one account and credits another, so it balances whatever happens.
type booking struct {
	t       *store.Tx
	entry   channel.Entry
	pending map[accountKey]channel.Balance
	err     error // the first; nothing is moved after it
}

type accountKey struct {
	account string
	asset   channel.Asset
}

func (h *Hub) book(t *store.Tx, kind, ref string) *booking {
	return &booking{t: t, entry: channel.Entry{At: h.ledger.Now().UnixMilli(), Kind: kind, Ref: ref}, pending: map[accountKey]channel.Balance{}}
}

// move debits one account and credits another.
func (b *booking) move(asset channel.Asset, debit, credit string, amount channel.Amount) {
	if amount.IsZero() || b.err != nil {
		return
	}
	b.entry.Lines = append(b.entry.Lines,
		channel.Line{Account: debit, Asset: asset, Debit: amount}, channel.Line{Account: credit, Asset: asset, Credit: amount})
	d, c := b.pending[accountKey{debit, asset}], b.pending[accountKey{credit, asset}]
	d.Debit, c.Credit = d.Debit.Add(amount), c.Credit.Add(amount)
	b.pending[accountKey{debit, asset}], b.pending[accountKey{credit, asset}] = d, c
}

// balance is what an account adds up to, this entry included.
func (b *booking) balance(account string, asset channel.Asset) channel.Balance {
	stored, err := b.t.Balance(account, asset)
	if b.err == nil {
		b.err = err
	}
	p := b.pending[accountKey{account, asset}]
	stored.Debit, stored.Credit = stored.Debit.Add(p.Debit), stored.Credit.Add(p.Credit)
	return stored
}

// spend takes money out of the wallet; what is not in it the operator has put in.
func (b *booking) spend(asset channel.Asset, debit string, amount channel.Amount) {
	has := b.balance(Wallet, asset)
	if missing, short := has.Credit.Add(amount).SubOK(has.Debit); short {
		b.move(asset, Wallet, Float, missing)
	}
	b.move(asset, debit, Wallet, amount)
}

// done writes the entry, if anything moved.
func (b *booking) done() error {
	if b.err != nil || len(b.entry.Lines) == 0 {
		return b.err
	}
	return b.t.Book(&b.entry)
}

// unbooked is what a downloader's channel holds evidence for beyond the book: payments that came without a session.
func (b *booking) unbooked(in *channel.Record) channel.Amount {
	more := in.Paid().Excess(b.balance(Inbound(in.ID), in.Terms.Asset).Debit)
	return more
}

// catchUp books what was paid without a session.
func (b *booking) catchUp(in *channel.Record) {
	b.move(in.Terms.Asset, Inbound(in.ID), Direct, b.unbooked(in))
}

// Sheet is the hub's book in one asset, added up.
type Sheet struct {
	Asset                                            channel.Asset
	Claimable, Locked, Wallet, Energy, Lost, Opening channel.Amount // debits
	Owed, Fees, Direct, Recovered, Forfeited, Float  channel.Amount // credits
}

// Balanced says whether debits and credits are equal.
func (s Sheet) Balanced() bool {
	debits := s.Claimable.Add(s.Locked).Add(s.Wallet).Add(s.Energy).Add(s.Lost).Add(s.Opening)
	return debits == s.Owed.Add(s.Fees).Add(s.Direct).Add(s.Recovered).Add(s.Forfeited).Add(s.Float)
}

// Sheets adds up the whole book, asset by asset, and checks every balance against its lines (P6).
func Sheets(t *store.Tx) ([]Sheet, error) {
	balances, err := t.Balances()
	if err != nil {
		return nil, err
	}
	sheets := map[channel.Asset]*Sheet{}
	var order []channel.Asset
	for _, b := range balances {
		s := sheets[b.Asset]
		if s == nil {
			s = &Sheet{Asset: b.Asset}
			sheets[b.Asset], order = s, append(order, b.Asset)
		}
		if err := s.add(b); err != nil {
			return nil, err
		}
	}
	list := make([]Sheet, 0, len(order))
	for _, asset := range order {
		list = append(list, *sheets[asset])
	}
	return list, nil
}

func (s *Sheet) add(b channel.Balance) error {
	kind, _, _ := strings.Cut(b.Account, ":")
	debits := map[string]*channel.Amount{"inbound": &s.Claimable, "outbound": &s.Locked, Wallet: &s.Wallet, Energy: &s.Energy, Lost: &s.Lost, "opening": &s.Opening}
	credits := map[string]*channel.Amount{"owed": &s.Owed, Fees: &s.Fees, Direct: &s.Direct, Recovered: &s.Recovered, Forfeited: &s.Forfeited, Float: &s.Float}
	to, more, less := debits[kind], b.Debit, b.Credit
	if to == nil {
		to, more, less = credits[kind], b.Credit, b.Debit
	}
	rest, ok := more.SubOK(less)
	if to == nil || !ok {
		return fmt.Errorf("%w: account %s of %s has debit %s, credit %s", channel.ErrUnbalanced, b.Account, b.Asset, b.Debit, b.Credit)
	}
	*to = to.Add(rest)
	return nil
}
