// Package chaintest is a Tron network in this process as the channel service sees it, over a real testnet chain with the real contract on it: forks, lost and late
// transactions are the chain's; nodes that are away, stand still or lie are this package's.
package chaintest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// Network is a chain with the contract. Blocks come when Chain.Mine is called.
type Network struct {
	Chain    *chain.Node
	Contract wallet.Address
	Domain   channel.Domain
	now      func() time.Time
	nonce    atomic.Int64
}

// Rich is what every key of Key has.
const Rich = 1_000_000 * wallet.TRX

// maxKeys is how many keys have money.
const maxKeys = 16

// Key is a funded account: 0 for the payee by custom, the rest for payers.
func Key(n byte) *wallet.Key { return wallettest.Numbered(n) }

// New starts a network whose solid block is lag behind its head, and deploys the contract.
func New(now func() time.Time, lag int64) (*Network, error) {
	config := chain.Config{Mining: chain.Manual, Now: now, SolidLag: lag}
	for i := range byte(maxKeys) {
		config.Accounts = append(config.Accounts, chain.Funded{Address: Key(i).Address(), Balance: Rich})
	}
	node, err := chain.New(config)
	if err != nil {
		return nil, err
	}
	n := &Network{Chain: node, now: now}
	deployer := Key(maxKeys - 1)
	deploy, err := n.sign(deployer, contract.Deployment(deployer.Address()), 10_000*wallet.TRX)
	if err != nil {
		return nil, err
	}
	n.Contract, _ = deploy.ContractAddress()
	if answer := n.broadcast(deploy.Bytes()); !answer.GetResult() {
		return nil, fmt.Errorf("deploying: %s", answer.GetMessage())
	}
	node.Mine(int(lag) + 1)
	n.Domain = channel.DomainOn(node.GenesisID(), n.Contract)
	return n, nil
}

// sign makes a transaction that no other is equal to.
func (n *Network) sign(key *wallet.Key, call tx.Contract, limit wallet.Sun) (*tx.Transaction, error) {
	built, err := tx.Build(call, n.reference(), n.options(limit))
	if err != nil {
		return nil, err
	}
	_, err = built.AddSignature(key.Sign([32]byte(built.ID())))
	return built, err
}

func (n *Network) options(limit wallet.Sun) tx.Options {
	return tx.Options{FeeLimit: limit, Timestamp: n.now().Add(time.Duration(n.nonce.Add(1)) * time.Millisecond)}
}

func (n *Network) reference() tx.Reference {
	return tx.Reference{Block: tx.BlockID(n.Chain.NowBlock(chain.Solid).ID), Time: time.UnixMilli(n.Chain.NowBlock(chain.Head).Time())}
}

func (n *Network) broadcast(signed []byte) *tronpb.Return {
	message := &tronpb.Transaction{}
	if err := proto.Unmarshal(signed, message); err != nil {
		return &tronpb.Return{Code: tronpb.Return_OTHER_ERROR, Message: []byte(err.Error())}
	}
	return n.Chain.Broadcast(message)
}

// Send sends a call of a payer, or of anybody, and returns its id. It is in no block before the next is mined.
func (n *Network) Send(key *wallet.Key, call contract.Call) ([32]byte, error) {
	signed, err := n.sign(key, call.Trigger(key.Address(), n.Contract), 100*wallet.TRX)
	if err != nil {
		return [32]byte{}, err
	}
	if answer := n.broadcast(signed.Bytes()); !answer.GetResult() {
		return [32]byte{}, fmt.Errorf("%s: %s", answer.GetCode(), answer.GetMessage())
	}
	return signed.ID(), nil
}

// Open opens a channel in TRX and returns the transaction; Events finds the channel once it is in a block.
func (n *Network) Open(payer *wallet.Key, payee wallet.Address, deposit uint64, challenge time.Duration, salt byte) ([32]byte, error) {
	call, err := contract.Open(contract.Opening{Payee: payee, Amount: channel.NewAmount(deposit), Challenge: challenge, Salt: [32]byte{salt}})
	if err != nil {
		return [32]byte{}, err
	}
	return n.Send(payer, call)
}

// Events are the contract's events of a transaction on the chain of now, none while no block holds it.
func (n *Network) Events(id [32]byte) []channel.Event {
	var events []channel.Event
	for _, l := range n.Chain.TransactionInfo(chain.Head, id[:]).GetLog() {
		if event, err := contract.DecodeEvent(topics(l), l.GetData()); err == nil {
			events = append(events, event)
		}
	}
	return events
}

// Figures is what the contract holds of a channel, at the head.
func (n *Network) Figures(id channel.ID) (contract.Figures, error) { return n.figures(chain.Head, id) }

func (n *Network) figures(v chain.View, id channel.ID) (contract.Figures, error) {
	return contract.DecodeWord(n.Chain.StorageAt(v, n.Contract, id))
}

func topics(l *tronpb.TransactionInfo_Log) [][32]byte {
	list := make([][32]byte, len(l.GetTopics()))
	for i, t := range l.GetTopics() {
		list[i] = [32]byte(t)
	}
	return list
}
