package actuator

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Limits of a token's description.
const (
	maxTokenName        = 32
	maxTokenURL         = 256
	maxTokenDescription = 200
	maxTokenPrecision   = 6
	maxFrozenSupply     = 10
	minFrozenDays       = 1
	maxFrozenDays       = 3652
	// oneDayNetLimit bounds what a token can promise of free bandwidth.
	oneDayNetLimit = 57_600_000_000
)

// issueAsset makes a TRC-10 token.
type issueAsset struct{ *tronpb.AssetIssueContract }

func (t issueAsset) Validate(s *state.State) error {
	owner, ok := address(t.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	checks := []func(*state.State) error{t.checkTexts, t.checkTimes, t.checkNumbers, t.checkFrozen}
	for _, check := range checks {
		if err := check(s); err != nil {
			return err
		}
	}
	a := s.Account(owner)
	switch {
	case a == nil:
		return invalid("Account not exists")
	case a.IssuedName != "":
		return invalid("An account can only issue one asset")
	case int64(a.Balance) < s.Param(state.AssetIssueFee):
		return invalid("No enough balance for fee!")
	}
	return nil
}

func (t issueAsset) checkTexts(s *state.State) error {
	if !readable(t.GetName(), 1, maxTokenName) {
		return invalid("Invalid assetName")
	}
	if s.On(state.AllowSameTokenName) {
		if strings.EqualFold(string(t.GetName()), "trx") {
			return invalid("assetName can't be trx")
		}
		if p := t.GetPrecision(); p < 0 || p > maxTokenPrecision {
			return invalid("precision cannot exceed 6")
		}
	}
	if len(t.GetAbbr()) > 0 && !readable(t.GetAbbr(), 1, maxTokenName) {
		return invalid("Invalid abbreviation for token")
	}
	if n := len(t.GetUrl()); n == 0 || n > maxTokenURL {
		return invalid("Invalid url")
	}
	if len(t.GetDescription()) > maxTokenDescription {
		return invalid("Invalid description")
	}
	return nil
}

func (t issueAsset) checkTimes(s *state.State) error {
	switch {
	case t.GetStartTime() == 0:
		return invalid("Start time should be not empty")
	case t.GetEndTime() == 0:
		return invalid("End time should be not empty")
	case t.GetEndTime() <= t.GetStartTime():
		return invalid("End time should be greater than start time")
	case t.GetStartTime() <= s.Param(state.HeadTime):
		return invalid("Start time should be greater than HeadBlockTime")
	}
	return nil
}

func (t issueAsset) checkNumbers(*state.State) error {
	switch {
	case t.GetTotalSupply() <= 0:
		return invalid("TotalSupply must greater than 0!")
	case t.GetTrxNum() <= 0:
		return invalid("TrxNum must greater than 0!")
	case t.GetNum() <= 0:
		return invalid("Num must greater than 0!")
	case t.GetPublicFreeAssetNetUsage() != 0:
		return invalid("PublicFreeAssetNetUsage must be 0!")
	case len(t.GetFrozenSupply()) > maxFrozenSupply:
		return invalid("Frozen supply list length is too long")
	case t.GetFreeAssetNetLimit() < 0 || t.GetFreeAssetNetLimit() >= oneDayNetLimit:
		return invalid("Invalid FreeAssetNetLimit")
	case t.GetPublicFreeAssetNetLimit() < 0 || t.GetPublicFreeAssetNetLimit() >= oneDayNetLimit:
		return invalid("Invalid PublicFreeAssetNetLimit")
	}
	return nil
}

func (t issueAsset) checkFrozen(*state.State) error {
	left := t.GetTotalSupply()
	for _, f := range t.GetFrozenSupply() {
		switch {
		case f.GetFrozenAmount() <= 0:
			return invalid("Frozen supply must be greater than 0!")
		case f.GetFrozenAmount() > left:
			return invalid("Frozen supply cannot exceed total supply")
		case f.GetFrozenDays() < minFrozenDays || f.GetFrozenDays() > maxFrozenDays:
			return invalid("frozenDuration must be less than %d days and more than %d days", maxFrozenDays, minFrozenDays)
		}
		left -= f.GetFrozenAmount()
	}
	return nil
}

func (t issueAsset) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(t.GetOwnerAddress())
	fee := wallet.Sun(s.Param(state.AssetIssueFee))
	if err := charge(s, owner, fee); err != nil {
		return err
	}
	s.AddParam(state.TokenCount, 1)
	id := state.TokenID(s.Param(state.TokenCount))
	token := proto.Clone(t.AssetIssueContract).(*tronpb.AssetIssueContract)
	token.Id = id.String()
	s.PutToken(id, token)
	supply := t.GetTotalSupply()
	var frozen []state.FrozenSupply
	for _, f := range t.GetFrozenSupply() {
		supply -= f.GetFrozenAmount()
		frozen = append(frozen, state.FrozenSupply{Amount: f.GetFrozenAmount(), Expires: t.GetStartTime() + f.GetFrozenDays()*dayMillis})
	}
	s.Edit(owner, func(a *state.Account) {
		a.IssuedName, a.Issued = string(t.GetName()), id
		a.FrozenSupply = append(append([]state.FrozenSupply(nil), a.FrozenSupply...), frozen...)
	})
	s.SetTokenBalance(owner, id, supply)
	r.Fee, r.AssetIssueID = int64(fee), id.String()
	return nil
}
