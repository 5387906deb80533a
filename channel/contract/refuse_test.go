package contract

import (
	"math/big"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// scene is a world with one channel of TRX, deposit 1,000, and the people in it.
type scene struct {
	*world
	payer, payee, other *wallet.Key
	terms               channel.Terms
}

func newScene(t testing.TB) *scene {
	w := newWorld(t)
	s := &scene{world: w, payer: w.person("payer"), payee: w.person("payee"), other: w.person("other")}
	s.terms = w.open(s.payer.Address(), s.opening(1000))
	return s
}

func (s *scene) opening(amount uint64) Opening {
	return Opening{Payee: s.payee.Address(), Amount: channel.NewAmount(amount), Challenge: day, Salt: [32]byte{31: byte(s.nonce)}}
}

// TestOpenRefusals: attacks 5 (signer 0), 22 (narrowing), and everything else that open must not take.
func TestOpenRefusals(t *testing.T) {
	s := newScene(t)
	trc10 := s.trc10(1_000_001, 1000, s.payer.Address())
	plain := s.token("Plain", 1000, s.payer.Address())
	mute := s.token("Mute", 0)
	burns := s.token("Burns", 1000, s.payer.Address())
	tooLarge := s.token("Plain", 0)
	s.tell(s.payer.Address(), tooLarge.Contract(), "mint(address,uint256)", s.payer.Address(), new(big.Int).Lsh(big.NewInt(1), 105))
	s.tell(s.payer.Address(), tooLarge.Contract(), "approve(address,uint256)", s.contract, new(big.Int).Lsh(big.NewInt(1), 200))
	from := s.payer.Address()
	good := s.opening(100)
	for _, c := range []struct {
		name, want string
		change     func(*Opening)
		money      func(*Call)
	}{
		{"no payee", "BadPayee", func(o *Opening) { o.Payee = wallet.Address{} }, nil},
		{"the contract as payee", "BadPayee", func(o *Opening) { o.Payee = s.contract }, nil},
		{"challenge too short", "BadChallenge", func(o *Opening) { o.Challenge = channel.MinChallenge - time.Second }, nil},
		{"challenge too long", "BadChallenge", func(o *Opening) { o.Challenge = channel.MaxChallenge + time.Second }, nil},
		{"nothing", "NothingDeposited", func(o *Opening) { o.Amount = channel.Amount{} }, nil},
		{"less TRX than said", "UnexpectedValue", nil, func(c *Call) { c.Value-- }},
		{"more TRX than said", "UnexpectedValue", nil, func(c *Call) { c.Value++ }},
		{"tokens beside TRX", "UnexpectedValue", nil, func(c *Call) { c.TokenID, c.TokenValue = 1_000_001, wallet.UnitsFromUint64(1) }},
		{"TRX beside tokens", "UnexpectedValue", func(o *Opening) { o.Asset = trc10 }, func(c *Call) { c.Value = 1 }},
		{"other tokens", "UnexpectedValue", func(o *Opening) { o.Asset = trc10 }, func(c *Call) { setWord(c, 2, 1_000_002) }},
		{"fewer tokens", "UnexpectedValue", func(o *Opening) { o.Asset = trc10 }, func(c *Call) { c.TokenValue = wallet.UnitsFromUint64(99) }},
		{"an id that no TRC-10 has", "BadAsset", nil, func(c *Call) { setWord(c, 2, 1_000_000); c.Value = 0 }},
		{"id 1", "BadAsset", nil, func(c *Call) { setWord(c, 2, 1); c.Value = 0 }},
		{"wider than an address", "BadAsset", func(o *Opening) { o.Asset = plain }, func(c *Call) { c.Data[4+2*32+11] = 1 }},
		{"TRX beside a TRC-20", "UnexpectedValue", func(o *Opening) { o.Asset = plain }, func(c *Call) { c.Value = 1 }},
		{"tokens beside a TRC-20", "UnexpectedValue", func(o *Opening) { o.Asset = plain }, func(c *Call) { c.TokenID, c.TokenValue = 1_000_001, wallet.UnitsFromUint64(1) }},
		{"more than held of a TRC-20", "DepositFailed", func(o *Opening) { o.Asset, o.Amount = plain, channel.NewAmount(1001) }, nil},
		{"a token that answers nothing", "NoBalance", func(o *Opening) { o.Asset = mute }, nil},
		{"an account without code as token", "NoBalance", func(o *Opening) { o.Asset, _ = channel.TRC20(s.other.Address()) }, nil},
		{"the contract itself as token", "NoBalance", func(o *Opening) { o.Asset, _ = channel.TRC20(s.contract) }, nil},
		{"2^104 of a TRC-20", "DepositTooLarge", func(o *Opening) { o.Asset = tooLarge }, func(c *Call) { c.Data[4+3*32+31-13] = 1 }},
		{"again in the same block", "ChannelExists", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			o := good
			if c.change != nil {
				c.change(&o)
			}
			call, err := Open(o)
			if c.money != nil {
				c.money(&call)
			}
			if c.want == "ChannelExists" {
				s.must(from, call, err)
			}
			s.refused(c.want, from, call, err)
		})
	}
	// A token that burns all the energy it is given takes everything with it (the TVM keeps no 1/64), but only from who opens a channel in it.
	o := good
	o.Asset = burns
	call, err := Open(o)
	if r := s.call(from, call); err != nil || r.Outcome == vm.Success {
		t.Error("a channel in a token that only burns energy")
	}
}

// setWord overwrites a small argument of a call.
func setWord(c *Call, index int, n uint64) {
	word := new(big.Int).SetUint64(n)
	word.FillBytes(c.Data[4+32*index : 4+32*index+32])
}

// TestRoles: who may call what, and when. Attack 37: nobody closes somebody else's channel.
func TestRoles(t *testing.T) {
	s := newScene(t)
	c500 := s.claim(s.terms, s.payer, 500)
	closing := s.open(s.payer.Address(), s.opening(900))
	s.must(s.payer.Address(), StartClose(closing), nil)
	incoming := s.open(s.other.Address(), Opening{Payee: s.payer.Address(), Amount: channel.NewAmount(50), Challenge: day})
	trc10 := s.trc10(1_000_001, 1000, s.payee.Address())
	outgoing := s.open(s.payee.Address(), Opening{Payee: s.other.Address(), Asset: trc10, Amount: channel.NewAmount(50), Challenge: day})
	leaving := s.open(s.payee.Address(), Opening{Payee: s.other.Address(), Amount: channel.NewAmount(50), Challenge: day})
	s.must(s.payee.Address(), StartClose(leaving), nil)
	unknown := s.terms
	unknown.Seed[0]++
	agreed := func(terms channel.Terms, key *wallet.Key, amount uint64) (Call, error) {
		a := channel.NewAmount(amount)
		return CloseAgreed(terms, a, key.Sign(channel.CloseDigest(s.sep, terms.ID(), a)))
	}
	start := func(terms channel.Terms) (Call, error) { return StartClose(terms), nil }
	finish := func(terms channel.Terms) (Call, error) { return FinishClose(terms), nil }
	for _, c := range []struct {
		name, want string
		from       *wallet.Key
		call       func() (Call, error)
	}{
		{"start by payee", "NotPayer", s.payee, func() (Call, error) { return start(s.terms) }},
		{"start by another", "NotPayer", s.other, func() (Call, error) { return start(s.terms) }},
		{"start twice", "ChannelClosing", s.payer, func() (Call, error) { return start(closing) }},
		{"start unknown", "UnknownChannel", s.payer, func() (Call, error) { return start(unknown) }},
		{"finish an open one", "NotClosing", s.payer, func() (Call, error) { return finish(s.terms) }},
		{"finish at once", "TooEarly", s.payer, func() (Call, error) { return finish(closing) }},
		{"finish unknown", "UnknownChannel", s.payer, func() (Call, error) { return finish(unknown) }},
		{"deposit while closing", "ChannelClosing", s.payer, func() (Call, error) { return Deposit(closing, channel.NewAmount(1)) }},
		{"deposit nothing", "NothingDeposited", s.payer, func() (Call, error) { return Deposit(s.terms, channel.Amount{}) }},
		{"deposit into unknown", "UnknownChannel", s.payer, func() (Call, error) { return Deposit(unknown, channel.NewAmount(1)) }},
		{"close by payer", "NotPayee", s.payer, func() (Call, error) { return Close(c500) }},
		{"close by another", "NotPayee", s.other, func() (Call, error) { return Close(c500) }},
		{"agreed by payee", "NotPayer", s.payee, func() (Call, error) { return agreed(s.terms, s.payee, 5) }},
		{"agreed with payer's own signature", "BadSignature", s.payer, func() (Call, error) { return agreed(s.terms, s.payer, 5) }},
		{"agreed on another channel", "BadSignature", s.payer, func() (Call, error) {
			return CloseAgreed(s.terms, channel.NewAmount(5), s.payee.Sign(channel.CloseDigest(s.sep, closing.ID(), channel.NewAmount(5))))
		}},
		{"agreed on another amount", "BadSignature", s.payer, func() (Call, error) {
			return CloseAgreed(s.terms, channel.NewAmount(5), s.payee.Sign(channel.CloseDigest(s.sep, s.terms.ID(), channel.NewAmount(6))))
		}},
		{"into by payer", "NotPayee", s.payer, func() (Call, error) { return SettleInto(c500, incoming) }},
		{"into somebody else's", "NotPayer", s.payee, func() (Call, error) { return SettleInto(c500, incoming) }},
		{"into another asset", "AssetsDiffer", s.payee, func() (Call, error) { return SettleInto(c500, outgoing) }},
		{"into a closing one", "ChannelClosing", s.payee, func() (Call, error) { return SettleInto(c500, leaving) }},
		{"into unknown", "UnknownChannel", s.payee, func() (Call, error) { return SettleInto(c500, unknown) }},
		{"settle unknown", "UnknownChannel", s.payee, func() (Call, error) { return Settle(s.claim(unknown, s.payer, 5)) }},
		{"settle signed by payee", "BadSignature", s.payee, func() (Call, error) { return Settle(s.claim(s.terms, s.payee, 5)) }},
		{"close signed by payee", "BadSignature", s.payee, func() (Call, error) { return Close(s.claim(s.terms, s.payee, 5)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			call, err := c.call()
			s.refused(c.want, c.from.Address(), call, err)
		})
	}
	if held := s.figures(s.terms.ID()); held.Settled != (channel.Amount{}) || held.State() != channel.Open {
		t.Errorf("refused calls left %+v", held)
	}
}

// TestSelfInto: a channel cannot be settled into itself.
func TestSelfInto(t *testing.T) {
	s := newScene(t)
	o := s.opening(100)
	o.Payee = s.payer.Address()
	terms := s.open(s.payer.Address(), o)
	c, err := SettleInto(s.claim(terms, s.payer, 5), terms)
	s.refused("SameChannel", s.payer.Address(), c, err)
}

// TestNoMoneyWhereItIsNotWanted: no function that is not payable keeps TRX or TRC-10, views included, nor does the constructor or a bare transfer.
func TestNoMoneyWhereItIsNotWanted(t *testing.T) {
	s := newScene(t)
	s.trc10(1_000_001, 1000, s.payer.Address(), deployer)
	for name, method := range map[string]int{
		"settle": 12, "settleBatch": 4, "settleInto": 18, "close": 12, "closeAgreed": 9, "startClose": 6, "finishClose": 6,
		"channel": 1, "idOf": 6, "voucherDigest": 4, "closeDigest": 2, "domainSeparator": 0,
	} {
		call := Call{Data: append(method4(name), make([]byte, 32*method)...)}
		copy(call.Data[4:], packedTerms(s.terms))
		call.Value = 1
		if r := s.call(s.payer.Address(), call); r.Outcome == vm.Success {
			t.Errorf("%s keeps TRX", name)
		}
		call.Value, call.TokenID, call.TokenValue = 0, 1_000_001, wallet.UnitsFromUint64(1)
		if r := s.call(s.payer.Address(), call); r.Outcome == vm.Success {
			t.Errorf("%s keeps TRC-10", name)
		}
	}
	for _, money := range []Call{{Value: 1}, {TokenID: 1_000_001, TokenValue: wallet.UnitsFromUint64(1)}, {Data: []byte{1, 2, 3, 4}}, {Data: []byte{1}}} {
		if r := s.call(s.payer.Address(), money); r.Outcome != vm.Reverted {
			t.Errorf("a call of nothing with %d sun ends %s", money.Value, r.Outcome)
		}
	}
}

func method4(name string) []byte { return method(name, 0).data }

func packedTerms(t channel.Terms) []byte {
	p := &packer{}
	return p.terms(t).data
}

// TestReplay: attacks 1 to 3. A voucher is worth nothing with any one field of the terms changed, on another contract, on another chain, or after the close.
func TestReplay(t *testing.T) {
	s := newScene(t)
	good := s.claim(s.terms, s.payer, 500)
	for name, change := range map[string]func(*channel.Terms){
		"payer":     func(t *channel.Terms) { t.Payer[20]++ },
		"payee":     func(t *channel.Terms) { t.Payee = s.other.Address() },
		"signer":    func(t *channel.Terms) { t.Signer = s.other.Address() },
		"asset":     func(t *channel.Terms) { t.Asset = s.trc10(1_000_009, 1) },
		"challenge": func(t *channel.Terms) { t.Challenge += time.Second },
		"seed":      func(t *channel.Terms) { t.Seed[31]++ },
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			bad := good
			change(&bad.Terms)
			bad.Voucher.Channel = bad.Terms.ID() // the packing asks for it; the contract never sees it
			c, err := Settle(bad)
			s.refused("UnknownChannel", s.other.Address(), c, err)
		})
	}
	// A second channel of the same people.
	second := s.open(s.payer.Address(), s.opening(1000))
	onSecond := good
	onSecond.Terms, onSecond.Voucher.Channel = second, second.ID()
	c, err := Settle(onSecond)
	s.refused("BadSignature", s.other.Address(), c, err)
	// Another contract and another chain.
	for _, domain := range []channel.Domain{{ChainID: s.domain.ChainID, Contract: deployer}, {ChainID: 0xcd8690dc, Contract: s.contract}, {Contract: s.contract}} {
		bad := good
		bad.Voucher.Signature = s.payer.Sign(good.Voucher.Digest(domain.Separator()))
		c, err := Settle(bad)
		s.refused("BadSignature", s.other.Address(), c, err)
	}
	s.env.GenesisID = [32]byte{28: 0xcd, 29: 0x86, 30: 0x90, 31: 0xdc}
	c, err = Settle(good)
	s.refused("BadSignature", s.other.Address(), c, err)
	s.env.GenesisID = genesis
	// After the close, in the same block and for ever.
	c, err = Close(good)
	s.must(s.payee.Address(), c, err)
	c, err = Settle(good)
	s.refused("UnknownChannel", s.other.Address(), c, err)
}

// TestClosedIDNeverReturns: attack 3. Without the mark of closed channels the payer could open the same id again within the block of its opening.
func TestClosedIDNeverReturns(t *testing.T) {
	s := newScene(t)
	o := s.opening(1000)
	terms := s.open(s.payer.Address(), o)
	c, err := Close(s.claim(terms, s.payer, 400))
	s.must(s.payee.Address(), c, err)
	c, err = Open(o)
	s.refused("ChannelExists", s.payer.Address(), c, err)
	s.next(3)
	if again := s.open(s.payer.Address(), o); again.ID() == terms.ID() {
		t.Error("the same id in another block")
	}
	if f := s.figures(terms.ID()); f.Settled != channel.NewAmount(400) || f.State() != channel.Closed {
		t.Errorf("the closed channel became %+v", f)
	}
}
