package actuator

import (
	"math/bits"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// participate buys from a token's sale.
type participate struct {
	*tronpb.ParticipateAssetIssueContract
}

func (p participate) Validate(s *state.State) error {
	owner, ok := address(p.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	to, ok := address(p.GetToAddress())
	if !ok {
		return invalid("Invalid toAddress")
	}
	if p.GetAmount() <= 0 {
		return invalid("Amount must greater than 0!")
	}
	if owner == to {
		return invalid("Cannot participate asset Issue yourself !")
	}
	buyer := s.Account(owner)
	if buyer == nil {
		return invalid("Account does not exist!")
	}
	if int64(buyer.Balance) < p.GetAmount() {
		return invalid("No enough balance !")
	}
	id, ok := state.ParseTokenID(p.GetAssetName())
	token := s.Token(id)
	if !ok || token == nil {
		name := string(p.GetAssetName())
		if name == "" {
			name = "null"
		}
		return invalid("No asset named %s", name)
	}
	if string(token.GetOwnerAddress()) != string(to[:]) {
		return invalid("The asset is not issued by %s", to.Hex())
	}
	return p.checkSale(s, token, id, to)
}

func (p participate) checkSale(s *state.State, token *tronpb.AssetIssueContract, id state.TokenID, to wallet.Address) error {
	now := s.Param(state.HeadTime)
	if now >= token.GetEndTime() || now < token.GetStartTime() {
		return invalid("No longer valid period!")
	}
	bought, ok := saleAmount(token, p.GetAmount())
	if !ok {
		return invalid("long overflow")
	}
	if bought <= 0 {
		return invalid("Can not process the exchange!")
	}
	if s.Account(to) == nil {
		return invalid("To account does not exist!")
	}
	if s.TokenBalance(to, id) < bought {
		return invalid("Asset balance is not enough !")
	}
	return nil
}

// saleAmount is what an amount of sun buys, rounded down.
func saleAmount(token *tronpb.AssetIssueContract, sun int64) (int64, bool) {
	high, low := bits.Mul64(uint64(sun), uint64(token.GetNum()))
	if high != 0 || low > 1<<63-1 {
		return 0, false
	}
	return int64(low) / int64(token.GetTrxNum()), true
}

func (p participate) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner, to := wallet.Address(p.GetOwnerAddress()), wallet.Address(p.GetToAddress())
	id, _ := state.ParseTokenID(p.GetAssetName())
	bought, _ := saleAmount(s.Token(id), p.GetAmount())
	if err := adjust(s, owner, -wallet.Sun(p.GetAmount())); err != nil {
		return err
	}
	if err := adjust(s, to, wallet.Sun(p.GetAmount())); err != nil {
		return err
	}
	moveToken(s, to, owner, id, bought)
	return nil
}

// unfreezeAsset frees what is due of an issuer's frozen supply.
type unfreezeAsset struct{ *tronpb.UnfreezeAssetContract }

func (u unfreezeAsset) Validate(s *state.State) error {
	a, err := existing(s, u.GetOwnerAddress(), "does not exist")
	if err != nil {
		return err
	}
	if len(a.FrozenSupply) == 0 {
		return invalid("no frozen supply balance")
	}
	if a.Issued == 0 {
		return invalid("this account has not issued any asset")
	}
	for _, f := range a.FrozenSupply {
		if f.Expires <= s.Param(state.HeadTime) {
			return nil
		}
	}
	return invalid("It's not time to unfreeze asset supply")
}

func (u unfreezeAsset) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner := wallet.Address(u.GetOwnerAddress())
	a := s.Account(owner)
	var freed int64
	var left []state.FrozenSupply
	for _, f := range a.FrozenSupply {
		if f.Expires <= s.Param(state.HeadTime) {
			freed += f.Amount
		} else {
			left = append(left, f)
		}
	}
	s.Edit(owner, func(a *state.Account) { a.FrozenSupply = left })
	s.SetTokenBalance(owner, a.Issued, s.TokenBalance(owner, a.Issued)+freed)
	return nil
}

// updateAsset changes a token's texts and bandwidth, all four at once.
type updateAsset struct{ *tronpb.UpdateAssetContract }

func (u updateAsset) Validate(s *state.State) error {
	owner, ok := address(u.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	a := s.Account(owner)
	switch {
	case a == nil:
		return invalid("Account does not exist")
	case a.Issued == 0:
		return invalid("Account has not issued any asset")
	case s.Token(a.Issued) == nil:
		return invalid("Asset is not existed in AssetIssueV2Store")
	case len(u.GetUrl()) == 0 || len(u.GetUrl()) > maxTokenURL:
		return invalid("Invalid url")
	case len(u.GetDescription()) > maxTokenDescription:
		return invalid("Invalid description")
	case u.GetNewLimit() < 0 || u.GetNewLimit() >= oneDayNetLimit:
		return invalid("Invalid FreeAssetNetLimit")
	case u.GetNewPublicLimit() < 0 || u.GetNewPublicLimit() >= oneDayNetLimit:
		return invalid("Invalid PublicFreeAssetNetLimit")
	}
	return nil
}

func (u updateAsset) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	id := s.Account(wallet.Address(u.GetOwnerAddress())).Issued
	token := proto.Clone(s.Token(id)).(*tronpb.AssetIssueContract)
	token.FreeAssetNetLimit, token.PublicFreeAssetNetLimit = u.GetNewLimit(), u.GetNewPublicLimit()
	token.Url, token.Description = u.GetUrl(), u.GetDescription()
	s.PutToken(id, token)
	return nil
}
