package demo

import (
	"context"
	"fmt"
	"math/big"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/wallet"
)

// HubReport is what the part of the hub has to say: one downloader with one channel paid several seeders, and the hub was not in the path of the pieces.
type HubReport struct {
	Address    wallet.Address `json:"address"`
	Asset      channel.Asset  `json:"asset"`
	Symbol     string         `json:"symbol"`
	Decimals   int            `json:"decimals"`
	Downloader HubDownloader  `json:"downloader"`
	Seeders    []HubSeeder    `json:"seeders"`

	Sessions   uint64 `json:"sessions"`
	Redeems    uint64 `json:"redeems"`
	Signatures uint64 `json:"signatures"` // vouchers that the hub signed, of all kinds
	Calls      uint64 `json:"calls"`      // of OpenSession and Redeem
	PiecesPaid uint64 `json:"pieces_paid"`
	// PaymentsSeen is how many vouchers and reveals came to the hub by themselves: what it would get if it were in the path of the pieces.
	PaymentsSeen       uint64  `json:"payments_seen"`
	CallsPerPaidPiece  float64 `json:"calls_per_paid_piece"` // PaymentsSeen for each piece
	PiecesPerSignature float64 `json:"pieces_per_signature"`

	Collected channel.Amount `json:"collected"` // from the downloader, on chain
	Fees      channel.Amount `json:"fees_earned"`
	Owed      channel.Amount `json:"owed"`
	Claimable channel.Amount `json:"claimable"`
	Locked    channel.Amount `json:"locked"` // in channels to seeders, not paid out
	Float     channel.Amount `json:"float"`
	BurntSun  channel.Amount `json:"burnt_sun"`
	Balanced  bool           `json:"balanced"`
}

// HubDownloader is who pays.
type HubDownloader struct {
	Address  wallet.Address `json:"address"`
	Channel  channel.ID     `json:"channel"`
	Bytes    int64          `json:"bytes"`
	Pieces   int            `json:"pieces"`
	Payments int64          `json:"payments"`
	Paid     channel.Amount `json:"paid"`
	SHA256   string         `json:"sha256"`
}

// HubSeeder is who is paid.
type HubSeeder struct {
	Name     string         `json:"name"`
	Address  wallet.Address `json:"address"`
	Channel  channel.ID     `json:"channel"` // the hub's to it
	Bytes    int64          `json:"bytes"`
	Payments int64          `json:"payments"`
	Redeems  uint64         `json:"redeems"`
	Paid     channel.Amount `json:"paid"`
	Settled  channel.Amount `json:"settled"`
}

// takeHome lets every seeder settle its channel, and the hub the downloader's. Anybody may settle for anybody: for the new wallet, which has no TRX, somebody else does.
func (s *story) takeHome(ctx context.Context) error {
	for _, one := range s.hub.seeders {
		if err := s.settleSeeder(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	viewer := s.hub.viewer.terms.ID()
	err := until(ctx, func() (bool, error) {
		record, err := s.hub.service.server.Ledger().Record(ctx, viewer)
		if err == nil && record.Settled != record.Paid() { // again, while a transaction that settles some of it into a seeder's channel is under way
			_, err = s.hub.service.server.Settler().Settle(ctx, []channel.ID{viewer})
		}
		if err != nil || record.Settled != record.Paid() {
			return false, err
		}
		s.report.Hub.Collected, s.report.Hub.Downloader.Paid = record.Settled, record.Paid()
		return s.hubCaughtUp(ctx)
	})
	if err != nil {
		return err
	}
	return s.tellOfHub(ctx)
}

func (s *story) settleSeeder(ctx context.Context, one *hubSeeder) error {
	record, err := one.service.server.Ledger().Record(ctx, one.channel)
	if err != nil {
		return err
	}
	ledger := one.service.server.Ledger()
	call, err := contract.Settle(contract.ClaimOf(ledger.Rule().Separator(), &record, ledger.Now()))
	if err != nil {
		return err
	}
	who := one.key
	if one.name == freshName {
		who = s.net.key("alice")
	}
	if _, _, err := s.world.send(ctx, who, call.Trigger(who.Address(), s.contract), "settling for "+one.name); err != nil {
		return err
	}
	s.world.books.move(s.contract, one.key.Address(), s.hub.coin.asset, record.Paid().Big(), "settled")
	totals := one.torrent.Totals()
	redeems, _ := one.redeemer.Redeemed()
	s.report.Hub.Seeders = append(s.report.Hub.Seeders, HubSeeder{
		Name: one.name, Address: one.key.Address(), Channel: one.channel, Bytes: totals.PaidBytes, Payments: totals.Payments, Redeems: redeems, Paid: record.Paid(),
	})
	return nil
}

// hubCaughtUp says whether the hub's book has all that the seeders' settlements did, and every transaction of the hub is final.
func (s *story) hubCaughtUp(ctx context.Context) (bool, error) {
	for i, one := range s.hub.seeders {
		record, err := s.hub.service.server.Ledger().Record(ctx, one.channel)
		if err != nil || record.Settled != s.report.Hub.Seeders[i].Paid {
			return false, err
		}
		s.report.Hub.Seeders[i].Settled = record.Settled
	}
	intents, err := s.hub.service.server.Settler().Intents(ctx, 100)
	for _, i := range intents {
		if !i.State.Final() {
			return false, err
		}
	}
	return true, err
}

// tellOfHub reads the hub's counters and its book.
func (s *story) tellOfHub(ctx context.Context) error {
	r, service := s.report.Hub, s.hub.service.server
	stats, payments := service.Hub().Stats(), service.Ledger().Stats()
	r.Sessions, r.Redeems, r.Signatures, r.Calls, r.PiecesPaid = stats.Sessions, stats.Redeems, stats.Signatures, stats.Calls, stats.Steps
	r.PaymentsSeen = payments.Accepted + payments.Replayed + payments.Refused
	r.CallsPerPaidPiece = float64(r.PaymentsSeen) / float64(max(1, r.PiecesPaid))
	r.PiecesPerSignature = float64(r.PiecesPaid) / float64(max(1, r.Signatures))
	sheets, err := service.Hub().Audit(ctx)
	if err != nil {
		return err
	}
	r.Balanced = true
	for _, sheet := range sheets {
		r.Balanced = r.Balanced && sheet.Balanced()
		if sheet.Asset == channel.TRX {
			r.BurntSun = sheet.Energy
		}
		if sheet.Asset == r.Asset {
			r.Fees, r.Owed, r.Claimable, r.Locked, r.Float = sheet.Fees, sheet.Owed, sheet.Claimable, sheet.Locked, sheet.Float
			s.checkHub(ctx, sheet)
		}
	}
	return s.bookHub(ctx)
}

// bookHub enters what the hub's own transactions moved and burnt.
func (s *story) bookHub(ctx context.Context) error {
	intents, err := s.hub.service.server.Settler().Intents(ctx, 100)
	if err != nil {
		return err
	}
	me := s.hub.key.Address()
	for _, i := range intents {
		s.world.pay(me, i.Energy, wallet.Sun(i.Fee), i.Kind)
	}
	for _, one := range s.hub.seeders {
		record, err := s.hub.service.server.Ledger().Record(ctx, one.channel)
		if err != nil {
			return err
		}
		s.world.books.move(me, s.contract, s.hub.coin.asset, record.Deposit.Big(), "channel to "+one.name)
	}
	s.world.books.move(s.contract, me, s.hub.coin.asset, s.report.Hub.Collected.Big(), "collected")
	return nil
}

func (s *story) checkHub(ctx context.Context, sheet hub.Sheet) {
	r := s.report.Hub
	var paid, settled channel.Amount
	steps := uint64(0)
	for _, one := range r.Seeders {
		s.report.check(!one.Paid.IsZero(), "hub: "+one.Name+" earned", "%s units for %d bytes, %d redemptions", one.Paid, one.Bytes, one.Redeems)
		paid, settled = paid.Add(one.Paid), settled.Add(one.Settled)
	}
	steps = r.PiecesPaid
	s.report.check(r.Downloader.SHA256 == s.report.File.SHA256, "hub: file", "SHA-256 %s…", r.Downloader.SHA256[:min(16, len(r.Downloader.SHA256))])
	s.report.check(settled == paid, "hub: seeders took all", "settled %s of %s", settled, paid)
	s.report.check(r.Collected == paid.Add(sheet.Fees).Add(sheet.Direct), "hub: both legs", "collected %s = %s to seeders + %s fees", r.Collected, paid, sheet.Fees)
	s.report.check(sheet.Owed.IsZero() && sheet.Claimable.IsZero(), "hub: nothing is open", "owed %s, claimable %s", sheet.Owed, sheet.Claimable)
	s.report.check(r.Balanced, "hub: double entry", "debits equal credits in every asset, every balance equals its lines")
	s.report.check(r.PaymentsSeen == 0 && steps >= uint64(r.Downloader.Pieces), "hub: not in the path", "%d pieces were paid, %d payments came to the hub", steps, r.PaymentsSeen)
	s.report.check(r.Signatures == r.Sessions+r.Redeems, "hub: signatures", "%d for %d sessions and %d redemptions", r.Signatures, r.Sessions, r.Redeems)
	s.checkHubHoldings(ctx)
}

// checkHubHoldings: what the contract holds is Σ(deposit − settled) over the hub's channels and the downloader's.
func (s *story) checkHubHoldings(ctx context.Context) {
	due := new(big.Int)
	ids := []channel.ID{s.hub.viewer.terms.ID()}
	for _, one := range s.hub.seeders {
		ids = append(ids, one.channel)
	}
	for _, id := range ids {
		figures, err := s.figures(ctx, id)
		if err != nil {
			s.report.check(false, "hub: contract holds", "%v", err)
			return
		}
		due.Add(due, figures.Deposit.Sub(figures.Settled).Big())
	}
	holds, err := s.balance(ctx, s.contract, s.hub.coin.asset)
	s.report.check(err == nil && holds.Cmp(due) == 0, "hub: contract holds "+s.hub.coin.symbol, "%s units, Σ(deposit − settled) = %s", holds, due)
}
