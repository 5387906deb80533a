package rpc

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// ethTransaction is a transaction of a block.
func (s *Server) ethTransaction(b *chain.Block, index int) *ethTransaction {
	t := s.plainTransaction(b.Block.GetTransactions()[index], b.Infos[index], b.Number() == 0)
	t.BlockHash, t.BlockNumber, t.TransactionIndex = ethBytes(b.ID[:]), ethNumber(b.Number()), ethNumber(index)
	t.Gas = ethNumber(b.Infos[index].GetReceipt().GetEnergyUsageTotal())
	t.GasPrice = ethNumber(s.energyFeeAt(b.Time()))
	return t
}

// plainTransaction is what a transaction shows that waits.
func (s *Server) plainTransaction(t *tronpb.Transaction, info *tronpb.TransactionInfo, genesis bool) *ethTransaction {
	id, none := txID(t), zeros(20)
	e := &ethTransaction{
		BlockHash: "0x", BlockNumber: "0x", TransactionIndex: "0x", Hash: ethBytes(id[:]), Nonce: zeros(8), Type: "0x0",
		From: &none, To: &none, Value: "0x0", Gas: "0x0", GasPrice: "0x", Input: "0x",
		V: zeros(1), R: zeros(32), S: zeros(32),
	}
	if contracts := t.GetRawData().GetContract(); len(contracts) > 0 {
		m := unpacked(contracts[0])
		if !genesis {
			e.From = ethAddress(ownerOf(m))
		}
		e.To = ethAddress(recipientOf(m))
		e.Value = ethNumber(s.amountOf(m, info))
		if trigger, ok := m.(*tronpb.TriggerSmartContract); ok {
			e.Input = ethBytes(trigger.GetData())
		}
	}
	if signatures := t.GetSignature(); len(signatures) > 0 && len(signatures[0]) >= 65 {
		v := int8(signatures[0][64])
		if v < 27 {
			v += 27
		}
		e.R, e.S, e.V = ethBytes(signatures[0][:32]), ethBytes(signatures[0][32:64]), ethNumber(int64(v))
	}
	return e
}

func transactionByHash(c *ethCall) (any, error) {
	id, err := c.hash(0)
	if err != nil {
		return nil, err
	}
	if b, i := c.chain.TransactionBlock(chain.Head, id); b != nil && b.Number() > 0 {
		t := c.ethTransaction(b, i)
		if c.config.CleanBlocks {
			c.cleanTransaction(t)
		}
		return t, nil
	}
	if t := c.chain.Transaction(chain.Head, id); t != nil {
		return c.plainTransaction(t, nil, false), nil
	}
	return nil, nil
}

func transactionByBlockHash(c *ethCall) (any, error) { return c.transactionOf(c.blockHashArg(0)) }

func transactionByBlockNumber(c *ethCall) (any, error) { return c.transactionOf(c.blockArg(0)) }

const outOfBounds = "java.lang.IndexOutOfBoundsException"

func (c *ethCall) transactionOf(b *chain.Block, err error) (any, error) {
	if err != nil || b == nil {
		return nil, err
	}
	text, ok, err := c.text(1)
	if err != nil {
		return nil, err
	}
	digits, isHex := strings.CutPrefix(text, "0x")
	index, err := strconv.ParseInt(digits, 16, 32)
	if !ok || !isHex || err != nil {
		return nil, invalidParams("invalid index value")
	}
	switch {
	case index >= int64(len(b.IDs)):
		return nil, nil
	case index < 0 && len(b.IDs) == 0: // an empty list of Java is of another class
		return nil, unexpected(outOfBounds, fmt.Sprintf("Index: %d", index))
	case index < 0:
		return nil, unexpected(outOfBounds, fmt.Sprintf("Index %d out of bounds for length %d", index, len(b.IDs)))
	}
	return c.ethTransaction(b, int(index)), nil
}

func transactionReceipt(c *ethCall) (any, error) {
	id, err := c.hash(0)
	if err != nil {
		return nil, err
	}
	b, i := c.chain.TransactionBlock(chain.Head, id)
	if b == nil || b.Number() == 0 {
		return nil, nil
	}
	return c.ethReceipts(b)[i], nil
}

// blockReceipts takes a tag, a number or a hash. The genesis block has none.
func blockReceipts(c *ethCall) (any, error) {
	text, _, err := c.text(0)
	if err != nil {
		return nil, err
	}
	read := c.blockArg
	if len(strings.TrimPrefix(text, "0x")) == 64 {
		read = c.blockHashArg
	}
	b, err := read(0)
	if err != nil || b == nil || b.Number() == 0 {
		return nil, err
	}
	return c.ethReceipts(b), nil
}

// ethReceipts is the receipts of a block.
func (s *Server) ethReceipts(b *chain.Block) []*ethReceipt {
	receipts, price := make([]*ethReceipt, 0, len(b.IDs)), ethNumber(s.energyFeeAt(b.Time()))
	var gas int64
	logs := 0
	for i, info := range b.Infos {
		used := info.GetReceipt().GetEnergyUsageTotal()
		gas += used
		r := &ethReceipt{
			BlockHash: ethBytes(b.ID[:]), BlockNumber: ethNumber(b.Number()), CumulativeGasUsed: ethNumber(gas), EffectiveGasPrice: price,
			GasUsed: ethNumber(used), LogsBloom: zeroBloom, Status: "0x1", TransactionHash: ethBytes(b.IDs[i][:]),
			TransactionIndex: ethNumber(i), Type: "0x0", Logs: []ethLog{},
		}
		if info.GetReceipt().GetResult() > tronpb.Transaction_Result_SUCCESS {
			r.Status = "0x0"
		}
		if contracts := b.Block.GetTransactions()[i].GetRawData().GetContract(); len(contracts) > 0 {
			m := unpacked(contracts[0])
			r.From, r.To = ethAddress(ownerOf(m)), ethAddress(recipientOf(m))
			if contracts[0].GetType() == tronpb.Transaction_Contract_CreateSmartContract {
				r.ContractAddress = ethAddress(info.GetContractAddress())
			}
		}
		for _, log := range info.GetLog() {
			r.Logs = append(r.Logs, ethLogOf(b, i, logs, log))
			logs++
		}
		receipts = append(receipts, r)
	}
	return receipts
}

// ethLogOf is a log; index counts within the block.
func ethLogOf(b *chain.Block, transaction, index int, log *tronpb.TransactionInfo_Log) ethLog {
	e := ethLog{
		Address: ethBytes(log.GetAddress()), BlockHash: ethBytes(b.ID[:]), BlockNumber: ethNumber(b.Number()), Data: ethBytes(log.GetData()),
		LogIndex: ethNumber(index), Topics: []string{}, TransactionHash: ethBytes(b.IDs[transaction][:]), TransactionIndex: ethNumber(transaction),
	}
	if len(log.GetAddress()) == len(wallet.Address{}) {
		e.Address = ethBytes(log.GetAddress()[1:])
	}
	for _, topic := range log.GetTopics() {
		e.Topics = append(e.Topics, ethBytes(topic))
	}
	return e
}
