package rpc

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// blockArg is Wallet.getByJsonBlockId: a tag or a number; nil when there is no such block.
func (c *ethCall) blockArg(i int) (*chain.Block, error) {
	text, ok, err := c.text(i)
	if err != nil {
		return nil, err
	}
	switch {
	case isTag(text, "earliest"):
		return c.chain.BlockByNumber(chain.Head, 0), nil
	case isTag(text, "latest"):
		return c.chain.NowBlock(chain.Head), nil
	case isTag(text, "finalized"):
		return c.chain.NowBlock(chain.Solid), nil
	case isTag(text, "pending"):
		return nil, invalidParams(pendingText)
	}
	number, isNumber := bigArg(text)
	if !ok || !isNumber {
		return nil, invalidParams(numberText)
	}
	return c.chain.BlockByNumber(chain.Head, number), nil
}

// blockHashArg is a block by its hash; nil when there is none.
func (c *ethCall) blockHashArg(i int) (*chain.Block, error) {
	text, err := c.needText(i)
	if err != nil {
		return nil, err
	}
	id, err := hashArg(text)
	if err != nil {
		return nil, err
	}
	return c.chain.BlockByID(chain.Head, id), nil
}

// getBlockByHash looks at its flag even if there is no such block.
func getBlockByHash(c *ethCall) (any, error) { return c.block(c.blockHashArg, true) }

func getBlockByNumber(c *ethCall) (any, error) { return c.block(c.blockArg, false) }

// block answers with whole transactions or their hashes, as the second parameter says.
func (c *ethCall) block(find func(int) (*chain.Block, error), needFlag bool) (any, error) {
	whole, ok, err := c.flag(1)
	if err != nil {
		return nil, err
	}
	b, err := find(0)
	switch {
	case err != nil:
		return nil, err
	case !ok && (b != nil || needFlag):
		return nil, javajson.Null()
	case b == nil:
		return nil, nil
	}
	return c.ethBlock(b, whole), nil
}

func (s *Server) ethBlock(b *chain.Block, whole bool) *ethBlock {
	header := b.Block.GetBlockHeader().GetRawData()
	block := &ethBlock{
		BaseFeePerGas: "0x0", Difficulty: "0x0", ExtraData: "0x", Hash: ethBytes(b.ID[:]), LogsBloom: zeroBloom, Miner: zeros(20),
		MixHash: zeros(32), Nonce: zeros(8), Number: ethNumber(b.Number()), ParentHash: ethBytes(header.GetParentHash()),
		ReceiptsRoot: zeros(32), SHA3Uncles: zeros(32), Size: ethNumber(proto.Size(b.Block)), StateRoot: ethBytes(header.GetAccountStateRoot()),
		Timestamp: ethNumber(header.GetTimestamp() / 1000), TotalDifficulty: "0x0", Transactions: []any{},
		TransactionsRoot: ethBytes(header.GetTxTrieRoot()), Uncles: []string{},
	}
	if b.Number() > 0 {
		block.Miner = *ethAddress(header.GetWitnessAddress())
	}
	var limit, used int64
	for i, t := range b.Block.GetTransactions() {
		limit += t.GetRawData().GetFeeLimit()
		used += b.Infos[i].GetReceipt().GetEnergyUsageTotal()
		if whole {
			block.Transactions = append(block.Transactions, s.ethTransaction(b, i))
		} else {
			block.Transactions = append(block.Transactions, ethBytes(b.IDs[i][:]))
		}
	}
	block.GasLimit, block.GasUsed = ethNumber(limit), ethNumber(used)
	if s.config.CleanBlocks {
		s.clean(block, used)
	}
	return block
}

// Values that make a block one that Ethereum's tools can read (Config.CleanBlocks).
const (
	cleanGasLimit = 30_000_000
	emptyUncles   = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
)

// clean gives a block what strict decoders of Ethereum insist on: a state root of 32 bytes, a gas limit that is not below the use, a price.
func (s *Server) clean(b *ethBlock, used int64) {
	if b.StateRoot == "0x" {
		b.StateRoot = zeros(32)
	}
	b.SHA3Uncles = emptyUncles
	b.GasLimit = ethNumber(max(cleanGasLimit, used))
	b.BaseFeePerGas = ethNumber(s.chain.Param(state.EnergyFee))
	for _, t := range b.Transactions {
		if full, ok := t.(*ethTransaction); ok {
			s.cleanTransaction(full)
		}
	}
}

func (s *Server) cleanTransaction(t *ethTransaction) {
	id := s.chain.GenesisID()
	t.ChainID = "0x" + strings.TrimLeft(hexText(id[28:]), "0")
	t.Nonce = "0x0"
	for _, word := range []*string{&t.R, &t.S, &t.V} {
		*word = "0x" + strings.TrimLeft(strings.TrimPrefix(*word, "0x"), "0")
		if *word == "0x" {
			*word = "0x0"
		}
	}
}

// energyFeeAt is the price of energy at a time, from its history.
func (s *Server) energyFeeAt(at int64) int64 {
	fee := s.chain.Param(state.EnergyFee)
	for _, entry := range strings.Split(s.chain.Prices(state.EnergyPrices), ",") {
		since, price, _ := strings.Cut(entry, ":")
		from, err := strconv.ParseInt(since, 10, 64)
		value, err2 := strconv.ParseInt(price, 10, 64)
		if err == nil && err2 == nil && at > from {
			fee = value
		}
	}
	return fee
}

// ownerOf is the owner_address of a contract.
func ownerOf(m proto.Message) []byte {
	if owned, ok := m.(interface{ GetOwnerAddress() []byte }); ok {
		return owned.GetOwnerAddress()
	}
	if shielded, ok := m.(*tronpb.ShieldedTransferContract); ok {
		return shielded.GetTransparentFromAddress()
	}
	return nil
}

// recipientOf is JsonRpcApiUtil.getToAddress.
func recipientOf(m proto.Message) []byte {
	switch c := m.(type) {
	case *tronpb.AccountCreateContract:
		return c.GetAccountAddress()
	case *tronpb.VoteWitnessContract:
		if len(c.GetVotes()) > 0 {
			return c.GetVotes()[0].GetVoteAddress()
		}
	case *tronpb.ShieldedTransferContract:
		return c.GetTransparentToAddress()
	case interface{ GetToAddress() []byte }:
		return c.GetToAddress()
	case interface{ GetReceiverAddress() []byte }:
		return c.GetReceiverAddress()
	case interface{ GetContractAddress() []byte }:
		return c.GetContractAddress()
	}
	return nil
}

// What getTransactionAmount says of contracts that cost a fixed fee, whatever the chain parameters.
const (
	witnessAmount    = 9_999_000_000
	issueAmount      = 1_024_000_000
	permissionAmount = 100_000_000
)

// amountOf is JsonRpcApiUtil.getTransactionAmount: sun, units or votes, as the contract has it.
func (s *Server) amountOf(m proto.Message, info *tronpb.TransactionInfo) int64 {
	switch c := m.(type) {
	case *tronpb.TransferContract:
		return c.GetAmount()
	case *tronpb.TransferAssetContract:
		return c.GetAmount()
	case *tronpb.VoteWitnessContract:
		var votes int64
		for _, v := range c.GetVotes() {
			votes += v.GetVoteCount()
		}
		return votes
	case *tronpb.WitnessCreateContract:
		return witnessAmount
	case *tronpb.AssetIssueContract, *tronpb.ExchangeCreateContract:
		return issueAmount
	case *tronpb.AccountPermissionUpdateContract:
		return permissionAmount
	case *tronpb.FreezeBalanceContract:
		return c.GetFrozenBalance()
	case *tronpb.TriggerSmartContract:
		return c.GetCallValue()
	case interface{ GetQuant() int64 }:
		return c.GetQuant()
	case *tronpb.UnfreezeAssetContract:
		return s.frozenAmount(c.GetOwnerAddress())
	case *tronpb.UnfreezeBalanceContract, *tronpb.UnfreezeBalanceV2Contract:
		return info.GetUnfreezeAmount()
	case *tronpb.WithdrawBalanceContract:
		return info.GetWithdrawAmount()
	case *tronpb.WithdrawExpireUnfreezeContract:
		return info.GetWithdrawExpireAmount()
	case *tronpb.CancelAllUnfreezeV2Contract:
		var sum int64
		for _, v := range info.GetCancelUnfreezeV2Amount() {
			sum += v
		}
		return sum
	}
	return 0
}

func (s *Server) frozenAmount(owner []byte) (sum int64) {
	issued := s.chain.AssetsOf(chain.Head, owner)
	if len(issued) != 1 {
		return 0
	}
	for _, f := range issued[0].GetFrozenSupply() {
		sum += f.GetFrozenAmount()
	}
	return sum
}

func countByHash(c *ethCall) (any, error) { return count(c.blockHashArg(0)) }

func countByNumber(c *ethCall) (any, error) { return count(c.blockArg(0)) }

func count(b *chain.Block, err error) (any, error) {
	if err != nil || b == nil {
		return nil, err
	}
	return ethNumber(len(b.IDs)), nil
}

func (c *ethCall) hash(i int) ([]byte, error) {
	text, err := c.needText(i)
	if err != nil {
		return nil, err
	}
	return hashArg(text)
}
