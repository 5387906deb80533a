package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// BroadcastTransaction takes a signed transaction.
func (w walletService) BroadcastTransaction(_ context.Context, q *tronpb.Transaction) (*tronpb.Return, error) {
	answer, _ := w.broadcast(q)
	return answer, nil
}

// CreateCommonTransaction builds a transaction of the contract in a transaction.
func (w walletService) CreateCommonTransaction(_ context.Context, q *tronpb.Transaction) (*tronpb.TransactionExtention, error) {
	contracts := q.GetRawData().GetContract()
	if len(contracts) == 0 {
		return nil, applicationError()
	}
	parameter := contracts[0].GetParameter()
	if parameter == nil {
		parameter = &anypb.Any{}
	}
	return w.extention(contracts[0].GetType(), parameter)
}

// TriggerContract builds a call, or answers it if the contract's ABI calls the method constant.
func (w walletService) TriggerContract(_ context.Context, q *tronpb.TriggerSmartContract) (*tronpb.TransactionExtention, error) {
	e := newCallAnswer()
	built, err := w.trigger(w.view, q, 0, e)
	return called(e, built, err), nil
}

// GetTransactionSignWeight says how far signatures reach.
func (w walletService) GetTransactionSignWeight(_ context.Context, q *tronpb.Transaction) (*tronpb.TransactionSignWeight, error) {
	return w.signWeight(q), nil
}

// GetTransactionApprovedList says who signed.
func (w walletService) GetTransactionApprovedList(_ context.Context, q *tronpb.Transaction) (*tronpb.TransactionApprovedList, error) {
	return w.approvedList(q), nil
}

// GetAccountNet is an account's bandwidth.
func (w walletService) GetAccountNet(_ context.Context, q *tronpb.Account) (*tronpb.AccountNetMessage, error) {
	return orEmpty(w.chain.AccountNet(w.view, q.GetAddress())), nil
}

// GetAccountResource is an account's bandwidth and energy.
func (w walletService) GetAccountResource(_ context.Context, q *tronpb.Account) (*tronpb.AccountResourceMessage, error) {
	return orEmpty(w.chain.AccountResource(w.view, q.GetAddress())), nil
}

// GetAccountBalance is what an account had at a block: 0, as no history is kept.
func (w walletService) GetAccountBalance(_ context.Context, q *tronpb.AccountBalanceRequest) (*tronpb.AccountBalanceResponse, error) {
	answer, err := w.accountBalance(q)
	if err != nil {
		return nil, uncaught()
	}
	return answer, nil
}

// GetBlockBalanceTrace is what a block moved, of which no history is kept.
func (w walletService) GetBlockBalanceTrace(_ context.Context, q *tronpb.BlockBalanceTrace_BlockIdentifier) (*tronpb.BlockBalanceTrace, error) {
	return nil, uncaught()
}

// GetAssetIssueByAccount is the tokens that an account issued.
func (w walletService) GetAssetIssueByAccount(_ context.Context, q *tronpb.Account) (*tronpb.AssetIssueList, error) {
	return assetList(w.chain.AssetsOf(w.view, q.GetAddress())), nil
}

// GetContract is a contract as stored.
func (w walletService) GetContract(_ context.Context, q *tronpb.BytesMessage) (*tronpb.SmartContract, error) {
	return orEmpty(w.chain.Contract(w.view, q.GetValue())), nil
}

// GetContractInfo is a contract with its runtime code.
func (w walletService) GetContractInfo(_ context.Context, q *tronpb.BytesMessage) (*tronpb.SmartContractDataWrapper, error) {
	return orEmpty(w.chain.ContractInfo(w.view, q.GetValue())), nil
}

// ListNodes is the peers: none.
func (w walletService) ListNodes(context.Context, *tronpb.EmptyMessage) (*tronpb.NodeList, error) {
	return &tronpb.NodeList{}, nil
}

// ListProposals is all proposals, newest first.
func (w walletService) ListProposals(context.Context, *tronpb.EmptyMessage) (*tronpb.ProposalList, error) {
	return &tronpb.ProposalList{Proposals: w.chain.Proposals()}, nil
}

// GetPaginatedProposalList is a part of the proposals, oldest first.
func (w walletService) GetPaginatedProposalList(_ context.Context, q *tronpb.PaginatedMessage) (*tronpb.ProposalList, error) {
	return orEmpty(w.pagedProposals(q.GetOffset(), q.GetLimit())), nil
}

// GetProposalById is a proposal; the id is 8 bytes, big-endian.
func (w walletService) GetProposalById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.Proposal, error) {
	id, ok := longOf(q.GetValue())
	if !ok {
		return &tronpb.Proposal{}, nil
	}
	return orEmpty(w.chain.Proposal(id)), nil
}

// GetPaginatedExchangeList is a part of the exchange's pairs.
func (w walletService) GetPaginatedExchangeList(_ context.Context, q *tronpb.PaginatedMessage) (*tronpb.ExchangeList, error) {
	list, _ := pageOf(w.chain.Exchanges(w.view), q.GetOffset(), q.GetLimit())
	return &tronpb.ExchangeList{Exchanges: list}, nil
}

// GetChainParameters is the chain parameters in force.
func (w walletService) GetChainParameters(context.Context, *tronpb.EmptyMessage) (*tronpb.ChainParameters, error) {
	return w.chain.ChainParameters(), nil
}

// TotalTransaction is never counted.
func (w walletService) TotalTransaction(context.Context, *tronpb.EmptyMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{}, nil
}

// GetNextMaintenanceTime is when votes are counted next, in milliseconds since 1970.
func (w walletService) GetNextMaintenanceTime(context.Context, *tronpb.EmptyMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{Num: w.chain.NextMaintenance()}, nil
}

// GetNodeInfo says what node this is.
func (w walletService) GetNodeInfo(context.Context, *tronpb.EmptyMessage) (*tronpb.NodeInfo, error) {
	head, solid := w.heads()
	return &tronpb.NodeInfo{
		BeginSyncNum: w.chain.SolidNumber(), Block: head, SolidityBlock: solid,
		ConfigNodeInfo: &tronpb.NodeInfo_ConfigNodeInfo{
			CodeVersion: w.config.version(), P2PVersion: "0", DbVersion: 2, SupportConstant: true, MaxTimeRatio: 5, AllowCreationOfContracts: 1,
		},
		MachineInfo: &tronpb.NodeInfo_MachineInfo{},
	}, nil
}

// GetTransactionFromPending is a transaction that waits.
func (w walletService) GetTransactionFromPending(_ context.Context, q *tronpb.BytesMessage) (*tronpb.Transaction, error) {
	if len(q.GetValue()) != 32 {
		return nil, uncaught()
	}
	return orEmpty(w.chain.PendingTransaction(q.GetValue())), nil
}

// GetTransactionListFromPending is the ids of transactions that wait.
func (w walletService) GetTransactionListFromPending(context.Context, *tronpb.EmptyMessage) (*tronpb.TransactionIdList, error) {
	return &tronpb.TransactionIdList{TxId: w.pendingIDs()}, nil
}

// GetPendingSize counts transactions that wait.
func (w walletService) GetPendingSize(context.Context, *tronpb.EmptyMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{Num: int64(len(w.chain.Pending()))}, nil
}

// GetMemoFee is the history of the price of a memo.
func (w walletService) GetMemoFee(context.Context, *tronpb.EmptyMessage) (*tronpb.PricesResponseMessage, error) {
	return &tronpb.PricesResponseMessage{Prices: w.chain.Prices(state.MemoFees)}, nil
}

// GetBlockReference is the newest block's number and id.
func (d databaseService) GetBlockReference(context.Context, *tronpb.EmptyMessage) (*tronpb.BlockReference, error) {
	b := d.chain.NowBlock(chain.Head)
	return &tronpb.BlockReference{BlockNum: b.Number(), BlockHash: b.ID[:]}, nil
}

// GetDynamicProperties is the number of the newest solid block.
func (d databaseService) GetDynamicProperties(context.Context, *tronpb.EmptyMessage) (*tronpb.DynamicProperties, error) {
	return &tronpb.DynamicProperties{LastSolidityBlockNum: d.chain.SolidNumber()}, nil
}
