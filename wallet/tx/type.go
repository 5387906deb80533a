package tx

import "fmt"

// Type is the number of a contract type, as Tron.proto counts them.
type Type int32

// The contract types.
const (
	TypeAccountCreate           Type = 0
	TypeTransfer                Type = 1
	TypeTransferAsset           Type = 2
	TypeVoteAsset               Type = 3
	TypeVoteWitness             Type = 4
	TypeWitnessCreate           Type = 5
	TypeAssetIssue              Type = 6
	TypeWitnessUpdate           Type = 8
	TypeParticipateAssetIssue   Type = 9
	TypeAccountUpdate           Type = 10
	TypeFreezeBalance           Type = 11
	TypeUnfreezeBalance         Type = 12
	TypeWithdrawBalance         Type = 13
	TypeUnfreezeAsset           Type = 14
	TypeUpdateAsset             Type = 15
	TypeProposalCreate          Type = 16
	TypeProposalApprove         Type = 17
	TypeProposalDelete          Type = 18
	TypeSetAccountID            Type = 19
	TypeCreateSmartContract     Type = 30
	TypeTriggerSmartContract    Type = 31
	TypeUpdateSetting           Type = 33
	TypeExchangeCreate          Type = 41
	TypeExchangeInject          Type = 42
	TypeExchangeWithdraw        Type = 43
	TypeExchangeTransaction     Type = 44
	TypeUpdateEnergyLimit       Type = 45
	TypeAccountPermissionUpdate Type = 46
	TypeClearABI                Type = 48
	TypeUpdateBrokerage         Type = 49
	TypeShieldedTransfer        Type = 51
	TypeMarketSellAsset         Type = 52
	TypeMarketCancelOrder       Type = 53
	TypeFreezeBalanceV2         Type = 54
	TypeUnfreezeBalanceV2       Type = 55
	TypeWithdrawExpireUnfreeze  Type = 56
	TypeDelegateResource        Type = 57
	TypeUnDelegateResource      Type = 58
	TypeCancelAllUnfreezeV2     Type = 59
)

// kind is what the package knows of a contract type.
type kind struct {
	message string // name of the protobuf message and, in JSON, of the type
	empty   func() Contract
}

// kinds is indexed by number and read only.
var kinds = [...]kind{
	TypeAccountCreate:           {"AccountCreateContract", func() Contract { return new(AccountCreate) }},
	TypeTransfer:                {"TransferContract", func() Contract { return new(Transfer) }},
	TypeTransferAsset:           {"TransferAssetContract", func() Contract { return new(TransferAsset) }},
	TypeVoteAsset:               {"VoteAssetContract", func() Contract { return new(VoteAsset) }},
	TypeVoteWitness:             {"VoteWitnessContract", func() Contract { return new(VoteWitness) }},
	TypeWitnessCreate:           {"WitnessCreateContract", func() Contract { return new(WitnessCreate) }},
	TypeAssetIssue:              {"AssetIssueContract", func() Contract { return new(AssetIssue) }},
	TypeWitnessUpdate:           {"WitnessUpdateContract", func() Contract { return new(WitnessUpdate) }},
	TypeParticipateAssetIssue:   {"ParticipateAssetIssueContract", func() Contract { return new(ParticipateAssetIssue) }},
	TypeAccountUpdate:           {"AccountUpdateContract", func() Contract { return new(AccountUpdate) }},
	TypeFreezeBalance:           {"FreezeBalanceContract", func() Contract { return new(FreezeBalance) }},
	TypeUnfreezeBalance:         {"UnfreezeBalanceContract", func() Contract { return new(UnfreezeBalance) }},
	TypeWithdrawBalance:         {"WithdrawBalanceContract", func() Contract { return new(WithdrawBalance) }},
	TypeUnfreezeAsset:           {"UnfreezeAssetContract", func() Contract { return new(UnfreezeAsset) }},
	TypeUpdateAsset:             {"UpdateAssetContract", func() Contract { return new(UpdateAsset) }},
	TypeProposalCreate:          {"ProposalCreateContract", func() Contract { return new(ProposalCreate) }},
	TypeProposalApprove:         {"ProposalApproveContract", func() Contract { return new(ProposalApprove) }},
	TypeProposalDelete:          {"ProposalDeleteContract", func() Contract { return new(ProposalDelete) }},
	TypeSetAccountID:            {"SetAccountIdContract", func() Contract { return new(SetAccountID) }},
	TypeCreateSmartContract:     {"CreateSmartContract", func() Contract { return new(CreateSmartContract) }},
	TypeTriggerSmartContract:    {"TriggerSmartContract", func() Contract { return new(TriggerSmartContract) }},
	TypeUpdateSetting:           {"UpdateSettingContract", func() Contract { return new(UpdateSetting) }},
	TypeExchangeCreate:          {"ExchangeCreateContract", func() Contract { return new(ExchangeCreate) }},
	TypeExchangeInject:          {"ExchangeInjectContract", func() Contract { return new(ExchangeInject) }},
	TypeExchangeWithdraw:        {"ExchangeWithdrawContract", func() Contract { return new(ExchangeWithdraw) }},
	TypeExchangeTransaction:     {"ExchangeTransactionContract", func() Contract { return new(ExchangeTransaction) }},
	TypeUpdateEnergyLimit:       {"UpdateEnergyLimitContract", func() Contract { return new(UpdateEnergyLimit) }},
	TypeAccountPermissionUpdate: {"AccountPermissionUpdateContract", func() Contract { return new(AccountPermissionUpdate) }},
	TypeClearABI:                {"ClearABIContract", func() Contract { return new(ClearABI) }},
	TypeUpdateBrokerage:         {"UpdateBrokerageContract", func() Contract { return new(UpdateBrokerage) }},
	TypeShieldedTransfer:        {"ShieldedTransferContract", func() Contract { return new(ShieldedTransfer) }},
	TypeMarketSellAsset:         {"MarketSellAssetContract", func() Contract { return new(MarketSellAsset) }},
	TypeMarketCancelOrder:       {"MarketCancelOrderContract", func() Contract { return new(MarketCancelOrder) }},
	TypeFreezeBalanceV2:         {"FreezeBalanceV2Contract", func() Contract { return new(FreezeBalanceV2) }},
	TypeUnfreezeBalanceV2:       {"UnfreezeBalanceV2Contract", func() Contract { return new(UnfreezeBalanceV2) }},
	TypeWithdrawExpireUnfreeze:  {"WithdrawExpireUnfreezeContract", func() Contract { return new(WithdrawExpireUnfreeze) }},
	TypeDelegateResource:        {"DelegateResourceContract", func() Contract { return new(DelegateResource) }},
	TypeUnDelegateResource:      {"UnDelegateResourceContract", func() Contract { return new(UnDelegateResource) }},
	TypeCancelAllUnfreezeV2:     {"CancelAllUnfreezeV2Contract", func() Contract { return new(CancelAllUnfreezeV2) }},
}

func (t Type) kind() (kind, bool) {
	if t < 0 || int(t) >= len(kinds) {
		return kind{}, false
	}
	return kinds[t], kinds[t].empty != nil
}

// String is java-tron's name of the type, "TransferContract".
func (t Type) String() string {
	if k, ok := t.kind(); ok {
		return k.message
	}
	return fmt.Sprintf("contract type %d", int32(t))
}

// Known says whether this package reads and writes the type.
func (t Type) Known() bool {
	_, ok := t.kind()
	return ok
}

// Types lists the types that this package knows, in the order of their numbers.
func Types() []Type {
	var list []Type
	for t := range Type(len(kinds)) {
		if t.Known() {
			list = append(list, t)
		}
	}
	return list
}

const urlPrefix = "type.googleapis.com/protocol."

// url names the message in the transaction's Any.
func (t Type) url() string { return urlPrefix + t.String() }

// hasURL is url() == url without building it.
func (t Type) hasURL(url string) bool {
	return len(url) > len(urlPrefix) && url[:len(urlPrefix)] == urlPrefix && url[len(urlPrefix):] == t.String()
}
