package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"time"

	"github.com/piecework/piecework/testnet/fork"
	"github.com/piecework/piecework/wallet"
)

// Mining says when blocks are made.
type Mining int

// The ways of mining.
const (
	// Instant makes a block for every transaction, before Broadcast answers.
	Instant Mining = iota
	// Interval makes a block every Config.BlockTime, with what waits. The owner of the Node calls Tick.
	Interval
	// Manual makes a block when Mine is called.
	Manual
	// Mixed is Instant with an empty block whenever BlockTime passed without one.
	Mixed
)

// Limits on what strangers can make a node keep.
const (
	// MaxPending is the most transactions that wait for a block, as java-tron's node.maxTransactionPendingSize.
	MaxPending = 2_000
	// MaxPendingBytes is the most bytes that they have together.
	MaxPendingBytes = 64 << 20
	// MaxSnapshots is how many snapshots are remembered; the oldest make room.
	MaxSnapshots = 10_000
	// MaxTransactionSize is the most bytes of a transaction with its signatures and 128 bytes for its result.
	MaxTransactionSize = 500 * 1024
	// MaxBlockSize is the most bytes of a block.
	MaxBlockSize = 2_000_000
	// MaxMined is the most blocks that one call of Mine makes.
	MaxMined = 100_000
)

// Release is a version of java-tron with the parameters that were in force on mainnet then.
type Release string

// The releases. Both run the same code here; they differ in parameters 94, 95 and 96: SELFDESTRUCT, block history, and what Osaka brought.
const (
	Release480 Release = "4.8.0"
	// Release482 is mainnet's since 2026-08-28.
	Release482 Release = "4.8.2"
)

// ErrRelease says that there is no such release.
var ErrRelease = errors.New("want release 4.8.0 or 4.8.2")

// Funded is an account of the genesis block.
type Funded struct {
	// Name is what the genesis block calls it; "Blackhole" is where fees went before they were burnt.
	Name    string
	Address wallet.Address
	Balance wallet.Sun
}

// Config says what a chain starts with. The zero value is mainnet's rules, one witness, no other accounts, and a clock that moves 3 seconds a block.
type Config struct {
	// Release is whose rules are in force: Release480 by default, or Release482.
	Release Release
	// Params changes chain parameters, by the names of getchainparameters.
	Params map[string]int64
	// Accounts exist from the genesis block on.
	Accounts []Funded
	// Witnesses are the block producers; none stands for one with a fixed key.
	Witnesses []*wallet.Key
	// GenesisTime is block 0's timestamp in milliseconds since 1970: 0 as on mainnet.
	GenesisTime int64
	// Start is the time of the first block in milliseconds since 1970 when there is no Now; 0 stands for a fixed date.
	Start int64
	// Now is the clock; nil stands for one that only blocks move.
	Now func() time.Time
	// Mining says when blocks are made, BlockTime how often with Interval and Mixed: 0 stands for 3 seconds.
	Mining    Mining
	BlockTime time.Duration
	// SolidLag is by how many blocks the solid block is behind the head; with several witnesses it is at least what their turns make it.
	SolidLag int64
	// EnergyLimitForConstant is the energy of constant calls: 0 stands for 100,000,000.
	EnergyLimitForConstant int64
	// HideFeaturedInternal leaves the internal transactions of staking and voting out of the records of transactions, as java-tron does by
	// default. Constant calls show them all the same.
	HideFeaturedInternal bool
	// Impersonate lets every transaction through without signatures.
	Impersonate bool
	// Fork, if set, is another network that this one goes on from; GenesisTime is not used then.
	Fork *fork.Source
	// Log may be nil.
	Log *slog.Logger
}

// defaultStart is where a clock without a Now begins: 2026-01-01 00:00:00 UTC.
const defaultStart = 1_767_225_600_000

// defaultWitness is the witness of a chain that was given none.
func defaultWitness() *wallet.Key { return derived("witness", 0) }

// derived makes a key from a word and a number: the same every time, and known to everybody.
func derived(word string, index uint32) *wallet.Key {
	for salt := byte(0); ; salt++ {
		seed := sha256.Sum256(binary.BigEndian.AppendUint32([]byte("piecework testnet "+word+string(rune('a'+salt))), index))
		if k, err := wallet.KeyFromBytes(seed[:]); err == nil {
			return k
		}
	}
}
