package rpc

import (
	"context"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// reads are the methods that services share, at one view. Their names and messages are java-tron's api.proto.
type reads struct {
	*Server
	view chain.View
}

func blockExtention(b *chain.Block) *tronpb.BlockExtention {
	if b == nil {
		return &tronpb.BlockExtention{}
	}
	e := &tronpb.BlockExtention{BlockHeader: b.Block.GetBlockHeader(), Blockid: b.ID[:]}
	for _, t := range b.Block.GetTransactions() {
		e.Transactions = append(e.Transactions, extentionOf(t))
	}
	return e
}

func blockMessage(b *chain.Block) *tronpb.Block {
	if b == nil {
		return &tronpb.Block{}
	}
	return b.Block
}

// GetNowBlock is the newest block.
func (r reads) GetNowBlock(context.Context, *tronpb.EmptyMessage) (*tronpb.Block, error) {
	return blockMessage(r.chain.NowBlock(r.view)), nil
}

// GetNowBlock2 is the newest block with its id.
func (r reads) GetNowBlock2(context.Context, *tronpb.EmptyMessage) (*tronpb.BlockExtention, error) {
	return blockExtention(r.chain.NowBlock(r.view)), nil
}

// GetBlockByNum is a block by height.
func (r reads) GetBlockByNum(_ context.Context, q *tronpb.NumberMessage) (*tronpb.Block, error) {
	return blockMessage(r.chain.BlockByNumber(r.view, q.GetNum())), nil
}

// GetBlockByNum2 is a block by height with its id.
func (r reads) GetBlockByNum2(_ context.Context, q *tronpb.NumberMessage) (*tronpb.BlockExtention, error) {
	return blockExtention(r.chain.BlockByNumber(r.view, q.GetNum())), nil
}

// GetBlockById is a block by id.
func (r reads) GetBlockById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.Block, error) {
	return blockMessage(r.chain.BlockByID(r.view, q.GetValue())), nil
}

// GetBlock is a block by number or id, without its transactions unless asked for.
func (r reads) GetBlock(_ context.Context, q *tronpb.BlockReq) (*tronpb.BlockExtention, error) {
	b, err := r.findBlock(r.view, q.GetIdOrNum())
	if err != nil {
		return nil, invalidArgument(err)
	}
	e := blockExtention(b)
	if !q.GetDetail() {
		e.Transactions = nil
	}
	return e, nil
}

func (r reads) limited(q *tronpb.BlockLimit) []*chain.Block {
	if !limitOK(q.GetStartNum(), q.GetEndNum()) || q.GetStartNum() < 0 {
		return nil
	}
	return r.chain.Blocks(r.view, q.GetStartNum(), q.GetEndNum())
}

func (r reads) newest(count int64) []*chain.Block {
	if count <= 0 || count > MaxBlocksByLatest {
		return nil
	}
	return r.latest(r.view, count)
}

func blockList(blocks []*chain.Block) *tronpb.BlockList {
	list := &tronpb.BlockList{}
	for _, b := range blocks {
		list.Block = append(list.Block, b.Block)
	}
	return list
}

func blockListExtention(blocks []*chain.Block) *tronpb.BlockListExtention {
	list := &tronpb.BlockListExtention{}
	for _, b := range blocks {
		list.Block = append(list.Block, blockExtention(b))
	}
	return list
}

// GetBlockByLimitNext is at most 100 blocks from a height on.
func (r reads) GetBlockByLimitNext(_ context.Context, q *tronpb.BlockLimit) (*tronpb.BlockList, error) {
	return blockList(r.limited(q)), nil
}

// GetBlockByLimitNext2 is GetBlockByLimitNext with ids.
func (r reads) GetBlockByLimitNext2(_ context.Context, q *tronpb.BlockLimit) (*tronpb.BlockListExtention, error) {
	return blockListExtention(r.limited(q)), nil
}

// GetBlockByLatestNum is the newest blocks, at most 99.
func (r reads) GetBlockByLatestNum(_ context.Context, q *tronpb.NumberMessage) (*tronpb.BlockList, error) {
	return blockList(r.newest(q.GetNum())), nil
}

// GetBlockByLatestNum2 is GetBlockByLatestNum with ids.
func (r reads) GetBlockByLatestNum2(_ context.Context, q *tronpb.NumberMessage) (*tronpb.BlockListExtention, error) {
	return blockListExtention(r.newest(q.GetNum())), nil
}

// GetTransactionCountByBlockNum counts, -1 for a block that is not there.
func (r reads) GetTransactionCountByBlockNum(_ context.Context, q *tronpb.NumberMessage) (*tronpb.NumberMessage, error) {
	b := r.chain.BlockByNumber(r.view, q.GetNum())
	if b == nil {
		return &tronpb.NumberMessage{Num: -1}, nil
	}
	return &tronpb.NumberMessage{Num: int64(len(b.IDs))}, nil
}

// GetTransactionById is a transaction by id.
func (r reads) GetTransactionById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.Transaction, error) {
	return orEmpty(r.chain.Transaction(r.view, q.GetValue())), nil
}

// GetTransactionInfoById is what came of a transaction.
func (r reads) GetTransactionInfoById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.TransactionInfo, error) {
	return orEmpty(r.chain.TransactionInfo(r.view, q.GetValue())), nil
}

// GetTransactionInfoByBlockNum is what came of a block's transactions.
func (r reads) GetTransactionInfoByBlockNum(_ context.Context, q *tronpb.NumberMessage) (*tronpb.TransactionInfoList, error) {
	return &tronpb.TransactionInfoList{TransactionInfo: r.infos(r.view, q.GetNum())}, nil
}

// GetAccount is an account.
func (r reads) GetAccount(_ context.Context, q *tronpb.Account) (*tronpb.Account, error) {
	return orEmpty(r.chain.Account(r.view, q.GetAddress())), nil
}

// GetAccountById is an account by the id that it set.
func (r reads) GetAccountById(_ context.Context, q *tronpb.Account) (*tronpb.Account, error) {
	return orEmpty(r.chain.AccountByID(r.view, q.GetAccountId())), nil
}

// GetAssetIssueList is all tokens.
func (r reads) GetAssetIssueList(context.Context, *tronpb.EmptyMessage) (*tronpb.AssetIssueList, error) {
	return assetList(r.chain.Assets(r.view)), nil
}

// GetPaginatedAssetIssueList is a part of all tokens.
func (r reads) GetPaginatedAssetIssueList(_ context.Context, q *tronpb.PaginatedMessage) (*tronpb.AssetIssueList, error) {
	list, _ := pageOf(r.sortedAssets(r.view), q.GetOffset(), q.GetLimit())
	return assetList(list), nil
}

// GetAssetIssueByName is the only token of a name; of several, none.
func (r reads) GetAssetIssueByName(_ context.Context, q *tronpb.BytesMessage) (*tronpb.AssetIssueContract, error) {
	asset, err := r.assetByName(r.view, q.GetValue())
	if err != nil {
		return &tronpb.AssetIssueContract{}, nil
	}
	return orEmpty(asset), nil
}

// GetAssetIssueListByName is the tokens of a name.
func (r reads) GetAssetIssueListByName(_ context.Context, q *tronpb.BytesMessage) (*tronpb.AssetIssueList, error) {
	return orEmpty(r.assetsByName(r.view, q.GetValue())), nil
}

// GetAssetIssueById is a token by the digits of its id.
func (r reads) GetAssetIssueById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.AssetIssueContract, error) {
	return orEmpty(r.chain.Asset(r.view, string(q.GetValue()))), nil
}

// ListWitnesses is all witnesses.
func (r reads) ListWitnesses(context.Context, *tronpb.EmptyMessage) (*tronpb.WitnessList, error) {
	return r.chain.Witnesses(r.view), nil
}

// GetDelegatedResource is what one account lent to another before Stake 2.0.
func (r reads) GetDelegatedResource(_ context.Context, q *tronpb.DelegatedResourceMessage) (*tronpb.DelegatedResourceList, error) {
	return r.chain.DelegatedResourceOld(r.view, q.GetFromAddress(), q.GetToAddress()), nil
}

// GetDelegatedResourceV2 is what one account lends to another.
func (r reads) GetDelegatedResourceV2(_ context.Context, q *tronpb.DelegatedResourceMessage) (*tronpb.DelegatedResourceList, error) {
	return r.chain.DelegatedResource(r.view, q.GetFromAddress(), q.GetToAddress()), nil
}

// GetDelegatedResourceAccountIndex is the partners of before Stake 2.0.
func (r reads) GetDelegatedResourceAccountIndex(_ context.Context, q *tronpb.BytesMessage) (*tronpb.DelegatedResourceAccountIndex, error) {
	return r.chain.DelegatedResourceAccountIndex(r.view, q.GetValue(), true), nil
}

// GetDelegatedResourceAccountIndexV2 is the partners in lending.
func (r reads) GetDelegatedResourceAccountIndexV2(_ context.Context, q *tronpb.BytesMessage) (*tronpb.DelegatedResourceAccountIndex, error) {
	return r.chain.DelegatedResourceAccountIndex(r.view, q.GetValue(), false), nil
}

// GetCanDelegatedMaxSize is what an account can lend, in sun.
func (r reads) GetCanDelegatedMaxSize(_ context.Context, q *tronpb.CanDelegatedMaxSizeRequestMessage) (*tronpb.CanDelegatedMaxSizeResponseMessage, error) {
	most := r.chain.CanDelegatedMaxSize(r.view, q.GetOwnerAddress(), q.GetType())
	return &tronpb.CanDelegatedMaxSizeResponseMessage{MaxSize: int64(most)}, nil
}

// GetAvailableUnfreezeCount is how many more unstakings may start.
func (r reads) GetAvailableUnfreezeCount(_ context.Context, q *tronpb.GetAvailableUnfreezeCountRequestMessage) (*tronpb.GetAvailableUnfreezeCountResponseMessage, error) {
	return &tronpb.GetAvailableUnfreezeCountResponseMessage{Count: r.chain.AvailableUnfreezeCount(r.view, q.GetOwnerAddress())}, nil
}

// GetCanWithdrawUnfreezeAmount is what has finished unstaking at a time, in sun.
func (r reads) GetCanWithdrawUnfreezeAmount(_ context.Context, q *tronpb.CanWithdrawUnfreezeAmountRequestMessage) (*tronpb.CanWithdrawUnfreezeAmountResponseMessage, error) {
	sum := r.chain.CanWithdrawUnfreezeAmount(r.view, q.GetOwnerAddress(), q.GetTimestamp())
	return &tronpb.CanWithdrawUnfreezeAmountResponseMessage{Amount: int64(sum)}, nil
}

// GetExchangeById is a pair of the exchange; the id is 8 bytes, big-endian.
func (r reads) GetExchangeById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.Exchange, error) {
	id, ok := longOf(q.GetValue())
	if !ok {
		return &tronpb.Exchange{}, nil
	}
	return orEmpty(r.chain.Exchange(r.view, id)), nil
}

// longOf is ByteArray.toLong: big-endian bytes as a signed number.
func longOf(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n, true
}

// ListExchanges is all pairs.
func (r reads) ListExchanges(context.Context, *tronpb.EmptyMessage) (*tronpb.ExchangeList, error) {
	return &tronpb.ExchangeList{Exchanges: r.chain.Exchanges(r.view)}, nil
}

// GetRewardInfo is a reward that was not taken, in sun.
func (r reads) GetRewardInfo(_ context.Context, q *tronpb.BytesMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{Num: int64(r.chain.Reward(r.view, q.GetValue()))}, nil
}

// GetBrokerageInfo is a witness's share, in percent.
func (r reads) GetBrokerageInfo(_ context.Context, q *tronpb.BytesMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{Num: r.chain.Brokerage(r.view, q.GetValue())}, nil
}

// GetBurnTrx is all TRX that was burnt, in sun.
func (r reads) GetBurnTrx(context.Context, *tronpb.EmptyMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{Num: int64(r.chain.Burnt(r.view))}, nil
}

// GetBandwidthPrices is the history of the price of bandwidth.
func (r reads) GetBandwidthPrices(context.Context, *tronpb.EmptyMessage) (*tronpb.PricesResponseMessage, error) {
	return &tronpb.PricesResponseMessage{Prices: r.chain.Prices(state.BandwidthPrices)}, nil
}

// GetEnergyPrices is the history of the price of energy.
func (r reads) GetEnergyPrices(context.Context, *tronpb.EmptyMessage) (*tronpb.PricesResponseMessage, error) {
	return &tronpb.PricesResponseMessage{Prices: r.chain.Prices(state.EnergyPrices)}, nil
}

// GetMarketOrderById is an order with its neighbours in the queue.
func (r reads) GetMarketOrderById(_ context.Context, q *tronpb.BytesMessage) (*tronpb.MarketOrder, error) {
	o, err := r.order(r.view, q.GetValue())
	if err != nil {
		return nil, thrown(err)
	}
	return orEmpty(o), nil
}

// GetMarketOrderByAccount lists the open orders of an account.
func (r reads) GetMarketOrderByAccount(_ context.Context, q *tronpb.BytesMessage) (*tronpb.MarketOrderList, error) {
	return orEmpty(r.chain.MarketOrdersOf(r.view, q.GetValue())), nil
}

// GetMarketPriceByPair lists the prices of a pair.
func (r reads) GetMarketPriceByPair(_ context.Context, q *tronpb.MarketOrderPair) (*tronpb.MarketPriceList, error) {
	if err := checkPair(q.GetSellTokenId(), q.GetBuyTokenId()); err != nil {
		return nil, thrown(err)
	}
	return r.chain.MarketPrices(r.view, q.GetSellTokenId(), q.GetBuyTokenId()), nil
}

// GetMarketOrderListByPair lists the open orders of a pair.
func (r reads) GetMarketOrderListByPair(_ context.Context, q *tronpb.MarketOrderPair) (*tronpb.MarketOrderList, error) {
	if err := checkPair(q.GetSellTokenId(), q.GetBuyTokenId()); err != nil {
		return nil, thrown(err)
	}
	return r.chain.MarketOrdersByPair(r.view, q.GetSellTokenId(), q.GetBuyTokenId()), nil
}

// GetMarketPairList lists the pairs that have open orders.
func (r reads) GetMarketPairList(context.Context, *tronpb.EmptyMessage) (*tronpb.MarketOrderPairList, error) {
	return r.chain.MarketPairs(r.view), nil
}

// TriggerConstantContract tries a call.
func (r reads) TriggerConstantContract(_ context.Context, q *tronpb.TriggerSmartContract) (*tronpb.TransactionExtention, error) {
	e := newCallAnswer()
	built, err := r.constantCall(r.view, q, e)
	return called(e, built, err), nil
}

// called finishes the answer of a call (RpcApiService.callContract).
func called(e *callAnswer, built *tronpb.Transaction, err error) *tronpb.TransactionExtention {
	if err != nil {
		e.Result = grpcFailure(err, true)
		return e.TransactionExtention
	}
	id := txID(built)
	e.Transaction, e.Txid = built, id[:]
	e.Result = &tronpb.Return{Result: true, Message: e.GetResult().GetMessage()}
	return e.TransactionExtention
}

// EstimateEnergy says what energy a call needs.
func (r reads) EstimateEnergy(_ context.Context, q *tronpb.TriggerSmartContract) (*tronpb.EstimateEnergyMessage, error) {
	answer, err := r.estimate(r.view, q)
	if err != nil {
		return &tronpb.EstimateEnergyMessage{Result: grpcFailure(err, true)}, nil
	}
	return answer, nil
}
