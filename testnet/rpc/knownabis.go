package rpc

import (
	"sync"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// maxABIs is how many contracts' ABIs are kept read.
const maxABIs = 1000

// knownABIs are ABIs that were read; any one makes room for the next. The zero value is ready.
type knownABIs struct {
	mu  sync.Mutex // covers all
	all map[wallet.Address]knownABI
}

// knownABI is an ABI, and the record it was read from: another record is read again.
type knownABI struct {
	record *tronpb.SmartContract
	parsed *abi.Interface
}

// read is the ABI of a contract's record, nil when it cannot be read.
func (k *knownABIs) read(a wallet.Address, record *tronpb.SmartContract) *abi.Interface {
	k.mu.Lock()
	known := k.all[a]
	k.mu.Unlock()
	if known.record == record {
		return known.parsed
	}
	parsed, err := abi.ParseJSON([]byte(javajson.Print(record.GetAbi(), false)))
	if err != nil {
		parsed = nil
	}
	k.keep(a, knownABI{record, parsed})
	return parsed
}

func (k *knownABIs) keep(a wallet.Address, known knownABI) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil {
		k.all = map[wallet.Address]knownABI{}
	}
	if _, ok := k.all[a]; !ok && len(k.all) >= maxABIs {
		for other := range k.all {
			delete(k.all, other)
			break
		}
	}
	k.all[a] = known
}
