// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// TIP-712 digests, and the check that one key signed one digest.
//
// All of it happens in one stretch of memory, the desk: what never changes is laid out once in a transaction, and each voucher writes only its own words.
// In a batch that is a third of the memory writes; no other code in the contract keeps anything in memory.
//
//   0x000  a channel's terms, 6 words          written by batches only
//   0x0c0  the voucher: type, id, cumulative, hash of tails
//   0x140  0x1901 in the last two bytes, domain separator, hash of the voucher
//   0x1a0  digest, and behind it the rest of batchvalidatesign's input, 11 words in all
//   0x300  end

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
        let m := mload(0x40)
        mstore(m, t)
        mstore(add(m, 32), n)
        mstore(add(m, 64), v)
        mstore(add(m, 96), and(chainid(), 0xffffffff)) // TIP-712: wallets sign over four bytes of it
        mstore(add(m, 128), address())
        hash := keccak256(m, 160)
    }
}

/// Lays out the desk and gives where it begins.
function layDesk() view returns (uint256 desk) {
    bytes32 separator = separatorOf();
    bytes32 t = VOUCHER_TYPE;
    assembly ("memory-safe") {
        desk := mload(0x40)
        mstore(0x40, add(desk, 0x300))
        mstore(add(desk, 0x0c0), t)
        mstore(add(desk, 0x140), 0x1901)
        mstore(add(desk, 0x160), separator)
        mstore(add(desk, 0x1c0), 0x60) // where the signatures are
        mstore(add(desk, 0x1e0), 0x120) // where the addresses are
        mstore(add(desk, 0x200), 1)
        mstore(add(desk, 0x220), 0x20)
        mstore(add(desk, 0x240), 65)
        mstore(add(desk, 0x2c0), 1)
    }
}

/// Puts a voucher's digest on the desk.
function digestVoucher(uint256 desk, bytes32 id, uint256 cumulative, bytes32 tails) pure {
    assembly ("memory-safe") {
        mstore(add(desk, 0x0e0), id)
        mstore(add(desk, 0x100), cumulative)
        mstore(add(desk, 0x120), tails)
        mstore(add(desk, 0x180), keccak256(add(desk, 0x0c0), 128))
        mstore(add(desk, 0x1a0), keccak256(add(desk, 0x15e), 66))
    }
}

/// Puts the digest of a payee's consent to close on the desk.
function digestClose(uint256 desk, bytes32 id, uint256 cumulative) pure {
    bytes32 t = CLOSE_TYPE;
    assembly ("memory-safe") {
        mstore(add(desk, 0x0c0), t)
        mstore(add(desk, 0x0e0), id)
        mstore(add(desk, 0x100), cumulative)
        mstore(add(desk, 0x180), keccak256(add(desk, 0x0c0), 96))
        mstore(add(desk, 0x1a0), keccak256(add(desk, 0x15e), 66))
    }
}

function digestOn(uint256 desk) pure returns (bytes32 digest) {
    assembly ("memory-safe") {
        digest := mload(add(desk, 0x1a0))
    }
}

/// Hash of an array of tails in calldata, `stride` bytes apart: 128 for Tail, 192 for ShownTail, which begins with one.
function hashTails(uint256 pos, uint256 length, uint256 stride) pure returns (bytes32 hash) {
    bytes32 t = TAIL_TYPE;
    assembly ("memory-safe") {
        let m := mload(0x40)
        let list := add(m, 160)
        mstore(m, t)
        for { let i := 0 } lt(i, length) { i := add(i, 1) } {
            calldatacopy(add(m, 32), add(pos, mul(i, stride)), 128)
            mstore(add(list, shl(5, i)), keccak256(m, 160))
        }
        hash := keccak256(list, shl(5, length))
    }
}

/// Whether `signer`'s key made the signature over the digest on the desk.
///
/// batchvalidatesign (0x09) with one signature costs 1,500 energy, ecrecover 3,000. It is asked first, with a bounded price; only its "yes" counts, because in
/// the node it is a shared pool of workers whose time-out reads as "no". ecrecover's answer has Tron's address prefix 0x41 in byte 11, which is masked off.
function isSignedBy(uint256 desk, address signer, Signature calldata signature) view returns (bool yes) {
    assembly ("memory-safe") {
        let vs := calldataload(add(signature, 32))
        let s := shr(1, shl(1, vs))
        if iszero(gt(s, HALF_ORDER)) {
            let v := add(27, shr(255, vs))
            mstore(add(desk, 0x260), calldataload(signature))
            mstore(add(desk, 0x280), s)
            mstore8(add(desk, 0x2a0), v)
            mstore(add(desk, 0x2e0), signer)
            // Yul evaluates the last operand first: the call, then how much it returned, then what.
            yes := and(byte(0, mload(0)), and(gt(returndatasize(), 31), staticcall(3000, 9, add(desk, 0x1a0), 352, 0, 32)))
            if iszero(yes) {
                let m := mload(0x40)
                mstore(m, mload(add(desk, 0x1a0)))
                mstore(add(m, 32), v)
                mstore(add(m, 64), calldataload(signature))
                mstore(add(m, 96), s)
                yes := and(eq(shl(96, mload(0)), shl(96, signer)), and(gt(returndatasize(), 31), staticcall(gas(), 1, m, 128, 0, 32)))
            }
        }
    }
}
