package server

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/wallet"
)

// The payee's server is away from before its payers start to close until an hour before they have their rest. What was paid is settled in time, out of no more than the reserve that
// the plan asked for before; nothing is spent on dust, and it rings no alarm although the challenge is more than half over.
func TestAwayUntilAnHourBeforeTheEnd(t *testing.T) {
	const challenge, worth, dust = 24 * time.Hour, 10_000_000, 1_000_000 // below what the policy settles for its value alone, and below the cost
	synctest.Test(t, func(t *testing.T) {
		m := &sim{
			t: t, seed: 1, rng: rand.New(rand.NewPCG(1, 9)), told: map[channel.ID]channel.Amount{}, shown: map[channel.ID]channel.Amount{}, merged: map[channel.ID]bool{},
		}
		defer func() {
			if t.Failed() {
				t.Log(m.story.String())
			}
		}()
		m.begin()
		defer m.stop()
		payee := chaintest.Key(0).Address()
		opened := func(n byte, paid uint64) channel.Terms {
			key := chaintest.Key(n)
			txid, err := m.net.Open(key, payee, 100_000_000, challenge, n)
			if err != nil {
				t.Fatal(err)
			}
			m.mine(simLag + 2)
			terms := m.net.Events(txid)[0].Terms
			v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(paid)}.Sign(key, m.net.Domain)
			if _, err := m.server.ledger.Accept(t.Context(), channel.Payment{Channel: v.Channel, Voucher: &v}); err != nil {
				t.Fatal(err)
			}
			return terms
		}
		good, small := opened(10, worth), opened(11, dust)
		m.mine(10)
		needed := m.server.settler.Last().Reserve.Needed
		m.stop()
		for n, terms := range map[byte]channel.Terms{10: good, 11: small} {
			if _, err := m.net.Send(chaintest.Key(n), contract.StartClose(terms)); err != nil {
				t.Fatal(err)
			}
		}
		m.net.Chain.Mine(1)
		m.net.Chain.SetBalance(payee, needed)
		time.Sleep(challenge - time.Hour)
		m.net.Chain.Mine(1)
		m.start()
		m.mine(simLag + 15) // it is solid, and a round has seen it
		alarms := len(m.server.settler.Last().Alarms())
		for name, c := range map[string]struct {
			terms channel.Terms
			want  uint64
		}{"what was paid": {good, worth}, "dust": {small, 0}} {
			word, err := m.net.Figures(c.terms.ID())
			if err != nil || word.Settled != channel.NewAmount(c.want) {
				t.Errorf("%s: %s settled, want %d (%v)", name, word.Settled, c.want, err)
			}
		}
		if balance := m.net.Chain.Balance(0, payee); balance < wallet.Sun(worth) || alarms != 0 {
			t.Errorf("the payee has %s of the %s that it was paid; %d alarms", balance, wallet.Sun(worth), alarms)
		}
		if state := m.record(small.ID()).State; state != channel.Closing {
			t.Errorf("the small channel is %s", state)
		}
	})
}
