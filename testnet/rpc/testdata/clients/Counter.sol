// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/// A contract with one of everything that a client library has to handle.
contract Counter {
    uint256 public count;
    mapping(address => uint256) public paid;
    string public label;

    event Counted(address indexed by, uint256 count, string note);
    error TooFar(uint256 count, uint256 most);

    constructor(string memory label_) payable {
        label = label_;
    }

    function add(uint256 n, string calldata note) external returns (uint256) {
        if (n > 100) revert TooFar(n, 100);
        count += n;
        emit Counted(msg.sender, count, note);
        return count;
    }

    function pay() external payable {
        paid[msg.sender] += msg.value;
    }

    function fail() external pure {
        revert("not today");
    }

    function many(uint256[] calldata numbers, bool flag) external pure returns (uint256 sum, bool same) {
        for (uint256 i = 0; i < numbers.length; i++) sum += numbers[i];
        same = flag;
    }

    function receiveToken() external payable returns (uint256) {
        return msg.value;
    }
}
