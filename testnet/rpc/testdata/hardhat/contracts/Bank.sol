// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

contract Bank {
    mapping(address => uint256) public balanceOf;
    uint256 public immutable opened = block.timestamp;

    event Paid(address indexed from, uint256 amount);
    error TooEarly(uint256 until);

    function pay() external payable {
        balanceOf[msg.sender] += msg.value;
        emit Paid(msg.sender, msg.value);
    }

    function take(uint256 amount) external {
        if (block.timestamp < opened + 1 days) revert TooEarly(opened + 1 days);
        require(balanceOf[msg.sender] >= amount, "not that much");
        balanceOf[msg.sender] -= amount;
        payable(msg.sender).transfer(amount);
    }
}
