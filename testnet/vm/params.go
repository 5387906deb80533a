package vm

// Params are the chain parameters that the VM obeys, named after their rule with the proposal id. The zero value is a VM without any rule;
// Mainnet is what mainnet runs.
type Params struct {
	// EnergyFee (11) is the price of one energy in sun, and the value of BASEFEE.
	EnergyFee int64
	// TransferTrc10 (18): the opcodes 0xd0-0xd3, tokens in messages, tokens move in SELFDESTRUCT.
	TransferTrc10 bool
	// MultiSign (20): addresses are 20-byte words, token ids must be over 1,000,000.
	MultiSign bool
	// Constantinople (26): SHL SHR SAR CREATE2 EXTCODEHASH, and a failed transfer is an outcome of its own that burns no energy.
	Constantinople bool
	// Solidity059 (32): ISCONTRACT, precompiles 0x09 and 0x0a, contracts may create accounts by sending to them.
	Solidity059 bool
	// ShieldedTRC20 (39): precompiles 0x01000001-04.
	ShieldedTRC20 bool
	// Istanbul (41): CHAINID SELFBALANCE, cheaper bn128, the sender of CREATE2 is the executing contract.
	Istanbul bool
	// Freeze (52): Stake 1.0 opcodes 0xd5-0xd7.
	Freeze bool
	// Vote (59): VOTEWITNESS, WITHDRAWREWARD, precompiles 0x01000005-0a.
	Vote bool
	// CompatibleEVM (60): contracts made from now on are version 1: 63/64 rule, GASPRICE, hashed storage keys; precompiles 0x020003 and 0x020009.
	CompatibleEVM bool
	// London (63): BASEFEE, code that begins with 0xEF is refused.
	London bool
	// HigherCPULimit (65): MLOAD, MSTORE and MSTORE8 cost 1 more.
	HigherCPULimit bool
	// UnfreezeDelayDays (70), when positive, is Stake 2.0: opcodes 0xda-0xdf, precompiles 0x0100000b-15.
	UnfreezeDelayDays int64
	// OptimizedChainID (71): CHAINID is the last 4 bytes of the genesis block's id, else all of it.
	OptimizedChainID bool
	// DynamicEnergy (72-75).
	DynamicEnergy               bool
	DynamicEnergyThreshold      int64
	DynamicEnergyIncreaseFactor int64
	DynamicEnergyMaxFactor      int64
	// Shanghai (76): PUSH0.
	Shanghai bool
	// EnergyAdjustment (81): SELFDESTRUCT pays for the account it makes, VOTEWITNESS for its memory.
	EnergyAdjustment bool
	// Cancun (83): TLOAD TSTORE MCOPY.
	Cancun bool
	// Blob (89): BLOBHASH and BLOBBASEFEE, which push 0.
	Blob bool
	// SelfdestructRestriction (94): TIP-6780, and the output of precompiles is cut to what was asked for.
	SelfdestructRestriction bool
	// Prague (95): the contract of past block ids; its slots are written by whoever makes blocks.
	Prague bool
	// Osaka (96): CLZ, P256VERIFY, modexp's bounds and price, stricter 0x09 and 0x0a, CREATE2 at the depth limit.
	Osaka bool
	// Release4811 are the guards that came with release 4.8.1.1 and without a parameter: CREATE2 at the depth limit, and modexp of nothing
	// with a long exponent, end the transaction OUT_OF_TIME. Osaka replaces both.
	Release4811 bool
	// Release4822 ends a transaction OUT_OF_TIME in which a contract ends in favour of one that has ended before in it; without it that money
	// vanishes. The rule is from reading excerpts of a later release; it has an effect only with 94.
	Release4822 bool
}

// Mainnet are the parameters in force on mainnet since 2026-08-28 (proposal 107).
func Mainnet() Params {
	p := Mainnet480()
	p.SelfdestructRestriction, p.Prague, p.Osaka = true, true, true
	p.Release4811, p.Release4822 = true, true
	return p
}

// Mainnet480 are mainnet's parameters as java-tron 4.8.0 knows them: without 94, 95 and 96.
func Mainnet480() Params {
	return Params{
		EnergyFee:     100,
		TransferTrc10: true, MultiSign: true, Constantinople: true, Solidity059: true, ShieldedTRC20: true, Istanbul: true, Vote: true,
		London: true, HigherCPULimit: true, UnfreezeDelayDays: 14, OptimizedChainID: true,
		DynamicEnergy: true, DynamicEnergyThreshold: 5_000_000_000, DynamicEnergyIncreaseFactor: 2_000, DynamicEnergyMaxFactor: 34_000,
		Shanghai: true, EnergyAdjustment: true, Cancun: true, Blob: true,
	}
}
