package actuator

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	// resultSize is the bandwidth that a transaction pays for the result that a block will hold of it.
	resultSize = 64
	// signatureSize is what each signature takes off the size that a transaction for a new account is measured by: the signature alone, not the two
	// bytes of wire format around it.
	signatureSize = 65
)

// NetBill is what a transaction paid for its bytes: bandwidth or sun.
type NetBill struct {
	Usage int64
	Fee   wallet.Sun
	// Pooled says that the fee goes where parameter 48 says; that for a new account never does.
	Pooled bool
}

// PayBandwidth charges a transaction's bytes to its owner: for a new account's sake stake or a flat fee; else the issuer of a token, own stake,
// the free bandwidth, or sun for each byte. size is the transaction without its result.
func PayBandwidth(s *state.State, tx *tronpb.Transaction, id [32]byte, size int64) (NetBill, error) {
	contract := tx.GetRawData().GetContract()[0]
	if contract.GetType() == Shielded {
		return NetBill{}, nil
	}
	billed := size
	if s.On(state.AllowCreationOfContracts) {
		billed += resultSize
	}
	raw := Owner(contract)
	owner, _ := address(raw)
	if s.Account(owner) == nil {
		return NetBill{}, Errorf(Validate, "account [%s] does not exist", base58Check(raw))
	}
	if makesAccount(s, contract) {
		return payForNewAccount(s, tx, id, owner, size, billed)
	}
	if contract.GetType() == tronpb.Transaction_Contract_TransferAssetContract {
		paid, err := useIssuerBandwidth(s, contract, owner, billed)
		if err != nil || paid {
			return NetBill{Usage: billed}, err
		}
	}
	if useStakedBandwidth(s, owner, billed) || useFreeBandwidth(s, owner, billed) {
		return NetBill{Usage: billed}, nil
	}
	fee := wallet.Sun(s.Param(state.TransactionFee) * billed)
	if !payForBytes(s, owner, fee, true) {
		return NetBill{}, Errorf(Resource, "account [%s] has insufficient bandwidth[%d] and balance[%d] to create new account", owner, billed, fee)
	}
	return NetBill{Fee: fee, Pooled: true}, nil
}

// makesAccount says whether a contract creates the account of its recipient.
func makesAccount(s *state.State, c *tronpb.Transaction_Contract) bool {
	var to []byte
	switch c.GetType() {
	case tronpb.Transaction_Contract_AccountCreateContract:
		return true
	case tronpb.Transaction_Contract_TransferContract:
		var m tronpb.TransferContract
		_ = proto.Unmarshal(c.GetParameter().GetValue(), &m)
		to = m.GetToAddress()
	case tronpb.Transaction_Contract_TransferAssetContract:
		var m tronpb.TransferAssetContract
		_ = proto.Unmarshal(c.GetParameter().GetValue(), &m)
		to = m.GetToAddress()
	default:
		return false
	}
	a, ok := address(to)
	return !ok || s.Account(a) == nil
}

// payForNewAccount never uses free bandwidth.
func payForNewAccount(s *state.State, tx *tronpb.Transaction, id [32]byte, owner wallet.Address, size, billed int64) (NetBill, error) {
	unsigned := size - int64(len(tx.GetSignature()))*signatureSize
	if most := s.Param(state.MaxCreateAccountTxSize); unsigned > most {
		return NetBill{}, Errorf(TooBig, "Too big new account transaction, TxId %x, the size is %d bytes, maxTxSize %d", id, unsigned, most)
	}
	need := billed * s.Param(state.CreateNewAccountBandwidthRate)
	if useStakedBandwidth(s, owner, need) {
		return NetBill{Usage: need}, nil
	}
	fee := wallet.Sun(s.Param(state.CreateAccountFee))
	if !payForBytes(s, owner, fee, false) {
		return NetBill{}, Errorf(Resource, "account [%s] has insufficient bandwidth[%d] and balance[%d] to create new account", owner, billed, fee)
	}
	return NetBill{Fee: fee}, nil
}

// payForBytes marks the time of the account's use only when there was something to pay, as java-tron writes accounts.
func payForBytes(s *state.State, owner wallet.Address, fee wallet.Sun, pooled bool) bool {
	if collect(s, owner, fee, pooled) != nil {
		return false
	}
	if fee == 0 {
		return true
	}
	s.Edit(owner, func(a *state.Account) { a.LastOperation = s.Param(state.HeadTime) })
	return true
}

// useStakedBandwidth uses all or nothing.
func useStakedBandwidth(s *state.State, owner wallet.Address, bytes int64) bool {
	if bytes > netLeft(s, s.Account(owner)) {
		return false
	}
	s.Edit(owner, func(a *state.Account) {
		a.Used[state.Bandwidth] = useStaked(s, a.Used[state.Bandwidth], bytes, s.Slot())
		a.LastOperation = s.Param(state.HeadTime)
	})
	return true
}

// useFreeBandwidth uses all or nothing, of what the account has and of what all accounts have together.
func useFreeBandwidth(s *state.State, owner wallet.Address, bytes int64) bool {
	now, a := s.Slot(), s.Account(owner)
	used := FreeRecovered(a, now)
	if bytes > s.Param(state.FreeNetLimit)-used {
		return false
	}
	public := recover(s.Param(state.PublicNetUsage), s.Param(state.PublicNetSlot), now, defaultWindow)
	if bytes > s.Param(state.PublicNetLimit)-public {
		return false
	}
	s.Edit(owner, func(a *state.Account) {
		a.FreeUsed = state.Use{Amount: useMore(used, bytes, now, now), Slot: now}
		a.LastOperation = s.Param(state.HeadTime)
	})
	s.SetParam(state.PublicNetUsage, useMore(public, bytes, now, now))
	s.SetParam(state.PublicNetSlot, now)
	return true
}

// useIssuerBandwidth lets a token's issuer pay, when the token's public and per-holder allowances and the issuer's stake all suffice.
func useIssuerBandwidth(s *state.State, c *tronpb.Transaction_Contract, owner wallet.Address, bytes int64) (bool, error) {
	var m tronpb.TransferAssetContract
	_ = proto.Unmarshal(c.GetParameter().GetValue(), &m)
	id, ok := state.ParseTokenID(m.GetAssetName())
	token := s.Token(id)
	if !ok || token == nil {
		return false, Errorf(Validate, "asset [%s] does not exist", byteString(m.GetAssetName()))
	}
	now := s.Slot()
	public := TokenRecovered(token.GetPublicFreeAssetNetUsage(), token.GetPublicLatestFreeNetTime(), now)
	if bytes > token.GetPublicFreeAssetNetLimit()-public {
		return false, nil
	}
	use, _ := s.Account(owner).TokenUse(id)
	own := TokenRecovered(use.Amount, use.Slot, now)
	if bytes > token.GetFreeAssetNetLimit()-own {
		return false, nil
	}
	issuer, _ := address(token.GetOwnerAddress())
	if s.Account(issuer) == nil || bytes > netLeft(s, s.Account(issuer)) {
		return false, nil
	}
	if issuer != owner { // java-tron writes the issuer last, so an issuer's own use of its token's bandwidth is lost
		s.Edit(owner, func(a *state.Account) {
			a.SetTokenUse(state.TokenUse{Token: id, Amount: useMore(own, bytes, now, now), Slot: now})
			a.LastOperation = s.Param(state.HeadTime)
		})
	}
	s.Edit(issuer, func(a *state.Account) {
		a.Used[state.Bandwidth] = useStaked(s, a.Used[state.Bandwidth], bytes, now)
	})
	changed := proto.Clone(token).(*tronpb.AssetIssueContract)
	changed.PublicFreeAssetNetUsage, changed.PublicLatestFreeNetTime = useMore(public, bytes, now, now), now
	s.PutToken(id, changed)
	return true, nil
}

// PayMultiSign charges for more than one signature, PayMemo for a memo.
func PayMultiSign(s *state.State, tx *tronpb.Transaction) (wallet.Sun, error) {
	if len(tx.GetSignature()) <= 1 {
		return 0, nil
	}
	return payExtra(s, tx, wallet.Sun(s.Param(state.MultiSignFee)), "account %s insufficient balance[%d] to multiSign")
}

// PayMemo charges for a memo, whatever it holds.
func PayMemo(s *state.State, tx *tronpb.Transaction) (wallet.Sun, error) {
	fee := wallet.Sun(s.Param(state.MemoFee))
	if len(tx.GetRawData().GetData()) == 0 || fee == 0 {
		return 0, nil
	}
	return payExtra(s, tx, fee, "account %s insufficient balance[%d] to memo fee")
}

func payExtra(s *state.State, tx *tronpb.Transaction, fee wallet.Sun, text string) (wallet.Sun, error) {
	owner, _ := address(Owner(tx.GetRawData().GetContract()[0]))
	if s.Account(owner) == nil {
		return fee, nil
	}
	if charge(s, owner, fee) != nil {
		return 0, Errorf(Resource, text, owner, fee)
	}
	return fee, nil
}
