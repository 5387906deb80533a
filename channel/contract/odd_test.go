package contract

import (
	"math/big"
	"testing"
	"time"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// TestOddTokens: attacks 18 and 19. What a token returns does not matter, what it moves does: a deposit counts what arrived, a payment must cost exactly its amount.
func TestOddTokens(t *testing.T) {
	for name, c := range map[string]struct {
		open      string // the error of opening with 1,000, or ""
		deposit   uint64 // what counts then
		settle    string // the error of settling 100
		payeeGets uint64
	}{
		"Plain":          {"", 1000, "", 100},
		"LikeUSDT":       {"", 1000, "", 100},
		"ReturnsFalse":   {"", 1000, "", 100},
		"ReturnsNothing": {"", 1000, "", 100},
		"ReturnsGarbage": {"", 1000, "", 100},
		"SaysTrue":       {"NothingDeposited", 0, "", 0},
		"TakesFee":       {"", 990, "", 99},
		"ChargesSender":  {"", 1000, "TransferFailed", 0},
		"GivesMore":      {"", 1010, "", 101},
		"Doubles":        {"", 2000, "TransferFailed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			asset := s.token(name, 10_000, s.payer.Address())
			o := s.opening(1000)
			o.Asset = asset
			call, err := Open(o)
			if c.open != "" {
				s.refused(c.open, s.payer.Address(), call, err)
				return
			}
			terms := s.open(s.payer.Address(), o)
			if got := s.figures(terms.ID()).Deposit; got != channel.NewAmount(c.deposit) {
				t.Errorf("deposit %s, want %d", got, c.deposit)
			}
			call, err = Settle(s.claim(terms, s.payer, 100))
			batch, batchErr := SettleBatch([]Claim{s.claim(terms, s.payer, 100)})
			if c.settle != "" {
				s.refused(c.settle, s.other.Address(), call, err)
				s.refused(c.settle, s.other.Address(), batch, batchErr)
				return
			}
			s.must(s.other.Address(), call, err)
			if got := s.balance(asset, s.payee.Address()); got.Uint64() != c.payeeGets {
				t.Errorf("the payee got %s, want %d", got, c.payeeGets)
			}
			call, err = Close(s.claim(terms, s.payer, 200))
			s.must(s.payee.Address(), call, err)
			if left := s.balance(asset, s.contract); left.Sign() != 0 {
				t.Errorf("%s are left", left)
			}
		})
	}
}

// TestRobs: a token that takes from the contract in transferFrom makes no deposit out of it.
func TestRobs(t *testing.T) {
	s := newScene(t)
	asset := s.token("Robs", 1000, s.payer.Address())
	s.tell(deployer, asset.Contract(), "mint(address,uint256)", s.contract, 5)
	o := s.opening(1000)
	o.Asset = asset
	call, err := Open(o)
	s.refused("DepositFailed", s.payer.Address(), call, err)
}

// TestSharedToken: a token that lies about one channel cannot be paid out of another token's channels, nor out of TRX.
func TestSharedToken(t *testing.T) {
	s := newScene(t)
	liar, honest := s.token("Doubles", 10_000, s.payer.Address()), s.token("Plain", 10_000, s.other.Address())
	o := s.opening(1000)
	o.Asset = liar
	s.open(s.payer.Address(), o)
	o.Asset = honest
	terms := s.open(s.other.Address(), o)
	c, err := Settle(s.claim(terms, s.other, 1000))
	s.must(s.payer.Address(), c, err)
	if got := s.balance(honest, s.payee.Address()); got.Uint64() != 1000 {
		t.Errorf("the payee got %s", got)
	}
}

// TestSeparateFates: attack 20. A payee that a token will not pay does not keep the payer from its refund, nor the other way round.
func TestSeparateFates(t *testing.T) {
	s := newScene(t)
	asset := s.token("Blacklists", 10_000, s.payer.Address())
	ban := func(who wallet.Address, yes bool) {
		s.tell(deployer, asset.Contract(), "ban(address,bool)", who, yes)
	}
	o := s.opening(1000)
	o.Asset = asset
	one := s.open(s.payer.Address(), o)
	o.Salt[0]++
	two := s.open(s.payer.Address(), o)
	for _, terms := range []channel.Terms{one, two} {
		s.must(s.payer.Address(), StartClose(terms), nil)
	}
	s.next(int64(day / time.Second))
	ban(s.payee.Address(), true)
	c, err := Settle(s.claim(one, s.payer, 300))
	s.refused("TransferFailed", s.other.Address(), c, err)
	s.must(s.other.Address(), FinishClose(one), nil)
	ban(s.payee.Address(), false)
	ban(s.payer.Address(), true)
	c, err = Close(s.claim(two, s.payer, 300))
	s.refused("TransferFailed", s.payee.Address(), c, err)
	c, err = Settle(s.claim(two, s.payer, 300))
	s.must(s.other.Address(), c, err)
	s.refused("TransferFailed", s.other.Address(), FinishClose(two), nil)
	ban(s.payer.Address(), false)
	s.must(s.other.Address(), FinishClose(two), nil)
	if payer, payee := s.balance(asset, s.payer.Address()), s.balance(asset, s.payee.Address()); payer.Uint64() != 9700 || payee.Uint64() != 300 {
		t.Errorf("payer %s, payee %s", payer, payee)
	}
}

// puppet deploys a contract that stands in for a person.
func (w *world) puppet(trx wallet.Sun) wallet.Address {
	p := w.deploy(testCode["Puppet"])
	w.fund(p, trx)
	return p
}

var actMethod = abi.MustMethod("act(address,uint256,uint256,uint256,bytes)")

// act makes a puppet call the contract.
func (w *world) act(puppet wallet.Address, c Call) *vm.Result {
	w.t.Helper()
	data := mustEncode(w.t, actMethod, w.contract, c.Value, c.TokenID, c.TokenValue, c.Data)
	return w.send(deployer, puppet, Call{Data: data})
}

// TestReentry: attack 21. In the middle of every call that moves money, every other call is refused, and the first still goes through.
func TestReentry(t *testing.T) {
	w := newWorld(t)
	victim := w.person("victim")
	token := w.token("Reenters", 1_000_000, victim.Address())
	payee := w.puppet(1000 * wallet.TRX)
	o := Opening{Payee: payee, Asset: token, Amount: channel.NewAmount(1000), Challenge: day}
	target := w.open(victim.Address(), o)
	own := Opening{Payee: victim.Address(), Amount: channel.NewAmount(500), Challenge: day}
	opened := w.events(w.act(payee, mustCall(t)(Open(own))))
	outgoing := opened[0].Terms
	claim := w.claim(target, victim, 10)
	batch := mustCall(t)(SettleBatch([]Claim{claim}))
	for name, inner := range map[string]Call{
		"open":        mustCall(t)(Open(Opening{Payee: victim.Address(), Asset: token, Amount: channel.NewAmount(1), Challenge: day, Salt: [32]byte{1}})),
		"deposit":     mustCall(t)(Deposit(target, channel.NewAmount(1))),
		"settle":      mustCall(t)(Settle(claim)),
		"settleBatch": batch,
		"settleInto":  mustCall(t)(SettleInto(claim, outgoing)),
		"close":       mustCall(t)(Close(claim)),
		"closeAgreed": mustCall(t)(CloseAgreed(target, channel.Amount{}, wallet.Signature{64: 27})),
		"startClose":  StartClose(outgoing),
		"finishClose": FinishClose(outgoing),
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.reenter(t, inner, victim, token, payee, outgoing) })
	}
}

func mustCall(t testing.TB) func(Call, error) Call {
	return func(c Call, err error) Call {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// reenter runs every call that moves money, with a token or a receiver that makes the inner call meanwhile.
func (w *world) reenter(t *testing.T, inner Call, victim *wallet.Key, token channel.Asset, payee wallet.Address, outgoing channel.Terms) {
	w.tell(deployer, token.Contract(), "arm(address,bytes)", w.contract, inner.Data)
	w.tell(deployer, payee, "arm(address,bytes)", w.contract, inner.Data)
	check := func(who wallet.Address, calls int64, what string) {
		t.Helper()
		var tried, succeeded *big.Int
		w.ask(who, "tried()(uint256)", &tried)
		w.ask(who, "succeeded()(uint256)", &succeeded)
		var why [4]byte
		w.ask(who, "why()(bytes4)", &why)
		if name := DecodeRevert(why[:]).Name; name != "Locked" {
			t.Errorf("%s: the inner call was refused by %q", what, name)
		}
		if tried.Int64() != calls || succeeded.Sign() != 0 {
			t.Errorf("%s: %s of %s inner calls succeeded, want 0 of %d", what, succeeded, tried, calls)
		}
	}
	salt := wallet.Keccak256(inner.Data)
	inToken := w.open(victim.Address(), Opening{Payee: payee, Asset: token, Amount: channel.NewAmount(100), Challenge: day, Salt: salt})
	w.must(victim.Address(), mustCall(t)(Deposit(inToken, channel.NewAmount(5))), nil)
	w.must(victim.Address(), mustCall(t)(Settle(w.claim(inToken, victim, 10))), nil)
	w.must(victim.Address(), mustCall(t)(SettleBatch([]Claim{w.claim(inToken, victim, 20)})), nil)
	if r := w.act(payee, mustCall(t)(Close(w.claim(inToken, victim, 30)))); r.Outcome != vm.Success {
		t.Fatal(r.RuntimeError, DecodeRevert(r.Return))
	}
	check(token.Contract(), 6, "token") // open, deposit, settle, batch, and two transfers of close
	inTRX := w.open(victim.Address(), Opening{Payee: payee, Amount: channel.NewAmount(100), Challenge: day, Salt: salt})
	w.must(victim.Address(), mustCall(t)(Settle(w.claim(inTRX, victim, 10))), nil)
	w.must(victim.Address(), mustCall(t)(SettleBatch([]Claim{w.claim(inTRX, victim, 20)})), nil)
	if r := w.act(payee, mustCall(t)(Close(w.claim(inTRX, victim, 30)))); r.Outcome != vm.Success {
		t.Fatal(r.RuntimeError, DecodeRevert(r.Return))
	}
	check(payee, 3, "receiver")
	if f := w.figures(outgoing.ID()); f.State() != channel.Open || f.Deposit != channel.NewAmount(500) {
		t.Errorf("the outgoing channel became %+v", f)
	}
}

// TestTwoCalls: the lock is open again after a call, within the same transaction: a wallet contract may settle two channels at once.
func TestTwoCalls(t *testing.T) {
	s := newScene(t)
	second := s.open(s.payer.Address(), s.opening(1000))
	one, two := mustCall(t)(Settle(s.claim(s.terms, s.payer, 5))), mustCall(t)(Settle(s.claim(second, s.payer, 6)))
	stale := mustCall(t)(Settle(s.claim(s.terms, s.payer, 1))) // returns early
	puppet := s.puppet(0)
	s.tell(deployer, puppet, "both(address,bytes,bytes)", s.contract, one.Data, two.Data)
	s.tell(deployer, puppet, "both(address,bytes,bytes)", s.contract, stale.Data, mustCall(t)(Settle(s.claim(s.terms, s.payer, 7))).Data)
	if a, b := s.figures(s.terms.ID()).Settled, s.figures(second.ID()).Settled; a != channel.NewAmount(7) || b != channel.NewAmount(6) {
		t.Errorf("settled %s and %s", a, b)
	}
}

// TestHostileReceiver: a payee that refuses or burns everything hurts itself alone.
func TestHostileReceiver(t *testing.T) {
	w := newWorld(t)
	payer := w.person("payer")
	payee := w.puppet(0)
	terms := w.open(payer.Address(), Opening{Payee: payee, Amount: channel.NewAmount(1000), Challenge: day})
	for _, burns := range []bool{false, true} {
		w.tell(deployer, payee, "behave(bool,bool)", !burns, burns)
		if r := w.call(payer.Address(), mustCall(t)(Settle(w.claim(terms, payer, 10)))); r.Outcome == vm.Success {
			t.Errorf("burns %t: the settlement went through", burns)
		}
	}
	w.must(payer.Address(), StartClose(terms), nil)
	w.next(int64(day / time.Second))
	w.must(payer.Address(), FinishClose(terms), nil)
	if left := w.balance(channel.TRX, w.contract); left.Sign() != 0 {
		t.Errorf("%s sun are left", left)
	}
}

// TestDonations: attack 42. What is sent to the contract without a call belongs to no channel and changes no figure.
func TestDonations(t *testing.T) {
	s := newScene(t)
	asset := s.token("Plain", 10_000, s.payer.Address())
	o := s.opening(1000)
	o.Asset = asset
	terms := s.open(s.payer.Address(), o)
	s.fund(s.contract, 77)
	s.trc10(1_000_001, 77, s.contract)
	s.tell(s.payer.Address(), asset.Contract(), "transfer(address,uint256)", s.contract, 77)
	c, err := Close(s.claim(terms, s.payer, 5000))
	s.must(s.payee.Address(), c, err)
	c, err = Close(s.claim(s.terms, s.payer, 5000))
	s.must(s.payee.Address(), c, err)
	if trx, tokens := s.balance(channel.TRX, s.contract), s.balance(asset, s.contract); trx.Int64() != 77 || tokens.Int64() != 77 {
		t.Errorf("%s sun and %s tokens are left, want 77 of each", trx, tokens)
	}
}

// TestBoundaries: attack 22. Deposits of 2^104−1 in a TRC-20 and 2^63−1 in TRX and TRC-10 settle to the unit; one more does not fit.
func TestBoundaries(t *testing.T) {
	s := newScene(t)
	top := channel.MaxAmount()
	asset := s.token("Plain", 0)
	s.tell(deployer, asset.Contract(), "mint(address,uint256)", s.payer.Address(), new(big.Int).Lsh(big.NewInt(1), 106))
	s.tell(s.payer.Address(), asset.Contract(), "approve(address,uint256)", s.contract, new(big.Int).Lsh(big.NewInt(1), 106))
	o := s.opening(1000)
	o.Asset, o.Amount = asset, top
	terms := s.open(s.payer.Address(), o)
	c, err := Deposit(terms, channel.NewAmount(1))
	s.refused("DepositTooLarge", s.payer.Address(), c, err)
	for _, cumulative := range []channel.Amount{channel.NewAmount(1 << 63), top.Sub(channel.NewAmount(1)), top} {
		v := channel.Voucher{Channel: terms.ID(), Cumulative: cumulative}
		claim := Claim{Terms: terms, Voucher: v.Sign(s.payer, s.domain)}
		c, err := SettleBatch([]Claim{claim})
		s.must(s.other.Address(), c, err)
		if f := s.figures(terms.ID()); f.Settled != cumulative || f.Deposit != top {
			t.Errorf("figures %+v after %s", f, cumulative)
		}
		if got := s.balance(asset, s.payee.Address()); got.Cmp(cumulative.Big()) != 0 {
			t.Errorf("paid %s of %s", got, cumulative)
		}
	}
	// More than the units of 2^104−1 in the calldata, where the type of Go's amounts ends: the contract cuts it to the deposit.
	const most = 1<<63 - 1
	trc10 := s.trc10(1_000_001, most, s.payer.Address())
	o.Asset, o.Amount = trc10, channel.NewAmount(most)
	terms = s.open(s.payer.Address(), o)
	c, err = Close(s.claim(terms, s.payer, 1<<63))
	s.must(s.payee.Address(), c, err)
	if got := s.balance(trc10, s.payee.Address()); got.Int64() != most {
		t.Errorf("paid %s of 2^63−1", got)
	}
	o.Asset, o.Amount = channel.TRX, channel.NewAmount(1<<63)
	if _, err := Open(o); err == nil {
		t.Error("2^63 sun in a call")
	}
}
