package actuator

import "github.com/piecework/piecework/wallet/tronpb"

// kinds has every contract type that a transaction can hold.
var kinds = map[ContractType]kind{
	tronpb.Transaction_Contract_AccountCreateContract:           kindOf(func(m *tronpb.AccountCreateContract) Actuator { return createAccount{m} }),
	tronpb.Transaction_Contract_TransferContract:                kindOf(func(m *tronpb.TransferContract) Actuator { return transfer{m} }),
	tronpb.Transaction_Contract_TransferAssetContract:           kindOf(func(m *tronpb.TransferAssetContract) Actuator { return transferAsset{m} }),
	tronpb.Transaction_Contract_VoteWitnessContract:             kindOf(func(m *tronpb.VoteWitnessContract) Actuator { return vote{m} }),
	tronpb.Transaction_Contract_WitnessCreateContract:           kindOf(func(m *tronpb.WitnessCreateContract) Actuator { return createWitness{m} }),
	tronpb.Transaction_Contract_AssetIssueContract:              kindOf(func(m *tronpb.AssetIssueContract) Actuator { return issueAsset{m} }),
	tronpb.Transaction_Contract_WitnessUpdateContract:           kindOf(func(m *tronpb.WitnessUpdateContract) Actuator { return updateWitness{m} }),
	tronpb.Transaction_Contract_ParticipateAssetIssueContract:   kindOf(func(m *tronpb.ParticipateAssetIssueContract) Actuator { return participate{m} }),
	tronpb.Transaction_Contract_AccountUpdateContract:           kindOf(func(m *tronpb.AccountUpdateContract) Actuator { return updateAccount{m} }),
	tronpb.Transaction_Contract_FreezeBalanceContract:           kindOf(func(m *tronpb.FreezeBalanceContract) Actuator { return freezeOld{m} }),
	tronpb.Transaction_Contract_UnfreezeBalanceContract:         kindOf(func(m *tronpb.UnfreezeBalanceContract) Actuator { return unfreezeOld{m} }),
	tronpb.Transaction_Contract_WithdrawBalanceContract:         kindOf(func(m *tronpb.WithdrawBalanceContract) Actuator { return withdrawBalance{m} }),
	tronpb.Transaction_Contract_UnfreezeAssetContract:           kindOf(func(m *tronpb.UnfreezeAssetContract) Actuator { return unfreezeAsset{m} }),
	tronpb.Transaction_Contract_UpdateAssetContract:             kindOf(func(m *tronpb.UpdateAssetContract) Actuator { return updateAsset{m} }),
	tronpb.Transaction_Contract_ProposalCreateContract:          kindOf(func(m *tronpb.ProposalCreateContract) Actuator { return propose{m} }),
	tronpb.Transaction_Contract_ProposalApproveContract:         kindOf(func(m *tronpb.ProposalApproveContract) Actuator { return approve{m} }),
	tronpb.Transaction_Contract_ProposalDeleteContract:          kindOf(func(m *tronpb.ProposalDeleteContract) Actuator { return cancelProposal{m} }),
	tronpb.Transaction_Contract_SetAccountIdContract:            kindOf(func(m *tronpb.SetAccountIdContract) Actuator { return setAccountID{m} }),
	tronpb.Transaction_Contract_CreateSmartContract:             smartKind[tronpb.CreateSmartContract](),
	tronpb.Transaction_Contract_TriggerSmartContract:            smartKind[tronpb.TriggerSmartContract](),
	tronpb.Transaction_Contract_UpdateSettingContract:           kindOf(func(m *tronpb.UpdateSettingContract) Actuator { return updateSetting{m} }),
	tronpb.Transaction_Contract_ExchangeCreateContract:          kindOf(func(m *tronpb.ExchangeCreateContract) Actuator { return createExchange{m} }),
	tronpb.Transaction_Contract_ExchangeInjectContract:          kindOf(func(m *tronpb.ExchangeInjectContract) Actuator { return injectExchange{m} }),
	tronpb.Transaction_Contract_ExchangeWithdrawContract:        kindOf(func(m *tronpb.ExchangeWithdrawContract) Actuator { return withdrawExchange{m} }),
	tronpb.Transaction_Contract_ExchangeTransactionContract:     kindOf(func(m *tronpb.ExchangeTransactionContract) Actuator { return trade{m} }),
	tronpb.Transaction_Contract_UpdateEnergyLimitContract:       kindOf(func(m *tronpb.UpdateEnergyLimitContract) Actuator { return updateEnergyLimit{m} }),
	tronpb.Transaction_Contract_AccountPermissionUpdateContract: kindOf(func(m *tronpb.AccountPermissionUpdateContract) Actuator { return updatePermissions{m} }),
	tronpb.Transaction_Contract_ClearABIContract:                kindOf(func(m *tronpb.ClearABIContract) Actuator { return clearABI{m} }),
	tronpb.Transaction_Contract_UpdateBrokerageContract:         kindOf(func(m *tronpb.UpdateBrokerageContract) Actuator { return updateBrokerage{m} }),
	tronpb.Transaction_Contract_MarketSellAssetContract:         kindOf(func(m *tronpb.MarketSellAssetContract) Actuator { return sellOnMarket{m} }),
	tronpb.Transaction_Contract_MarketCancelOrderContract:       kindOf(func(m *tronpb.MarketCancelOrderContract) Actuator { return cancelOnMarket{m} }),
	tronpb.Transaction_Contract_FreezeBalanceV2Contract:         kindOf(func(m *tronpb.FreezeBalanceV2Contract) Actuator { return freeze{m} }),
	tronpb.Transaction_Contract_UnfreezeBalanceV2Contract:       kindOf(func(m *tronpb.UnfreezeBalanceV2Contract) Actuator { return unfreeze{m} }),
	tronpb.Transaction_Contract_WithdrawExpireUnfreezeContract:  kindOf(func(m *tronpb.WithdrawExpireUnfreezeContract) Actuator { return withdrawExpired{m} }),
	tronpb.Transaction_Contract_DelegateResourceContract:        kindOf(func(m *tronpb.DelegateResourceContract) Actuator { return lend{m} }),
	tronpb.Transaction_Contract_UnDelegateResourceContract:      kindOf(func(m *tronpb.UnDelegateResourceContract) Actuator { return recall{m} }),
	tronpb.Transaction_Contract_CancelAllUnfreezeV2Contract:     kindOf(func(m *tronpb.CancelAllUnfreezeV2Contract) Actuator { return cancelUnfreezes{m} }),
}

func smartKind[M any, P contractOf[M]]() kind {
	return kind{empty: func() message { return P(new(M)) }}
}
