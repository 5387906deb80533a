package actuator

import (
	"math/big"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// injectExchange adds both tokens to the creator's pair, in proportion.
type injectExchange struct{ *tronpb.ExchangeInjectContract }

func (c injectExchange) Validate(s *state.State) error {
	a, e, err := trader(s, c.GetOwnerAddress(), c.GetExchangeId())
	if err != nil {
		return err
	}
	if string(e.GetCreatorAddress()) != string(a.Address[:]) {
		return invalid("account[%s] is not creator", a.Address.Hex())
	}
	p, err := pairSide(s, e, c.GetTokenId(), "token id is not in exchange")
	if err != nil {
		return err
	}
	switch {
	case p.have == 0 || p.other == 0:
		return invalid(closed)
	case c.GetQuant() <= 0:
		return invalid("injected token quant must greater than zero")
	}
	other, ok := p.inProportion(c.GetQuant())
	switch {
	case !ok:
		return arithmetic("BigInteger out of long range")
	case other <= 0:
		return invalid("the calculated token quant  must be greater than 0")
	case p.have+c.GetQuant() > exchangeLimit || p.other+other > exchangeLimit:
		return invalid("token balance must less than %d", exchangeLimit)
	}
	if err := enough(s, a, p.token, c.GetQuant(), 0, "token balance is not enough"); err != nil {
		return err
	}
	return enough(s, a, p.otherToken, other, 0, "another token balance is not enough")
}

// pairSide finds the token in the pair.
func pairSide(s *state.State, e *tronpb.Exchange, token []byte, missing string) (side, error) {
	if !checkTokenName(s, token) {
		return side{}, invalid("token id is not a valid number")
	}
	p, ok := sideOf(e, token)
	if !ok {
		return side{}, invalid("%s", missing)
	}
	return p, nil
}

func (c injectExchange) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(c.GetOwnerAddress())
	p, _ := sideOf(s.Exchange(c.GetExchangeId()), c.GetTokenId())
	if _, ok := multiplyExact(p.other, c.GetQuant()); !ok {
		return arithmetic("long overflow") // the check works with big numbers, the effect does not
	}
	other, _ := p.inProportion(c.GetQuant())
	p.change(s, c.GetQuant(), other)
	move(s, owner, p.token, -c.GetQuant())
	move(s, owner, p.otherToken, -other)
	r.ExchangeInjectAnotherAmount = other
	return nil
}

// withdrawExchange takes both tokens from the creator's pair, in proportion.
type withdrawExchange struct {
	*tronpb.ExchangeWithdrawContract
}

func (c withdrawExchange) Validate(s *state.State) error {
	a, e, err := trader(s, c.GetOwnerAddress(), c.GetExchangeId())
	if err != nil {
		return err
	}
	if string(e.GetCreatorAddress()) != string(a.Address[:]) {
		return invalid("account[%s] is not creator", a.Address.Hex())
	}
	p, err := pairSide(s, e, c.GetTokenId(), "token is not in exchange")
	if err != nil {
		return err
	}
	switch {
	case c.GetQuant() <= 0:
		return invalid("withdraw token quant must greater than zero")
	case p.have == 0 || p.other == 0:
		return invalid(closed)
	}
	other, ok := p.inProportion(c.GetQuant())
	switch {
	case !ok:
		return arithmetic("Overflow")
	case p.have < c.GetQuant() || p.other < other:
		return invalid("exchange balance is not enough")
	case other <= 0:
		return invalid("withdraw another token quant must greater than zero")
	case p.imprecise(c.GetQuant(), other):
		return invalid("Not precise enough")
	}
	return nil
}

// imprecise says whether rounding takes more than a ten-thousandth: the exact share, to four places half up, against the whole one.
func (p side) imprecise(amount, other int64) bool {
	exact := new(big.Int).Mul(big.NewInt(p.other), big.NewInt(amount))
	exact.Mul(exact, big.NewInt(2*10_000))
	exact.Add(exact, big.NewInt(p.have))
	exact.Quo(exact, new(big.Int).Mul(big.NewInt(2), big.NewInt(p.have)))
	value, _ := new(big.Rat).SetFrac(exact, big.NewInt(10_000)).Float64()
	return (value-float64(other))/float64(other) > 0.0001
}

func (c withdrawExchange) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(c.GetOwnerAddress())
	p, _ := sideOf(s.Exchange(c.GetExchangeId()), c.GetTokenId())
	other, _ := p.inProportion(c.GetQuant())
	p.change(s, -c.GetQuant(), -other)
	move(s, owner, p.token, c.GetQuant())
	move(s, owner, p.otherToken, other)
	r.ExchangeWithdrawAnotherAmount = other
	return nil
}

// trade sells one token of a pair for the other.
type trade struct {
	*tronpb.ExchangeTransactionContract
}

func (c trade) Validate(s *state.State) error {
	a, e, err := trader(s, c.GetOwnerAddress(), c.GetExchangeId())
	if err != nil {
		return err
	}
	p, err := pairSide(s, e, c.GetTokenId(), "token is not in exchange")
	if err != nil {
		return err
	}
	switch {
	case c.GetQuant() <= 0:
		return invalid("token quant must greater than zero")
	case c.GetExpected() <= 0:
		return invalid("token expected must greater than zero")
	case p.have == 0 || p.other == 0:
		return invalid(closed)
	case p.have+c.GetQuant() > exchangeLimit:
		return invalid("token balance must less than %d", exchangeLimit)
	}
	if err := enough(s, a, p.token, c.GetQuant(), 0, "token balance is not enough"); err != nil {
		return err
	}
	if p.bought(c.GetQuant()) < c.GetExpected() {
		return invalid("token required must greater than expected")
	}
	return nil
}

func (c trade) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(c.GetOwnerAddress())
	p, _ := sideOf(s.Exchange(c.GetExchangeId()), c.GetTokenId())
	got := p.bought(c.GetQuant())
	p.change(s, c.GetQuant(), -got)
	move(s, owner, p.token, -c.GetQuant())
	move(s, owner, p.otherToken, got)
	r.ExchangeReceivedAmount = got
	return nil
}
