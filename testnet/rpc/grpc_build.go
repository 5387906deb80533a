package rpc

import (
	"context"

	"github.com/piecework/piecework/wallet/tronpb"
)

// The builders of Wallet: each makes a transaction of the contract that it is given, after the contract's own checks.
// Those that answer a Transaction are the old ones; they answer nothing when a check fails.

// CreateAccount builds a AccountCreateContract.
func (w walletService) CreateAccount(_ context.Context, q *tronpb.AccountCreateContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_AccountCreateContract, q)
}

// CreateAccount2 builds a AccountCreateContract.
func (w walletService) CreateAccount2(_ context.Context, q *tronpb.AccountCreateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_AccountCreateContract, q)
}

// CreateAssetIssue builds a AssetIssueContract.
func (w walletService) CreateAssetIssue(_ context.Context, q *tronpb.AssetIssueContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_AssetIssueContract, q)
}

// CreateAssetIssue2 builds a AssetIssueContract.
func (w walletService) CreateAssetIssue2(_ context.Context, q *tronpb.AssetIssueContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_AssetIssueContract, q)
}

// CreateTransaction builds a TransferContract.
func (w walletService) CreateTransaction(_ context.Context, q *tronpb.TransferContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_TransferContract, q)
}

// CreateTransaction2 builds a TransferContract.
func (w walletService) CreateTransaction2(_ context.Context, q *tronpb.TransferContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_TransferContract, q)
}

// CreateWitness builds a WitnessCreateContract.
func (w walletService) CreateWitness(_ context.Context, q *tronpb.WitnessCreateContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_WitnessCreateContract, q)
}

// CreateWitness2 builds a WitnessCreateContract.
func (w walletService) CreateWitness2(_ context.Context, q *tronpb.WitnessCreateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_WitnessCreateContract, q)
}

// FreezeBalance builds a FreezeBalanceContract.
func (w walletService) FreezeBalance(_ context.Context, q *tronpb.FreezeBalanceContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_FreezeBalanceContract, q)
}

// FreezeBalance2 builds a FreezeBalanceContract.
func (w walletService) FreezeBalance2(_ context.Context, q *tronpb.FreezeBalanceContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_FreezeBalanceContract, q)
}

// ParticipateAssetIssue builds a ParticipateAssetIssueContract.
func (w walletService) ParticipateAssetIssue(_ context.Context, q *tronpb.ParticipateAssetIssueContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_ParticipateAssetIssueContract, q)
}

// ParticipateAssetIssue2 builds a ParticipateAssetIssueContract.
func (w walletService) ParticipateAssetIssue2(_ context.Context, q *tronpb.ParticipateAssetIssueContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ParticipateAssetIssueContract, q)
}

// TransferAsset builds a TransferAssetContract.
func (w walletService) TransferAsset(_ context.Context, q *tronpb.TransferAssetContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_TransferAssetContract, q)
}

// TransferAsset2 builds a TransferAssetContract.
func (w walletService) TransferAsset2(_ context.Context, q *tronpb.TransferAssetContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_TransferAssetContract, q)
}

// UnfreezeAsset builds a UnfreezeAssetContract.
func (w walletService) UnfreezeAsset(_ context.Context, q *tronpb.UnfreezeAssetContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_UnfreezeAssetContract, q)
}

// UnfreezeAsset2 builds a UnfreezeAssetContract.
func (w walletService) UnfreezeAsset2(_ context.Context, q *tronpb.UnfreezeAssetContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UnfreezeAssetContract, q)
}

// UnfreezeBalance builds a UnfreezeBalanceContract.
func (w walletService) UnfreezeBalance(_ context.Context, q *tronpb.UnfreezeBalanceContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_UnfreezeBalanceContract, q)
}

// UnfreezeBalance2 builds a UnfreezeBalanceContract.
func (w walletService) UnfreezeBalance2(_ context.Context, q *tronpb.UnfreezeBalanceContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UnfreezeBalanceContract, q)
}

// UpdateAccount builds a AccountUpdateContract.
func (w walletService) UpdateAccount(_ context.Context, q *tronpb.AccountUpdateContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_AccountUpdateContract, q)
}

// UpdateAccount2 builds a AccountUpdateContract.
func (w walletService) UpdateAccount2(_ context.Context, q *tronpb.AccountUpdateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_AccountUpdateContract, q)
}

// UpdateAsset builds a UpdateAssetContract.
func (w walletService) UpdateAsset(_ context.Context, q *tronpb.UpdateAssetContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_UpdateAssetContract, q)
}

// UpdateAsset2 builds a UpdateAssetContract.
func (w walletService) UpdateAsset2(_ context.Context, q *tronpb.UpdateAssetContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UpdateAssetContract, q)
}

// UpdateWitness builds a WitnessUpdateContract.
func (w walletService) UpdateWitness(_ context.Context, q *tronpb.WitnessUpdateContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_WitnessUpdateContract, q)
}

// UpdateWitness2 builds a WitnessUpdateContract.
func (w walletService) UpdateWitness2(_ context.Context, q *tronpb.WitnessUpdateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_WitnessUpdateContract, q)
}

// VoteWitnessAccount builds a VoteWitnessContract.
func (w walletService) VoteWitnessAccount(_ context.Context, q *tronpb.VoteWitnessContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_VoteWitnessContract, q)
}

// VoteWitnessAccount2 builds a VoteWitnessContract.
func (w walletService) VoteWitnessAccount2(_ context.Context, q *tronpb.VoteWitnessContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_VoteWitnessContract, q)
}

// WithdrawBalance builds a WithdrawBalanceContract.
func (w walletService) WithdrawBalance(_ context.Context, q *tronpb.WithdrawBalanceContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_WithdrawBalanceContract, q)
}

// WithdrawBalance2 builds a WithdrawBalanceContract.
func (w walletService) WithdrawBalance2(_ context.Context, q *tronpb.WithdrawBalanceContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_WithdrawBalanceContract, q)
}

// SetAccountId builds a SetAccountIdContract.
func (w walletService) SetAccountId(_ context.Context, q *tronpb.SetAccountIdContract) (*tronpb.Transaction, error) {
	return w.transaction(tronpb.Transaction_Contract_SetAccountIdContract, q)
}

// AccountPermissionUpdate builds a AccountPermissionUpdateContract.
func (w walletService) AccountPermissionUpdate(_ context.Context, q *tronpb.AccountPermissionUpdateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_AccountPermissionUpdateContract, q)
}

// CancelAllUnfreezeV2 builds a CancelAllUnfreezeV2Contract.
func (w walletService) CancelAllUnfreezeV2(_ context.Context, q *tronpb.CancelAllUnfreezeV2Contract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_CancelAllUnfreezeV2Contract, q)
}

// ClearContractABI builds a ClearABIContract.
func (w walletService) ClearContractABI(_ context.Context, q *tronpb.ClearABIContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ClearABIContract, q)
}

// DelegateResource builds a DelegateResourceContract.
func (w walletService) DelegateResource(_ context.Context, q *tronpb.DelegateResourceContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_DelegateResourceContract, q)
}

// DeployContract builds a CreateSmartContract.
func (w walletService) DeployContract(_ context.Context, q *tronpb.CreateSmartContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_CreateSmartContract, q)
}

// ExchangeCreate builds a ExchangeCreateContract.
func (w walletService) ExchangeCreate(_ context.Context, q *tronpb.ExchangeCreateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ExchangeCreateContract, q)
}

// ExchangeInject builds a ExchangeInjectContract.
func (w walletService) ExchangeInject(_ context.Context, q *tronpb.ExchangeInjectContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ExchangeInjectContract, q)
}

// ExchangeTransaction builds a ExchangeTransactionContract.
func (w walletService) ExchangeTransaction(_ context.Context, q *tronpb.ExchangeTransactionContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ExchangeTransactionContract, q)
}

// ExchangeWithdraw builds a ExchangeWithdrawContract.
func (w walletService) ExchangeWithdraw(_ context.Context, q *tronpb.ExchangeWithdrawContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ExchangeWithdrawContract, q)
}

// FreezeBalanceV2 builds a FreezeBalanceV2Contract.
func (w walletService) FreezeBalanceV2(_ context.Context, q *tronpb.FreezeBalanceV2Contract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_FreezeBalanceV2Contract, q)
}

// MarketCancelOrder builds a MarketCancelOrderContract.
func (w walletService) MarketCancelOrder(_ context.Context, q *tronpb.MarketCancelOrderContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_MarketCancelOrderContract, q)
}

// MarketSellAsset builds a MarketSellAssetContract.
func (w walletService) MarketSellAsset(_ context.Context, q *tronpb.MarketSellAssetContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_MarketSellAssetContract, q)
}

// ProposalApprove builds a ProposalApproveContract.
func (w walletService) ProposalApprove(_ context.Context, q *tronpb.ProposalApproveContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ProposalApproveContract, q)
}

// ProposalCreate builds a ProposalCreateContract.
func (w walletService) ProposalCreate(_ context.Context, q *tronpb.ProposalCreateContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ProposalCreateContract, q)
}

// ProposalDelete builds a ProposalDeleteContract.
func (w walletService) ProposalDelete(_ context.Context, q *tronpb.ProposalDeleteContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_ProposalDeleteContract, q)
}

// UnDelegateResource builds a UnDelegateResourceContract.
func (w walletService) UnDelegateResource(_ context.Context, q *tronpb.UnDelegateResourceContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UnDelegateResourceContract, q)
}

// UnfreezeBalanceV2 builds a UnfreezeBalanceV2Contract.
func (w walletService) UnfreezeBalanceV2(_ context.Context, q *tronpb.UnfreezeBalanceV2Contract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UnfreezeBalanceV2Contract, q)
}

// UpdateBrokerage builds a UpdateBrokerageContract.
func (w walletService) UpdateBrokerage(_ context.Context, q *tronpb.UpdateBrokerageContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UpdateBrokerageContract, q)
}

// UpdateEnergyLimit builds a UpdateEnergyLimitContract.
func (w walletService) UpdateEnergyLimit(_ context.Context, q *tronpb.UpdateEnergyLimitContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UpdateEnergyLimitContract, q)
}

// UpdateSetting builds a UpdateSettingContract.
func (w walletService) UpdateSetting(_ context.Context, q *tronpb.UpdateSettingContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_UpdateSettingContract, q)
}

// WithdrawExpireUnfreeze builds a WithdrawExpireUnfreezeContract.
func (w walletService) WithdrawExpireUnfreeze(_ context.Context, q *tronpb.WithdrawExpireUnfreezeContract) (*tronpb.TransactionExtention, error) {
	return w.extention(tronpb.Transaction_Contract_WithdrawExpireUnfreezeContract, q)
}
