package chaintest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/settle"
	testchain "github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrAway is what a node that is away answers.
var ErrAway = errors.New("the node is away")

// Node is one node's view of the network, honest until told otherwise. It is chain.Reader, chain.Writer, chain.Words, and what the settler asks for prices.
type Node struct {
	net *Network

	mu     sync.Mutex
	away   bool
	frozen map[int64]chain.Block // what a node that stands still shows; nil when it does not
	head   int64                 // of frozen
	solid  int64
	lie    func(*chain.Block)
	refuse *tronpb.Return
}

// Node is a new node of the network.
func (n *Network) Node() *Node { return &Node{net: n} }

// SetAway makes every request fail, or not any more.
func (v *Node) SetAway(away bool) { v.mu.Lock(); v.away = away; v.mu.Unlock() }

// SetLie changes what the node says of blocks; nil ends it.
func (v *Node) SetLie(lie func(*chain.Block)) { v.mu.Lock(); v.lie = lie; v.mu.Unlock() }

// SetRefusal makes the node answer every broadcast so; nil ends it.
func (v *Node) SetRefusal(answer *tronpb.Return) { v.mu.Lock(); v.refuse = answer; v.mu.Unlock() }

// Freeze makes the node stand still: it answers as if no block came any more.
func (v *Node) Freeze() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.frozen != nil {
		return
	}
	v.head, v.solid = v.net.Chain.HeadNumber(), v.net.Chain.SolidNumber()
	v.frozen = map[int64]chain.Block{}
	for number := max(0, v.head-100); number <= v.head; number++ {
		v.frozen[number], _ = v.net.block(number)
	}
}

// Thaw ends a Freeze.
func (v *Node) Thaw() { v.mu.Lock(); v.frozen = nil; v.mu.Unlock() }

// Heads implements chain.Reader.
func (v *Node) Heads(ctx context.Context) (head, solid channel.Block, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return head, solid, ErrAway
	}
	if v.frozen != nil {
		return v.frozen[v.head].Block, v.frozen[v.solid].Block, nil
	}
	h, _ := v.net.block(v.net.Chain.HeadNumber())
	s, _ := v.net.block(v.net.Chain.SolidNumber())
	return h.Block, s.Block, ctx.Err()
}

// Block implements chain.Reader.
func (v *Node) Block(ctx context.Context, number int64) (chain.Block, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return chain.Block{}, ErrAway
	}
	block, ok := v.frozen[number]
	if v.frozen == nil {
		block, ok = v.net.block(number)
	}
	if !ok {
		return chain.Block{}, fmt.Errorf("%w: number %d", chain.ErrNoBlock, number)
	}
	if v.lie != nil {
		v.lie(&block)
	}
	return block, ctx.Err()
}

func (n *Network) block(number int64) (chain.Block, bool) {
	b := n.Chain.BlockByNumber(testchain.Head, number)
	if b == nil {
		return chain.Block{}, false
	}
	raw := b.Block.GetBlockHeader().GetRawData()
	block := chain.Block{Block: channel.Block{Number: b.Number(), Hash: b.ID, Time: b.Time()}}
	copy(block.Parent[:], raw.GetParentHash())
	for i, info := range b.Infos {
		one := chain.Transaction{ID: b.IDs[i]}
		for _, l := range info.GetLog() {
			one.Logs = append(one.Logs, chain.Log{Contract: wallet.AddressFromEVM([20]byte(l.GetAddress())), Topics: topics(l), Data: l.GetData()})
		}
		block.Transactions = append(block.Transactions, one)
	}
	return block, true
}

// Build implements chain.Writer.
func (v *Node) Build(_ context.Context, call tx.Contract, fee chain.Fee) (*tx.Transaction, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return nil, ErrAway
	}
	trigger := call.(*tx.TriggerSmartContract)
	run, err := v.net.Chain.Constant(testchain.Head, &tronpb.TriggerSmartContract{
		OwnerAddress: trigger.Owner[:], ContractAddress: trigger.Contract[:], Data: trigger.Data, CallValue: int64(trigger.CallValue),
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", chain.ErrReverts, err)
	}
	if run.Failure != "" {
		return nil, fmt.Errorf("%w: %s", chain.ErrReverts, run.Failure)
	}
	price := wallet.Sun(v.net.Param("getEnergyFee"))
	limit, err := fee.Limit(run.EnergyUsed, price)
	if err != nil {
		return nil, err
	}
	if v.net.Chain.Balance(testchain.Head, trigger.Owner) < wallet.Sun(run.EnergyUsed)*price {
		return nil, chain.ErrShort
	}
	return tx.Build(call, v.net.reference(), v.net.options(limit))
}

// Broadcast implements chain.Writer: a duplicate that the chain holds is no refusal.
func (v *Node) Broadcast(_ context.Context, signed []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return ErrAway
	}
	answer := v.refuse
	if answer == nil {
		answer = v.net.broadcast(signed)
	}
	if answer.GetResult() || answer.GetCode() == tronpb.Return_DUP_TRANSACTION_ERROR {
		return nil
	}
	return fmt.Errorf("%w: %s: %s", chain.ErrRefused, answer.GetCode(), answer.GetMessage())
}

// Outcome implements chain.Writer.
func (v *Node) Outcome(_ context.Context, id tx.ID, expires time.Time) (chain.Outcome, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return chain.Outcome{}, ErrAway
	}
	if v.frozen != nil {
		return chain.Outcome{State: channel.IntentSigned}, nil // what came after it stood still is unknown to it
	}
	if info := v.net.Chain.TransactionInfo(testchain.Solid, id[:]); info != nil {
		return outcome(info, channel.IntentSolid), nil
	}
	if info := v.net.Chain.TransactionInfo(testchain.Head, id[:]); info != nil {
		return outcome(info, channel.IntentInBlock), nil
	}
	if v.net.Chain.NowBlock(testchain.Solid).Time() >= expires.UnixMilli() {
		return chain.Outcome{State: channel.IntentExpired}, nil
	}
	return chain.Outcome{State: channel.IntentSigned}, nil
}

func outcome(info *tronpb.TransactionInfo, state channel.IntentState) chain.Outcome {
	o := chain.Outcome{State: state, Block: info.GetBlockNumber(), Energy: info.GetReceipt().GetEnergyUsageTotal(), Fee: wallet.Sun(info.GetFee())}
	if result := info.GetReceipt().GetResult(); result != tronpb.Transaction_Result_SUCCESS {
		o.Failure = result.String() + " " + string(info.GetResMessage())
		if state == channel.IntentSolid {
			o.State = channel.IntentFailed
		}
	}
	return o
}

// Figures implements chain.Words.
func (v *Node) Figures(_ context.Context, id channel.ID) (contract.Figures, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return contract.Figures{}, ErrAway
	}
	return v.net.figures(testchain.Solid, id)
}

// Market is what energy and bytes cost and what the account has; no contract here is busy enough for a factor.
func (v *Node) Market(_ context.Context, account wallet.Address, _ []channel.Asset) (settle.Prices, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.away {
		return settle.Prices{}, ErrAway
	}
	return settle.Prices{
		Energy: wallet.Sun(v.net.Param("getEnergyFee")), Byte: wallet.Sun(v.net.Param("getTransactionFee")), Balance: v.net.Chain.Balance(testchain.Head, account),
	}, nil
}

// Param is a chain parameter by its name in getchainparameters.
func (n *Network) Param(key string) int64 {
	for _, p := range n.Chain.ChainParameters().GetChainParameter() {
		if p.GetKey() == key {
			return p.GetValue()
		}
	}
	return 0
}
