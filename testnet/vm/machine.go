package vm

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// The notes of internal transactions that are no staking.
const (
	noteCall    = "call"
	noteCreate  = "create"
	noteSuicide = "suicide"
)

// What one transaction may do that costs no energy. java-tron has its limit of CPU time for that; here the transaction ends OUT_OF_TIME too.
const (
	// maxInternal is how many internal transactions it may open.
	maxInternal = 200_000
	// maxHashed is how many bytes of call data the hashes of internal transactions may take.
	maxHashed = 256 << 20
)

// machine is one transaction under way: what all its frames share.
type machine struct {
	env    *Env
	params *Params
	state  State
	msg    *Message
	table  opTable
	hasher crypto.KeccakState

	// origin is the word of ORIGIN, chainID that of CHAINID.
	origin, chainID uint256.Int
	// nonce counts the internal transactions opened so far. CREATE addresses come from it.
	nonce    int64
	internal []InternalTransaction
	// hashed is the bytes of call data hashed so far.
	hashed int
	// penalty is what the dynamic energy model has added so far, in frames that failed too.
	penalty int64

	stores   map[wallet.Address]*store
	idle     []*store
	slab     []row
	rowsUsed int
	keys     []uint256.Int
	journal  []undo
	logs     []Log
	sum      [32]byte
	tail     [16]byte
	// created are the contracts made in this transaction, destroyed those that end with it.
	created, destroyed []wallet.Address
	// spent are the tokens of which somebody's last unit went away in this transaction.
	spent []holding

	// memoryOp is the base price of MLOAD, MSTORE and MSTORE8.
	memoryOp int64
	// traced says that a tracer wants every opcode, timed that there is a deadline.
	traced, timed bool
}

var machines = sync.Pool{New: func() any {
	return &machine{hasher: crypto.NewKeccakState(), stores: make(map[wallet.Address]*store)}
}}

func newMachine(env *Env, state State, msg *Message) *machine {
	m := machines.Get().(*machine)
	m.env, m.params, m.state, m.msg = env, &env.Params, state, msg
	m.table = newOpTable(m.params)
	m.origin = addressWord(msg.From)
	if m.params.OptimizedChainID || m.params.CompatibleEVM {
		m.chainID.SetBytes(env.GenesisID[28:])
	} else {
		m.chainID.SetBytes(env.GenesisID[:])
	}
	if m.params.HigherCPULimit {
		m.memoryOp = costMemoryOp
	}
	m.traced = env.Tracer != nil && env.Tracer.Steps()
	m.timed = !env.Deadline.IsZero()
	return m
}

// release gives the machine back; what went into a Result is not reused.
func (m *machine) release() {
	m.releaseStorage()
	*m = machine{hasher: m.hasher, stores: m.stores, idle: m.idle, slab: m.slab, keys: m.keys, journal: m.journal}
	machines.Put(m)
}

// seconds is the time of the block as contracts see it.
func (m *machine) seconds() int64 { return m.env.Block.Time / 1000 }

// expired says whether the deadline has passed.
func (m *machine) expired() bool { return m.timed && time.Now().After(m.env.Deadline) }

// exhausted says whether the transaction must end before it calls or creates again.
func (m *machine) exhausted() bool {
	return len(m.internal) >= maxInternal || m.hashed > maxHashed || m.expired()
}

// hash is the Keccak-256 of data.
func (m *machine) hash(parts ...[]byte) [32]byte {
	m.hasher.Reset()
	for _, p := range parts {
		_, _ = m.hasher.Write(p) // a hash never fails
	}
	_, _ = m.hasher.Read(m.sum[:])
	return m.sum
}

// mark is a point that a failed frame goes back to.
type mark struct{ state, journal, logs, created, destroyed, spent int }

func (m *machine) snapshot() mark {
	return mark{m.state.Snapshot(), len(m.journal), len(m.logs), len(m.created), len(m.destroyed), len(m.spent)}
}

// revert undoes everything since the mark, in the ledger and in the machine.
func (m *machine) revert(to mark) {
	m.state.Revert(to.state)
	for i := len(m.journal) - 1; i >= to.journal; i-- {
		m.journal[i].apply()
	}
	m.journal = m.journal[:to.journal]
	m.logs, m.created, m.destroyed, m.spent = m.logs[:to.logs], m.created[:to.created], m.destroyed[:to.destroyed], m.spent[:to.spent]
}

// record opens an internal transaction; it returns its index, which stays valid.
func (m *machine) record(f *frame, note string, to wallet.Address, value int64, data []byte) int {
	m.nonce++
	m.hashed += len(data)
	receiver := to[:]
	if note == noteCreate || to.IsZero() {
		receiver = nil
	}
	binary.BigEndian.PutUint64(m.tail[:8], uint64(value))
	binary.BigEndian.PutUint64(m.tail[8:], uint64(m.nonce))
	m.internal = append(m.internal, InternalTransaction{
		Hash: m.hash(f.id[:], receiver, data, m.tail[:]), From: f.self, To: to,
		Values: []CallValue{{Amount: value}}, Note: note, Depth: f.depth,
	})
	return len(m.internal) - 1
}

// reject marks the internal transactions from an index on.
func (m *machine) reject(from int) {
	for i := from; i < len(m.internal); i++ {
		m.internal[i].Rejected = true
	}
}

// forget drops the internal transactions and logs from an index on: a frame that was under way when the transaction ended does not hand over its own.
func (m *machine) forget(internal, logs int) {
	m.internal, m.logs = m.internal[:internal], m.logs[:logs]
}

// isNew says whether the contract was made in this transaction.
func (m *machine) isNew(a wallet.Address) bool { return contains(m.created, a) }

func contains(list []wallet.Address, a wallet.Address) bool {
	for i := range list {
		if list[i] == a {
			return true
		}
	}
	return false
}

// addressWord is an address as a word without its prefix.
func addressWord(a wallet.Address) (w uint256.Int) {
	w.SetBytes20(a[1:])
	return w
}

// prefixedWord is an address as a word with its prefix 0x41 in byte 11.
func prefixedWord(a wallet.Address) (w uint256.Int) {
	w.SetBytes21(a[:])
	return w
}

// wordAddress is the address that the low 20 bytes of a word name.
func wordAddress(w *uint256.Int) (a wallet.Address) {
	a[0] = wallet.AddressPrefix
	binary.BigEndian.PutUint32(a[1:], uint32(w[2]))
	binary.BigEndian.PutUint64(a[5:], w[1])
	binary.BigEndian.PutUint64(a[13:], w[0])
	return a
}
