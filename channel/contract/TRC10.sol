// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The TVM's opcodes for TRC-10 tokens. solc does not know them: the build replaces each body below by the opcode (see build/intrinsics.mjs).
// All operands are whole words, so that nothing depends on how the compiler keeps shorter types on the stack.

/// @dev CALLTOKEN: a call that carries `value` of token `id`; 1 when it succeeded. A balance that is too small gives 0.
/// @custom:opcode 0xd0
function callToken(uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint256) returns (uint256 word) {
    assembly ("memory-safe") {
        word := call(0, 0, 0, 0, 0, 0, 0)
        revert(0, 0)
    }
}

/// @dev CALLTOKENVALUE: how much of token callTokenId() this message carries.
/// @custom:opcode 0xd2
function callTokenValue() view returns (uint256 word) {
    word = gasleft();
    require(word == 0);
}

/// @dev CALLTOKENID: the TRC-10 token of this message; 0 for none.
/// @custom:opcode 0xd3
function callTokenId() view returns (uint256 word) {
    word = gasleft();
    require(word == 0);
}
