// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// TIP-712 digests, and the check that one key signed one digest.

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
        mstore(add(m, 96), and(chainid(), 0xffffffff)) // TIP-712: TronWeb and wallets sign over four bytes
        mstore(add(m, 128), address())
        hash := keccak256(m, 160)
    }
}

/// Hash of an array of tails in calldata, `stride` bytes apart: 128 for Tail, 192 for ShownTail, which begins with one.
function hashTails(uint256 pos, uint256 length, uint256 stride) pure returns (bytes32 hash) {
    if (length == 0) return NOTHING;
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

function digestOfVoucher(bytes32 separator, bytes32 id, uint256 cumulative, bytes32 tails) pure returns (bytes32 hash) {
    bytes32 t = VOUCHER_TYPE;
    assembly ("memory-safe") {
        let m := mload(0x40)
        mstore(m, t)
        mstore(add(m, 32), id)
        mstore(add(m, 64), cumulative)
        mstore(add(m, 96), tails)
        hash := keccak256(m, 128)
    }
    return typedDigest(separator, hash);
}

function digestOfClose(bytes32 separator, bytes32 id, uint256 cumulative) pure returns (bytes32 hash) {
    bytes32 t = CLOSE_TYPE;
    assembly ("memory-safe") {
        let m := mload(0x40)
        mstore(m, t)
        mstore(add(m, 32), id)
        mstore(add(m, 64), cumulative)
        hash := keccak256(m, 96)
    }
    return typedDigest(separator, hash);
}

function typedDigest(bytes32 separator, bytes32 structHash) pure returns (bytes32 hash) {
    assembly ("memory-safe") {
        let m := mload(0x40)
        mstore(m, shl(240, 0x1901))
        mstore(add(m, 2), separator)
        mstore(add(m, 34), structHash)
        hash := keccak256(m, 66)
    }
}

/// Whether `signer`'s key made the signature over `digest`. `vs` is s with the parity of the recovery id in its highest bit (EIP-2098).
///
/// batchvalidatesign (0x09) with one signature costs 1,500 energy, ecrecover 3,000. It is asked first with a bounded price; only its "yes" counts, because in
/// the node it is a shared worker pool whose time-out reads as "no". ecrecover's answer has Tron's address prefix 0x41 in byte 11, which is masked off.
function isSignedBy(address signer, bytes32 digest, bytes32 r, bytes32 vs) view returns (bool yes) {
    assembly ("memory-safe") {
        let s := shr(1, shl(1, vs))
        if iszero(gt(s, HALF_ORDER)) {
            let v := add(27, shr(255, vs))
            let m := mload(0x40)
            mstore(m, digest)
            mstore(add(m, 32), 0x60) // signatures
            mstore(add(m, 64), 0x120) // addresses
            mstore(add(m, 96), 1)
            mstore(add(m, 128), 0x20)
            mstore(add(m, 160), 65)
            mstore(add(m, 192), r)
            mstore(add(m, 224), s)
            mstore(add(m, 256), shl(248, v))
            mstore(add(m, 288), 1)
            mstore(add(m, 320), signer)
            yes := and(gt(returndatasize(), 31), staticcall(3000, 9, m, 352, 0, 32))
            yes := and(yes, byte(0, mload(0)))
            if iszero(yes) {
                mstore(add(m, 32), v)
                mstore(add(m, 64), r)
                mstore(add(m, 96), s)
                yes := and(gt(returndatasize(), 31), staticcall(gas(), 1, m, 128, 0, 32))
                yes := and(yes, eq(shl(96, mload(0)), shl(96, signer)))
            }
        }
    }
}
