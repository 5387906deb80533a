// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// TIP-712 digests, and the check that one key signed one digest.
//
// All of it happens at fixed places in memory, the desk: what never changes is laid out once in a transaction, and each voucher writes only its own words.
// In a batch that is a third of the memory writes. While the desk is laid nothing is allocated: what Solidity writes at the free pointer, which stays at
// 0x80, are the one or two words of an event. That the compiler keeps no variables of its own there is checked by the build, which fails otherwise.
//
//   0x080  an event's data, 2 words
//   0x0c0  a channel's terms, 6 words
//   0x180  the voucher: type, id, cumulative, hash of tails
//   0x200  0x1901 in the last two bytes, domain separator, hash of the voucher
//   0x260  digest, and behind it the rest of batchvalidatesign's input, 11 words in all
//   0x3c0  work space for ecrecover and for hashing tails

/// A signature: r, and s with the parity of the recovery id in its highest bit (EIP-2098).
struct Signature {
    bytes32 r;
    bytes32 vs;
}

bytes32 constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
bytes32 constant TAIL_TYPE = keccak256("Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)");
bytes32 constant VOUCHER_TYPE = keccak256(
    "Voucher(bytes32 channel,uint256 cumulative,Tail[] tails)Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)"
);
bytes32 constant CLOSE_TYPE = keccak256("Close(bytes32 channel,uint256 cumulative)");
bytes32 constant NAME = keccak256("Piecework");
bytes32 constant VERSION = keccak256("1");
bytes32 constant NOTHING = keccak256("");

// Half the order of secp256k1: a signature with a larger s is a second spelling of the same one, and refused.
uint256 constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

/// The domain is hashed anew in every call: no immutables, so the code is the same on every network, and a chain that splits splits the domain too.
function separatorOf() view returns (bytes32 hash) {
    (bytes32 t, bytes32 n, bytes32 v) = (DOMAIN_TYPE, NAME, VERSION);
    assembly ("memory-safe") {
        mstore(0x180, t)
        mstore(0x1a0, n)
        mstore(0x1c0, v)
        mstore(0x1e0, and(chainid(), 0xffffffff)) // TIP-712: wallets sign over four bytes of it
        mstore(0x200, address())
        hash := keccak256(0x180, 160)
    }
}

/// Lays out what never changes.
function layDesk() view {
    bytes32 separator = separatorOf();
    bytes32 t = VOUCHER_TYPE;
    assembly ("memory-safe") {
        mstore(0x180, t)
        mstore(0x200, 0x1901)
        mstore(0x220, separator)
        mstore(0x280, 0x60) // where the signatures are
        mstore(0x2a0, 0x120) // where the addresses are
        mstore(0x2c0, 1)
        mstore(0x2e0, 0x20)
        mstore(0x300, 65)
        mstore(0x380, 1)
    }
}

/// Puts a voucher's digest on the desk.
function digestVoucher(bytes32 id, uint256 cumulative, bytes32 tails) pure {
    assembly ("memory-safe") {
        mstore(0x1a0, id)
        mstore(0x1c0, cumulative)
        mstore(0x1e0, tails)
        mstore(0x240, keccak256(0x180, 128))
        mstore(0x260, keccak256(0x21e, 66))
    }
}

/// Puts the digest of a payee's consent to close on the desk, in the place of a voucher's.
function digestClose(bytes32 id, uint256 cumulative) pure {
    bytes32 t = CLOSE_TYPE;
    assembly ("memory-safe") {
        mstore(0x180, t)
        mstore(0x1a0, id)
        mstore(0x1c0, cumulative)
        mstore(0x240, keccak256(0x180, 96))
        mstore(0x260, keccak256(0x21e, 66))
    }
}

/// The digest on the desk.
function digestOnDesk() pure returns (bytes32 digest) {
    assembly ("memory-safe") {
        digest := mload(0x260)
    }
}

/// Hash of an array of tails in calldata, `stride` bytes apart: 128 for Tail, 192 for ShownTail, which begins with one.
function hashTails(uint256 pos, uint256 length, uint256 stride) pure returns (bytes32 hash) {
    bytes32 t = TAIL_TYPE;
    assembly ("memory-safe") {
        mstore(0x3c0, t)
        for { let i := 0 } lt(i, length) { i := add(i, 1) } {
            calldatacopy(0x3e0, add(pos, mul(i, stride)), 128)
            mstore(add(0x460, shl(5, i)), keccak256(0x3c0, 160))
        }
        hash := keccak256(0x460, shl(5, length))
    }
}

/// Whether `signer`'s key made the signature over the digest on the desk.
///
/// batchvalidatesign (0x09) with one signature costs 1,500 energy, ecrecover 3,000. It is asked first, with a bounded price; only its "yes" counts, because in
/// the node it is a shared pool of workers whose time-out reads as "no". ecrecover's answer has Tron's address prefix 0x41 in byte 11, which is masked off.
function isSignedBy(address signer, Signature calldata signature) view returns (bool yes) {
    assembly ("memory-safe") {
        let vs := calldataload(add(signature, 32))
        let s := shr(1, shl(1, vs))
        if iszero(gt(s, HALF_ORDER)) {
            let v := add(27, shr(255, vs))
            mstore(0x320, calldataload(signature))
            mstore(0x340, s)
            mstore8(0x360, v)
            mstore(0x3a0, signer)
            // Yul evaluates the last operand first: the call, then how much it returned, then what.
            yes := and(byte(0, mload(0)), and(eq(returndatasize(), 32), staticcall(3000, 9, 0x260, 352, 0, 32)))
            if iszero(yes) {
                mstore(0x3c0, mload(0x260))
                mstore(0x3e0, v)
                mstore(0x400, calldataload(signature))
                mstore(0x420, s)
                yes := and(eq(shl(96, mload(0)), shl(96, signer)), and(eq(returndatasize(), 32), staticcall(gas(), 1, 0x3c0, 128, 0, 32)))
            }
        }
    }
}
