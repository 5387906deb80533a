//go:build unix

package cmd_test

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// soakLag is by how many blocks the solid block is behind the head.
const soakLag = 4

// sent is a transaction on its way, or none.
type sent struct {
	id      tx.ID
	expires time.Time
}

// send gives a call to the chain itself: the network's troubles are for the servers, not for their payers.
func (s *soak) send(key *wallet.Key, call contract.Call) (sent, error) {
	head, solid := s.network.NowBlock(chain.Head), s.network.NowBlock(chain.Solid)
	reference := tx.Reference{Block: tx.BlockID(solid.ID), Time: time.UnixMilli(head.Time())}
	stamp := time.UnixMilli(head.Time() + s.nonce.Add(1))
	built, err := tx.Build(call.Trigger(key.Address(), s.address), reference, tx.Options{FeeLimit: 100 * wallet.TRX, Timestamp: stamp})
	if err != nil {
		return sent{}, err
	}
	if _, err := built.AddSignature(key.Sign([32]byte(built.ID()))); err != nil {
		return sent{}, err
	}
	message := &tronpb.Transaction{}
	if err := proto.Unmarshal(built.Bytes(), message); err != nil {
		return sent{}, err
	}
	return sent{built.ID(), built.Body().Expiration}, s.broadcast(message)
}

func (s *soak) broadcast(message *tronpb.Transaction) error {
	if answer := s.network.Broadcast(message); !answer.GetResult() {
		return fmt.Errorf("the chain refused a transaction: %s: %s", answer.GetCode(), answer.GetMessage())
	}
	return nil
}

// outcome is what a transaction did, once it cannot be undone. Not over: it may still get into a block. Over and without info: it was lost.
func (s *soak) outcome(x sent) (info *tronpb.TransactionInfo, over bool) {
	late := s.network.NowBlock(chain.Solid).Time() >= x.expires.UnixMilli() // asked first: what is in no solid block after it never will be
	info = s.network.TransactionInfo(chain.Solid, x.id[:])
	return info, late || info != nil
}

// events are the contract's in a transaction.
func events(info *tronpb.TransactionInfo) (list []channel.Event) {
	for _, l := range info.GetLog() {
		topics := make([][32]byte, len(l.GetTopics()))
		for i, t := range l.GetTopics() {
			topics[i] = [32]byte(t)
		}
		if event, err := contract.DecodeEvent(topics, l.GetData()); err == nil {
			list = append(list, event)
		}
	}
	return list
}

// opened is the channel that a transaction has opened.
func opened(info *tronpb.TransactionInfo) (channel.Event, error) {
	for _, event := range events(info) {
		if event.Kind == channel.EventOpened {
			return event, nil
		}
	}
	return channel.Event{}, fmt.Errorf("transaction %x opened nothing: %s %s", info.GetId(), info.GetReceipt().GetResult(), info.GetResMessage())
}

// figures is what the contract holds of a channel for good.
func (s *soak) figures(id channel.ID) (contract.Figures, error) {
	return contract.DecodeWord(s.network.StorageAt(chain.Solid, s.address, id))
}

// openTo opens a channel to somebody.
func (s *soak) openTo(key *wallet.Key, payee wallet.Address, deposit uint64) (sent, error) {
	o := contract.Opening{Payee: payee, Amount: channel.NewAmount(deposit), Challenge: 24 * time.Hour}
	n := s.nonce.Add(1)
	copy(o.Salt[:], fmt.Sprintf("soak %d", n))
	call, err := contract.Open(o)
	if err != nil {
		return sent{}, err
	}
	return s.send(key, call)
}
