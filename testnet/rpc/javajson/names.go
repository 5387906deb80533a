package javajson

import "google.golang.org/protobuf/reflect/protoreflect"

// kind is how the bytes of a field look when a client asks for visible ones.
type kind byte

const (
	hexKind     kind = iota
	addressKind      // base58check
	nameKind         // text
)

// addressFields and nameFields are HttpSelfFormatFieldName of java-tron, by message.
var addressFields = map[protoreflect.FullName][]protoreflect.Name{
	"protocol.DelegatedResourceMessage":                {"fromAddress", "toAddress"},
	"protocol.TransactionSignWeight":                   {"approved_list"},
	"protocol.TransactionApprovedList":                 {"approved_list"},
	"protocol.AccountCreateContract":                   {"owner_address", "account_address"},
	"protocol.AccountUpdateContract":                   {"owner_address"},
	"protocol.SetAccountIdContract":                    {"owner_address"},
	"protocol.TransferContract":                        {"owner_address", "to_address"},
	"protocol.TransferAssetContract":                   {"owner_address", "to_address"},
	"protocol.VoteAssetContract":                       {"owner_address", "vote_address"},
	"protocol.VoteWitnessContract.Vote":                {"vote_address"},
	"protocol.VoteWitnessContract":                     {"owner_address"},
	"protocol.UpdateSettingContract":                   {"owner_address", "contract_address"},
	"protocol.UpdateEnergyLimitContract":               {"owner_address", "contract_address"},
	"protocol.ClearABIContract":                        {"owner_address", "contract_address"},
	"protocol.WitnessCreateContract":                   {"owner_address"},
	"protocol.WitnessUpdateContract":                   {"owner_address"},
	"protocol.AssetIssueContract":                      {"owner_address"},
	"protocol.ParticipateAssetIssueContract":           {"owner_address", "to_address"},
	"protocol.FreezeBalanceContract":                   {"owner_address", "receiver_address"},
	"protocol.UnfreezeBalanceContract":                 {"owner_address", "receiver_address"},
	"protocol.UnfreezeAssetContract":                   {"owner_address"},
	"protocol.WithdrawBalanceContract":                 {"owner_address"},
	"protocol.UpdateAssetContract":                     {"owner_address"},
	"protocol.ProposalCreateContract":                  {"owner_address"},
	"protocol.ProposalApproveContract":                 {"owner_address"},
	"protocol.ProposalDeleteContract":                  {"owner_address"},
	"protocol.CreateSmartContract":                     {"owner_address"},
	"protocol.TriggerSmartContract":                    {"owner_address", "contract_address"},
	"protocol.BuyStorageContract":                      {"owner_address"},
	"protocol.BuyStorageBytesContract":                 {"owner_address"},
	"protocol.SellStorageContract":                     {"owner_address"},
	"protocol.ExchangeCreateContract":                  {"owner_address"},
	"protocol.ExchangeInjectContract":                  {"owner_address"},
	"protocol.ExchangeWithdrawContract":                {"owner_address"},
	"protocol.ExchangeTransactionContract":             {"owner_address"},
	"protocol.AccountPermissionUpdateContract":         {"owner_address"},
	"protocol.UpdateBrokerageContract":                 {"owner_address"},
	"protocol.ShieldedTransferContract":                {"transparent_from_address", "transparent_to_address"},
	"protocol.FreezeBalanceV2Contract":                 {"owner_address"},
	"protocol.UnfreezeBalanceV2Contract":               {"owner_address"},
	"protocol.WithdrawExpireUnfreezeContract":          {"owner_address"},
	"protocol.DelegateResourceContract":                {"owner_address", "receiver_address"},
	"protocol.UnDelegateResourceContract":              {"owner_address", "receiver_address"},
	"protocol.CancelAllUnfreezeV2Contract":             {"owner_address"},
	"protocol.CanDelegatedMaxSizeRequestMessage":       {"owner_address"},
	"protocol.GetAvailableUnfreezeCountRequestMessage": {"owner_address"},
	"protocol.CanWithdrawUnfreezeAmountRequestMessage": {"owner_address"},
	"protocol.AccountId":                               {"address"},
	"protocol.Vote":                                    {"vote_address"},
	"protocol.Proposal":                                {"proposer_address", "approvals"},
	"protocol.Exchange":                                {"creator_address"},
	"protocol.Account":                                 {"address"},
	"protocol.Key":                                     {"address"},
	"protocol.DelegatedResource":                       {"from", "to"},
	"protocol.Witness":                                 {"address"},
	"protocol.Votes":                                   {"address"},
	"protocol.TransactionInfo.Log":                     {"address"},
	"protocol.TransactionInfo":                         {"contract_address"},
	"protocol.BlockHeader.raw":                         {"witness_address"},
	"protocol.SmartContract":                           {"origin_address", "contract_address"},
	"protocol.InternalTransaction":                     {"caller_address", "transferTo_address"},
	"protocol.DelegatedResourceAccountIndex":           {"account", "fromAccounts", "toAccounts"},
	"protocol.AccountIdentifier":                       {"address"},
	"protocol.TransactionBalanceTrace.Operation":       {"address"},
	"protocol.MarketSellAssetContract":                 {"owner_address"},
	"protocol.MarketCancelOrderContract":               {"owner_address"},
	"protocol.MarketOrder":                             {"owner_address"},
}

var nameFields = map[protoreflect.FullName][]protoreflect.Name{
	"protocol.Return":                        {"message"},
	"protocol.Address":                       {"host"},
	"protocol.AccountUpdateContract":         {"account_name"},
	"protocol.SetAccountIdContract":          {"account_id"},
	"protocol.TransferAssetContract":         {"asset_name"},
	"protocol.WitnessCreateContract":         {"url"},
	"protocol.WitnessUpdateContract":         {"update_url"},
	"protocol.AssetIssueContract":            {"name", "abbr", "description", "url"},
	"protocol.ParticipateAssetIssueContract": {"asset_name"},
	"protocol.UpdateAssetContract":           {"description", "url"},
	"protocol.ExchangeCreateContract":        {"first_token_id", "second_token_id"},
	"protocol.ExchangeInjectContract":        {"token_id"},
	"protocol.ExchangeWithdrawContract":      {"token_id"},
	"protocol.ExchangeTransactionContract":   {"token_id"},
	"protocol.AccountId":                     {"name"},
	"protocol.Exchange":                      {"first_token_id", "second_token_id"},
	"protocol.Account":                       {"account_name", "asset_issued_name", "asset_issued_ID", "account_id"},
	"protocol.authority":                     {"permission_name"},
	"protocol.Transaction.Contract":          {"ContractName"},
	"protocol.TransactionInfo":               {"resMessage"},
	"protocol.MarketSellAssetContract":       {"sell_token_id", "buy_token_id"},
	"protocol.MarketOrder":                   {"sell_token_id", "buy_token_id"},
	"protocol.MarketOrderPair":               {"sell_token_id", "buy_token_id"},
	"protocol.MarketPriceList":               {"sell_token_id", "buy_token_id"},
}

// mapEntryName is the one message of ours that is an entry of a map in Java.
const mapEntryName = "protocol.Proposal.ParametersEntry"

// alwaysPrinted are the messages whose zero values JsonFormat prints.
var alwaysPrinted = map[protoreflect.FullName]bool{
	mapEntryName:                                 true,
	"protocol.AccountBalanceResponse":            true,
	"protocol.BlockBalanceTrace":                 true,
	"protocol.TransactionBalanceTrace.Operation": true,
	"protocol.TransactionBalanceTrace":           true,
}
