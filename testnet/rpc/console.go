package rpc

import (
	"bytes"
	"slices"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// consoleAddress is where console.log of Solidity's test libraries calls: the text "console.log" as an address.
var consoleAddress = wallet.AddressFromEVM([20]byte(append(make([]byte, 9), consoleText...)))

const consoleText = "console.log"

// Limits of what a contract can say in one run.
const (
	MaxConsoleLines = 1000
	MaxConsoleBytes = 1 << 20
)

// console listens for what a contract says. It wants no steps, so it costs next to nothing.
type console struct {
	said  [][]byte
	bytes int
}

// Enter keeps the input of calls to the console.
func (c *console) Enter(_ int, f vm.FrameInfo) {
	if f.To != consoleAddress || len(c.said) == MaxConsoleLines || c.bytes+len(f.Input) > MaxConsoleBytes {
		return
	}
	c.said = append(c.said, slices.Clone(f.Input))
	c.bytes += len(f.Input)
}

// Exit does nothing.
func (*console) Exit(int, []byte, int64, error) {}

// Steps says that none are wanted.
func (*console) Steps() bool { return false }

// Step is never called.
func (*console) Step(*vm.Step) {}

// withConsole puts what was said into the internal transactions of an answer, as "data" of those that went to the console. TronBox looks there.
func withConsole(list javajson.Array, said [][]byte) javajson.Array {
	for _, entry := range list {
		o, ok := entry.(*javajson.Object)
		if !ok || len(said) == 0 || o.Get("transferTo_address") != consoleAddress.Hex() {
			continue
		}
		o.Put("data", hexText(said[0]))
		said = said[1:]
	}
	for _, input := range said {
		list = append(list, javajson.NewObject().Put("transferTo_address", consoleAddress.Hex()).Put("data", hexText(input)))
	}
	return list
}

// saidIn runs a mined transaction again if one of its contracts can speak, and gives what it said.
func (s *Server) saidIn(t *tronpb.Transaction) [][]byte {
	id := txID(t)
	info := s.chain.TransactionInfo(chain.Head, id[:])
	if info == nil || !s.canSpeak(info) {
		return nil
	}
	c := &console{}
	if _, err := s.chain.Trace(id, c); err != nil {
		return nil
	}
	return c.said
}

// canSpeak looks for the console's address in the code that a transaction may have run.
func (s *Server) canSpeak(info *tronpb.TransactionInfo) bool {
	speaks := func(address []byte) bool {
		a, err := wallet.AddressFromBytes(address)
		return err == nil && bytes.Contains(s.chain.Code(chain.Head, a), []byte(consoleText))
	}
	if len(info.GetContractAddress()) == 0 {
		return false
	}
	if speaks(info.GetContractAddress()) {
		return true
	}
	return slices.ContainsFunc(info.GetInternalTransactions(), func(t *tronpb.InternalTransaction) bool {
		return string(t.GetTransferToAddress()) == string(consoleAddress[:]) || speaks(t.GetTransferToAddress())
	})
}
