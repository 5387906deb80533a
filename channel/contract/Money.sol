// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {callToken, callTokenValue, callTokenId} from "channel/contract/TRC10.sol";

/// An asset is 0 for TRX, the id of a TRC-10 token, or the address of a TRC-20 contract.
error BadAsset(uint256 asset);
/// The TRX or TRC-10 tokens that came with the call are not what the call says, or not wanted.
error UnexpectedValue();
/// The asset did not move, or not by the right amount.
error TransferFailed(uint256 asset, address to, uint256 amount);
/// The token contract refused transferFrom, or we hold less afterwards.
error DepositFailed(uint256 asset, uint256 amount);
/// The token contract has no code, or does not say what we hold.
error NoBalance(uint256 asset);

uint256 constant FIRST_TRC10 = 1_000_001;
uint256 constant END_OF_TRC10 = 1 << 63;

/// Takes `amount` from the caller and gives what really came: a token may keep a fee for itself.
function takeMoney(uint256 asset, uint256 amount) returns (uint256) {
    if (asset == 0) {
        if (msg.value != amount || callTokenValue() != 0) revert UnexpectedValue();
        return amount;
    }
    if (msg.value != 0) revert UnexpectedValue();
    if (asset < END_OF_TRC10) {
        if (asset < FIRST_TRC10) revert BadAsset(asset);
        if (callTokenId() != asset || callTokenValue() != amount) revert UnexpectedValue();
        return amount;
    }
    if (asset >> 160 != 0) revert BadAsset(asset);
    if (callTokenValue() != 0) revert UnexpectedValue();
    return takeToken(asset, amount);
}

/// Pays `amount` out, or reverts. All state is written before.
function payMoney(uint256 asset, address to, uint256 amount) {
    if (asset < END_OF_TRC10) return sendCoin(asset, to, amount);
    uint256 before = tokenBalance(asset);
    sendToken(asset, to, amount);
    checkSpent(asset, to, amount, before);
}

/// Pays two at once. What a token contract moves is measured over both: half the calls, and a token that cheats one for the other cheats its holders anyway.
function payBoth(uint256 asset, address first, uint256 a, address second, uint256 b) {
    if (asset >= END_OF_TRC10) {
        uint256 before = tokenBalance(asset);
        if (a != 0) sendToken(asset, first, a);
        if (b != 0) sendToken(asset, second, b);
        checkSpent(asset, second, a + b, before);
    } else {
        if (a != 0) sendCoin(asset, first, a);
        if (b != 0) sendCoin(asset, second, b);
    }
}

/// TRX and TRC-10: the chain itself moves them, exactly or not at all. The receiver gets all the energy that is left: contracts may be payees.
function sendCoin(uint256 asset, address to, uint256 amount) {
    uint256 ok;
    if (asset == 0) {
        assembly ("memory-safe") {
            ok := call(gas(), to, amount, 0, 0, 0, 0)
        }
    } else {
        ok = callToken(gasleft(), uint160(to), amount, asset, 0, 0, 0, 0);
    }
    if (ok == 0) revert TransferFailed(asset, to, amount);
}

/// transferFrom, whatever it returns; the growth of our balance is what counts.
function takeToken(uint256 asset, uint256 amount) returns (uint256) {
    uint256 before = tokenBalance(asset);
    bool ok;
    assembly ("memory-safe") {
        let m := mload(0x40)
        mstore(m, shl(224, 0x23b872dd)) // transferFrom(address,address,uint256)
        mstore(add(m, 4), caller())
        mstore(add(m, 36), address())
        mstore(add(m, 68), amount)
        ok := call(gas(), asset, 0, m, 100, 0, 0)
    }
    if (!ok) revert DepositFailed(asset, amount);
    uint256 afterwards = tokenBalance(asset);
    if (afterwards < before) revert DepositFailed(asset, amount);
    unchecked {
        return afterwards - before;
    }
}

/// transfer, whatever it returns: Tron's USDT moves the money and returns false.
function sendToken(uint256 asset, address to, uint256 amount) {
    bool ok;
    assembly ("memory-safe") {
        mstore(0, shl(224, 0xa9059cbb)) // transfer(address,uint256)
        mstore(4, to)
        let kept := mload(0x40)
        mstore(36, amount)
        ok := call(gas(), asset, 0, 0, 68, 0, 0)
        mstore(0x40, kept)
    }
    if (!ok) revert TransferFailed(asset, to, amount);
}

function checkSpent(uint256 asset, address to, uint256 amount, uint256 before) view {
    unchecked {
        if (before - tokenBalance(asset) != amount) revert TransferFailed(asset, to, amount);
    }
}

/// What this contract holds of a TRC-20 token, by the token's own word.
function tokenBalance(uint256 asset) view returns (uint256 held) {
    bool ok;
    assembly ("memory-safe") {
        mstore(0, shl(224, 0x70a08231)) // balanceOf(address)
        mstore(4, address())
        ok := and(gt(returndatasize(), 31), staticcall(gas(), asset, 0, 36, 0, 32))
        held := mload(0)
    }
    if (!ok) revert NoBalance(asset);
}
