package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// HubConfig makes a server a hub. Assets is required.
type HubConfig struct {
	Assets map[channel.Asset]hub.Terms
	Policy hub.Policy
	// Challenge is of the hub's channels to seeders: how long its money is locked when it wants it back; 0 is a day.
	Challenge time.Duration
	// Period is how often the hub looks what to open and top up; 0 is five seconds.
	Period time.Duration
	// Recovery asks for what is done once for its word: the store was restored from a backup, so that nothing is signed on a channel before its seeder has shown the voucher that it
	// holds; or that this ends for the channels whose seeders have shown nothing, which hold nothing or are gone. nil asks for nothing.
	Recovery *store.Recovery
}

// takes adds what the hub deals in to the assets that channels may be in, without a price: seeders would be funded in what no downloader could pay the hub.
func (c *HubConfig) takes(assets map[channel.Asset]settle.Price) map[channel.Asset]settle.Price {
	all := map[channel.Asset]settle.Price{}
	maps.Copy(all, assets)
	for a := range c.Assets {
		if _, listed := all[a]; !listed && a != channel.TRX {
			all[a] = settle.Price{}
		}
	}
	return all
}

// errHubKey: vouchers are signed while a seeder waits, so the hub needs the key itself.
var errHubKey = errors.New("a hub signs by itself: it needs a key, not a signer that asks")

// newHub makes the hub of the configuration; nil when the server is none.
func (c Config) newHub(domain channel.Domain) (*hub.Hub, error) {
	if c.Hub == nil {
		return nil, nil
	}
	key, is := c.Key.(*wallet.Key)
	if !is {
		return nil, errHubKey
	}
	return hub.New(hub.Config{Domain: domain, Margin: c.Margin, Key: key, Assets: c.Hub.Assets, Policy: c.Hub.Policy, Log: c.Log})
}

// startHub begins or ends the recovery that the operator asks for.
func (s *Server) startHub(ctx context.Context) error {
	if s.hub == nil || s.config.Hub.Recovery == nil {
		return nil
	}
	return s.hub.AskRecovery(ctx, *s.config.Hub.Recovery)
}

// treasurer opens and tops up the hub's channels to seeders: hub.Plan says what, the Sender sends it, the Follower writes what came of it.
type treasurer struct {
	config   HubConfig
	hub      *hub.Hub
	node     *node.Node
	store    *store.Store
	sender   *chain.Sender
	leader   *leader
	contract wallet.Address
	cap      wallet.Sun
	plan     func() *settle.Plan // the newest one of the settlements, for the challenge reserve; it gives nil before the first
	random   io.Reader           // of the salts that new channels get
	log      *slog.Logger

	forgot time.Time // when seeders that waited too long were last forgotten
}

// Run looks at once, and then on its period, until ctx ends. What fails is logged and tried again.
func (t *treasurer) Run(ctx context.Context) error {
	if t.config.Period == 0 {
		t.config.Period = 5 * time.Second
	}
	tick := time.NewTicker(t.config.Period)
	defer tick.Stop()
	for {
		if err := t.round(ctx); err != nil && ctx.Err() == nil {
			t.log.Warn("providing for the seeders", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (t *treasurer) round(ctx context.Context) error {
	if leads, err := t.leader.leads(ctx); err != nil || !leads {
		return err
	}
	position, err := t.position(ctx)
	if err != nil {
		return err
	}
	free, err := t.free(ctx)
	if err != nil {
		return err
	}
	if err := t.forget(ctx, position.At); err != nil {
		return err
	}
	var failed error
	steps := t.hub.Plan(position)
	if err := t.hub.Looked(ctx, position); err != nil {
		return err
	}
	for _, step := range steps {
		err := t.afford(&free, step)
		if err == nil {
			err = t.do(ctx, step, position.At)
		}
		switch {
		case errors.Is(err, chain.ErrPending):
		case errors.Is(err, chain.ErrNotLeader):
			t.leader.lost()
			return err
		case err != nil:
			failed = errors.Join(failed, fmt.Errorf("%s for seeder %s: %w", step.Kind, step.Seeder, err))
		default:
			t.log.Info("providing for a seeder", "seeder", step.Seeder, "by", step.Kind, "amount", step.Amount, "asset", step.Asset, "why", step.Why)
		}
	}
	return failed
}

// forgetEvery is how often seeders that have waited too long are forgotten.
const forgetEvery = time.Hour

func (t *treasurer) forget(ctx context.Context, now time.Time) error {
	if since := now.Sub(t.forgot); since >= 0 && since < forgetEvery {
		return nil
	}
	t.forgot = now
	n, err := t.hub.Forget(ctx)
	if n > 0 {
		t.log.Info("seeders that waited too long for a channel are forgotten", "seeders", n)
	}
	return err
}

// free is how much TRX the account has beyond the challenge reserve and what open transactions take with them: the balance may be from before those.
func (t *treasurer) free(ctx context.Context) (wallet.Sun, error) {
	plan := t.plan()
	if plan == nil {
		return -1, nil
	}
	open, err := t.store.OpenIntents(ctx)
	if err != nil {
		return 0, err
	}
	free := plan.Reserve.Available - plan.Reserve.Needed
	for _, intent := range open {
		transaction, err := tx.Decode(intent.Raw)
		if err != nil {
			return 0, fmt.Errorf("reading transaction %x: %w", intent.TxID[:4], err)
		}
		if call, is := transaction.Contract().(*tx.TriggerSmartContract); is {
			free -= call.CallValue
		}
	}
	return free, nil
}

// afford takes what a step locks out of what is free. With nothing free no fresh money is locked, in whatever asset: the transaction burns TRX, too.
func (t *treasurer) afford(free *wallet.Sun, s hub.Step) error {
	if s.Kind == hub.Into {
		return nil
	}
	var locks channel.Amount
	if s.Asset == channel.TRX {
		locks = s.Amount
	}
	if *free < 0 || channel.NewAmount(uint64(*free)).Less(locks) {
		return fmt.Errorf("%w: %s of %s would be locked, %s TRX are free", channel.ErrNoReserve, s.Amount, s.Asset, max(*free, 0))
	}
	sun, _ := locks.Uint64() // it is no more than free
	*free -= wallet.Sun(sun)
	return nil
}

// position is where the money stands, what open transactions are about or nobody would pay for, and what the newest of them did that the follower has not told yet.
func (t *treasurer) position(ctx context.Context) (hub.Position, error) {
	var untold []channel.Intent
	err := t.store.View(ctx, func(v *store.Tx) error { // before the channels are read: what is told in between is taken for untold, and never for neither
		cursor, err := v.Cursor()
		if err == nil {
			untold, err = v.UntoldIntents(cursor.Solid.Number, time.UnixMilli(cursor.Solid.Time).Add(-longestWay).UnixMilli())
		}
		return err
	})
	if err != nil {
		return hub.Position{}, err
	}
	p, err := t.hub.Position(ctx)
	if err != nil {
		return p, err
	}
	for _, id := range t.dear() {
		p.Busy[id] = true
	}
	for _, i := range untold {
		for _, c := range i.Settles {
			p.Busy[c.Channel] = true
		}
		if i.Kind != string(hub.Open) {
			continue
		}
		pair, err := openedFor(i)
		if err != nil {
			return p, err
		}
		p.Opening[pair] = true
	}
	return p, nil
}

// longestWay is more than a transaction takes from its making to its block, or to its expiry: what older ones did the follower has told.
const longestWay = time.Hour

// openedFor is the seeder whose channel a transaction of ours opens.
func openedFor(i channel.Intent) (hub.Pair, error) {
	transaction, err := tx.Decode(i.Raw)
	if err != nil {
		return hub.Pair{}, fmt.Errorf("reading transaction %x: %w", i.TxID[:4], err)
	}
	call, is := transaction.Contract().(*tx.TriggerSmartContract)
	if !is {
		return hub.Pair{}, fmt.Errorf("reading transaction %x: %w", i.TxID[:4], contract.ErrCall)
	}
	payee, asset, err := contract.OpenedFor(call.Data)
	return hub.Pair{Seeder: payee, Asset: asset}, err
}

// dear are the downloaders' channels that would cost more to settle than they are worth: what they owe is not moved for that price either.
func (t *treasurer) dear() (list []channel.ID) {
	plan := t.plan()
	if plan == nil {
		return nil
	}
	for i := range plan.Left {
		if item := &plan.Left[i]; item.Worth > 0 && item.Worth < item.Cost {
			list = append(list, item.Record.ID)
		}
	}
	return list
}

// openingID stands for the channel that is being opened to a seeder, whose id is not known before its block: one at a time for each.
func openingID(p hub.Pair) channel.ID {
	word := p.Asset.Word()
	return channel.ID(wallet.Keccak256([]byte("opening"), p.Seeder[:], word[:]))
}

// do makes one step of a plan, by the clock that the plan went by.
func (t *treasurer) do(ctx context.Context, s hub.Step, now time.Time) error {
	me := t.sender.Key.Address()
	var call contract.Call
	var err error
	settles := []channel.IntentChannel{}
	switch s.Kind {
	case hub.Into:
		call, err = contract.SettleInto(contract.ClaimOf(t.hub.Separator(), &s.From, now), s.To.Terms)
		settles = append(settles, channel.IntentChannel{Channel: s.From.ID, Worth: s.From.Worth(now)}, channel.IntentChannel{Channel: s.To.ID})
	case hub.Deposit:
		call, err = contract.Deposit(s.To.Terms, s.Amount)
		settles = append(settles, channel.IntentChannel{Channel: s.To.ID})
	case hub.Open:
		o := contract.Opening{Payee: s.Seeder, Signer: me, Asset: s.Asset, Amount: s.Amount, Challenge: t.challenge()}
		if _, err := io.ReadFull(t.random, o.Salt[:]); err != nil {
			return err
		}
		call, err = contract.Open(o)
		settles = append(settles, channel.IntentChannel{Channel: openingID(hub.Pair{Seeder: s.Seeder, Asset: s.Asset})})
	}
	if err != nil {
		return err
	}
	if s.Kind != hub.Into && s.Asset.Kind() == channel.KindTRC20 {
		if ready, err := t.allow(ctx, s.Asset.Contract(), s.Amount); err != nil || !ready {
			return err
		}
	}
	_, err = t.sender.Send(ctx, string(s.Kind), call.Trigger(me, t.contract), chain.Fee{Cap: t.cap}, settles)
	return err
}

func (t *treasurer) challenge() time.Duration {
	if t.config.Challenge == 0 {
		return 24 * time.Hour
	}
	return t.config.Challenge
}

// allowances is for how many steps at once the contract may take tokens: an approval costs nearly as much as a deposit.
const allowances = 16

// allow lets the contract take tokens of the hub's. It says whether it may now; if not, a transaction for it is under way. A token that refuses to change an allowance that is not
// zero (USDT does) is set to zero first.
func (t *treasurer) allow(ctx context.Context, token wallet.Address, amount channel.Amount) (bool, error) {
	me := t.sender.Key.Address()
	answer, err := readWord(ctx, t.node, token, callOf("allowance(address,address)", addressWord(me), addressWord(t.contract)))
	if err != nil {
		return false, fmt.Errorf("reading the allowance of %s: %w", token, err)
	}
	has := new(big.Int).SetBytes(answer[:])
	if has.Cmp(amount.Big()) >= 0 {
		return true, nil
	}
	var word [32]byte
	if has.Sign() == 0 {
		word = amount.Mul(allowances).Word()
	}
	call := contract.Call{Data: callOf("approve(address,uint256)", addressWord(t.contract), word)}
	settles := []channel.IntentChannel{{Channel: channel.ID(wallet.Keccak256([]byte("allowance"), token[:]))}}
	_, err = t.sender.Send(ctx, "approve", call.Trigger(me, token), chain.Fee{Cap: t.cap}, settles)
	return false, err
}

func callOf(signature string, words ...[32]byte) []byte {
	selector := wallet.Keccak256([]byte(signature))
	data := append([]byte{}, selector[:4]...)
	for _, w := range words {
		data = append(data, w[:]...)
	}
	return data
}

func addressWord(a wallet.Address) (word [32]byte) {
	evm := a.EVM()
	copy(word[12:], evm[:])
	return word
}
