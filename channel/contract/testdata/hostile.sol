// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Contracts that take the place of people in tests.

/// @dev CALLTOKEN
/// @custom:opcode 0xd0
function callToken(uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint256) returns (uint256 word) {
    assembly ("memory-safe") {
        word := call(0, 0, 0, 0, 0, 0, 0)
        revert(0, 0)
    }
}

/// An account that is a contract: calls what it is told to, and calls back, refuses or burns all energy when money arrives.
contract Puppet {
    address private target;
    bytes private data;
    bool public refuses;
    bool public burns;
    uint256 public tried;
    uint256 public succeeded;
    bytes4 public why;

    function arm(address target_, bytes calldata data_) external {
        (target, data, tried, succeeded) = (target_, data_, 0, 0);
    }

    function behave(bool refuses_, bool burns_) external {
        (refuses, burns) = (refuses_, burns_);
    }

    function act(address to, uint256 value, uint256 tokenId, uint256 tokenValue, bytes memory call_) external payable {
        uint256 ok;
        assembly ("memory-safe") {
            if iszero(tokenId) { ok := call(gas(), to, value, add(call_, 32), mload(call_), 0, 0) }
        }
        if (tokenId != 0) {
            uint256 from;
            assembly ("memory-safe") {
                from := add(call_, 32)
            }
            ok = callToken(gasleft(), uint160(to), tokenValue, tokenId, from, call_.length, 0, 0);
        }
        if (ok == 0) {
            assembly ("memory-safe") {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    /// Two calls of one contract in one transaction.
    function both(address to, bytes calldata first, bytes calldata second) external {
        (bool ok,) = to.call(first);
        (bool ok2,) = to.call(second);
        require(ok && ok2, "one failed");
    }

    receive() external payable {
        if (refuses) revert("refused");
        if (burns) {
            assembly {
                invalid()
            }
        }
        if (data.length == 0) return;
        (bool ok, bytes memory answer) = target.call(data);
        tried++;
        if (ok) succeeded++;
        else why = bytes4(answer);
    }
}
