package actuator

import (
	"math/big"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	// trxSymbol stands for TRX where the exchange names a token.
	trxSymbol = "_"
	// exchangeLimit is the most that a pair may hold of either token.
	exchangeLimit = 1_000_000_000_000_000
	closed        = "Token balance in exchange is equal with 0,the exchange has been closed"
)

// Bounds of the supply of the token that stands between a pair's two, in java-tron's model.
const exchangeSupply = 1_000_000_000_000_000_000

// checkTokenName says whether a text can name a token of the exchange: decimal digits, or the symbol of TRX.
func checkTokenName(s *state.State, name []byte) bool {
	return !s.On(state.AllowSameTokenName) || string(name) == trxSymbol || isNumber(name)
}

// isNumber says whether a text is decimal digits that do not begin with 0.
func isNumber(name []byte) bool {
	for _, c := range name {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(name) > 0 && !(len(name) > 1 && name[0] == '0')
}

// enough says whether an account can give an amount of a token, or of TRX on top of a fee; the text says what is short.
func enough(s *state.State, a *state.Account, token []byte, amount int64, fee wallet.Sun, text string) error {
	if string(token) == trxSymbol {
		if int64(a.Balance) < amount+int64(fee) {
			return invalid("balance is not enough")
		}
		return nil
	}
	id, ok := state.ParseTokenID(token)
	if !ok || s.TokenBalance(a.Address, id) < amount || amount <= 0 {
		return invalid("%s", text)
	}
	return nil
}

// move adds an amount of a token or of TRX to an account; negative amounts take it.
func move(s *state.State, a wallet.Address, token []byte, amount int64) {
	if string(token) == trxSymbol {
		s.Edit(a, func(e *state.Account) { e.Balance += wallet.Sun(amount) })
		return
	}
	id, _ := state.ParseTokenID(token)
	s.SetTokenBalance(a, id, s.TokenBalance(a, id)+amount)
}

// createExchange opens a pair.
type createExchange struct{ *tronpb.ExchangeCreateContract }

func (c createExchange) Validate(s *state.State) error {
	owner, ok := address(c.GetOwnerAddress())
	if !ok {
		return invalid("Invalid address")
	}
	a := s.Account(owner)
	if a == nil {
		return invalid("account[%s] not exists", owner.Hex())
	}
	fee := wallet.Sun(s.Param(state.ExchangeCreateFee))
	if a.Balance < fee {
		return invalid("No enough balance for exchange create fee!")
	}
	first, second := c.GetFirstTokenBalance(), c.GetSecondTokenBalance()
	switch {
	case !checkTokenName(s, c.GetFirstTokenId()):
		return invalid("first token id is not a valid number")
	case !checkTokenName(s, c.GetSecondTokenId()):
		return invalid("second token id is not a valid number")
	case string(c.GetFirstTokenId()) == string(c.GetSecondTokenId()):
		return invalid("cannot exchange same tokens")
	case first <= 0 || second <= 0:
		return invalid("token balance must greater than zero")
	case first > exchangeLimit || second > exchangeLimit:
		return invalid("token balance must less than %d", exchangeLimit)
	}
	if err := enough(s, a, c.GetFirstTokenId(), first, fee, "first token balance is not enough"); err != nil {
		return err
	}
	return enough(s, a, c.GetSecondTokenId(), second, fee, "second token balance is not enough")
}

func (c createExchange) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(c.GetOwnerAddress())
	fee := wallet.Sun(s.Param(state.ExchangeCreateFee))
	if err := charge(s, owner, fee); err != nil {
		return err
	}
	move(s, owner, c.GetFirstTokenId(), -c.GetFirstTokenBalance())
	move(s, owner, c.GetSecondTokenId(), -c.GetSecondTokenBalance())
	s.AddParam(state.ExchangeCount, 1)
	id := s.Param(state.ExchangeCount)
	s.PutExchange(&tronpb.Exchange{
		ExchangeId: id, CreatorAddress: owner[:], CreateTime: s.Param(state.HeadTime),
		FirstTokenId: c.GetFirstTokenId(), FirstTokenBalance: c.GetFirstTokenBalance(),
		SecondTokenId: c.GetSecondTokenId(), SecondTokenBalance: c.GetSecondTokenBalance(),
	})
	r.Fee, r.ExchangeId = int64(fee), id
	return nil
}

// side is a pair seen from one of its tokens.
type side struct {
	pair        *tronpb.Exchange
	token       []byte
	first       bool
	have, other int64
	otherToken  []byte
}

func sideOf(e *tronpb.Exchange, token []byte) (side, bool) {
	switch string(token) {
	case string(e.GetFirstTokenId()):
		return side{e, token, true, e.GetFirstTokenBalance(), e.GetSecondTokenBalance(), e.GetSecondTokenId()}, true
	case string(e.GetSecondTokenId()):
		return side{e, token, false, e.GetSecondTokenBalance(), e.GetFirstTokenBalance(), e.GetFirstTokenId()}, true
	}
	return side{}, false
}

// change writes the pair with both amounts changed.
func (p side) change(s *state.State, have, other int64) {
	e := proto.Clone(p.pair).(*tronpb.Exchange)
	if p.first {
		e.FirstTokenBalance, e.SecondTokenBalance = e.GetFirstTokenBalance()+have, e.GetSecondTokenBalance()+other
	} else {
		e.FirstTokenBalance, e.SecondTokenBalance = e.GetFirstTokenBalance()+other, e.GetSecondTokenBalance()+have
	}
	s.PutExchange(e)
}

// inProportion is other*amount/have rounded down; false when it does not fit.
func (p side) inProportion(amount int64) (int64, bool) {
	if p.have == 0 {
		return 0, false
	}
	q := new(big.Int).Mul(big.NewInt(p.other), big.NewInt(amount))
	q.Quo(q, big.NewInt(p.have))
	return q.Int64(), q.IsInt64()
}

// bought is what a trade gives, in java-tron's floating point model.
func (p side) bought(amount int64) int64 {
	supply := int64(exchangeSupply)
	issued := strictmath.Long(-float64(supply) * (1.0 - strictmath.Pow(1.0+float64(amount)/float64(p.have+amount), 0.0005)))
	supply += issued
	supply -= issued
	return strictmath.Long(float64(p.other) * (strictmath.Pow(1.0+float64(issued)/float64(supply), 2000.0) - 1.0))
}

// trader finds the account and the pair of a contract on an existing pair.
func trader(s *state.State, owner []byte, id int64) (*state.Account, *tronpb.Exchange, error) {
	a, ok := address(owner)
	if !ok {
		return nil, nil, invalid("Invalid address")
	}
	account := s.Account(a)
	if account == nil {
		return nil, nil, invalid("account[%s] not exists", a.Hex())
	}
	e := s.Exchange(id)
	if e == nil {
		return nil, nil, invalid("Exchange[%d] not exists", id)
	}
	return account, e, nil
}
