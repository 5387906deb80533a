package vm

import (
	"time"

	"github.com/piecework/piecework/wallet"
)

// Env is the surroundings of a transaction: the rules and the block. It is not changed by the VM.
type Env struct {
	Params Params
	Block  Block
	// GenesisID is the id of block 0, which CHAINID comes from.
	GenesisID [32]byte
	// Deadline ends a transaction OUT_OF_TIME; zero is none. Outcomes near it depend on the machine. Who runs code of strangers sets one,
	// seconds away: Tron counts on its limit of CPU time, and some work (the hash of an internal transaction with much data) costs no energy.
	Deadline time.Time
	// Tracer, if set, is told of every frame and, if it asks for them, of every opcode.
	Tracer Tracer
}

// Block is what contracts see of the block they run in. For a constant call that is the head block itself.
type Block struct {
	Number int64
	// Time is in milliseconds since 1970, as block headers have it.
	Time int64
	// Witness made the block: COINBASE.
	Witness wallet.Address
}

// Message is the outermost call or deployment of a transaction.
type Message struct {
	// TxID is the transaction's id. Addresses of contracts made by it and hashes of internal transactions come from it.
	TxID [32]byte
	// From is the owner of the transaction: CALLER of the outer frame and ORIGIN of all. Constant calls may use an account that does not exist.
	From wallet.Address
	// To is the contract that Call runs. Create ignores it.
	To wallet.Address
	// Data is the call data, or the init code of a deployment (constructor arguments included).
	Data []byte
	// Value is the TRX that comes along, TokenID and TokenValue the TRC-10 tokens. The VM moves both and undoes it when execution fails.
	Value      wallet.Sun
	TokenID    TokenID
	TokenValue TokenAmount
	// EnergyLimit is all that this execution may use.
	EnergyLimit int64
	// Contract is the record that Create writes (Origin is set to From).
	Contract Contract
	// Constant marks a call whose changes the caller throws away afterwards; some texts differ.
	Constant bool
}

// Outcome is Tron's contractResult.
type Outcome int32

// The outcomes, by Tron's numbers.
const (
	Default             Outcome = 0
	Success             Outcome = 1
	Reverted            Outcome = 2
	BadJumpDestination  Outcome = 3
	OutOfMemory         Outcome = 4
	PrecompiledContract Outcome = 5
	StackTooSmall       Outcome = 6
	StackTooLarge       Outcome = 7
	IllegalOperation    Outcome = 8
	StackOverflow       Outcome = 9
	OutOfEnergy         Outcome = 10
	OutOfTime           Outcome = 11
	JVMStackOverflow    Outcome = 12
	Unknown             Outcome = 13
	TransferFailed      Outcome = 14
	InvalidCode         Outcome = 15
)

var outcomeNames = [...]string{
	"DEFAULT", "SUCCESS", "REVERT", "BAD_JUMP_DESTINATION", "OUT_OF_MEMORY", "PRECOMPILED_CONTRACT", "STACK_TOO_SMALL", "STACK_TOO_LARGE",
	"ILLEGAL_OPERATION", "STACK_OVERFLOW", "OUT_OF_ENERGY", "OUT_OF_TIME", "JVM_STACK_OVER_FLOW", "UNKNOWN", "TRANSFER_FAILED", "INVALID_CODE",
}

// String is the name in Tron's protocol: REVERT, OUT_OF_ENERGY, JVM_STACK_OVER_FLOW.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return "UNRECOGNIZED"
	}
	return outcomeNames[o]
}

// Result is what an execution did. Unless Outcome is Success nothing of it is left in the State.
type Result struct {
	Outcome Outcome
	// Return is the answer, the code of a deployment, or what REVERT gave.
	Return []byte
	// EnergyUsed is all that is to be paid; EnergyPenalty is the part of it that the dynamic energy model added.
	EnergyUsed    int64
	EnergyPenalty int64
	// RuntimeError is the text of resMessage, empty on success.
	RuntimeError string
	// Exception is the full name of java-tron's exception class, which its error answers show; empty on success and REVERT.
	Exception string
	// Logs are the events of a success; before parameter 96 also what was logged ahead of an end that no frame catches.
	// RevertedLogs are those that an outermost REVERT undid: constant calls show them all the same.
	Logs         []Log
	RevertedLogs []Log
	// Internal are the internal transactions in order of opening; none where a transaction of a block, no constant call, ran out of time.
	Internal []InternalTransaction
	// Contract is the address that was called or made.
	Contract wallet.Address
	// Created are the contracts made (the deployed one first), Destroyed those whose account, code, record and rows the ledger deletes
	// after the energy has been paid. Both are empty unless Outcome is Success.
	Created   []wallet.Address
	Destroyed []wallet.Address
}

// Failed says whether TransactionInfo shows FAILED.
func (r *Result) Failed() bool { return r.Outcome != Success }

// Log is one event of a contract.
type Log struct {
	Address wallet.Address
	Topics  [][32]byte
	Data    []byte
}

// InternalTransaction is the record of a call, creation, destruction, staking or voting by a contract.
type InternalTransaction struct {
	Hash [32]byte
	// From is the contract that acts; To is empty (zero) for voteWitness.
	From, To wallet.Address
	// Values has the TRX first, then one entry a token.
	Values []CallValue
	// Note is call, create, suicide, or the name of a staking operation.
	Note string
	// Rejected: this frame or one around it failed.
	Rejected bool
	// Extra is JSON that voteWitness and cancelAllUnfreezeV2 carry.
	Extra string
	// Depth is the depth of the frame that acts, 0 for the outermost.
	Depth int
}

// CallValue is TRX (Token 0, no id shown) or an amount of a token.
type CallValue struct {
	Amount int64
	Token  TokenID
}

// Featured says whether java-tron keeps the record only with its setting vm.saveFeaturedInternalTx: staking and voting.
func (t *InternalTransaction) Featured() bool {
	return t.Note != noteCall && t.Note != noteCreate && t.Note != noteSuicide
}

// ValidationError is a message that java-tron refuses before it runs: such a transaction gets into no block. Text is in java-tron's words.
type ValidationError struct {
	Text string
	// NullCode marks a call of a contract without code: java-tron fails with a null pointer there and has no text of its own.
	NullCode bool
}

// Error is the bare text.
func (e *ValidationError) Error() string { return e.Text }
