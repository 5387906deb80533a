// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// TRC-20 tokens as they are found in the wild, and worse. Every one can make more for anybody: they are for tests.

contract Plain {
    event Transfer(address indexed from, address indexed to, uint256 value);

    mapping(address => uint256) internal held;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 value) external {
        held[to] += value;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function balanceOf(address who) external view virtual returns (uint256) {
        return held[who];
    }

    function transfer(address to, uint256 value) external {
        move(msg.sender, to, value);
        answerTransfer();
    }

    function transferFrom(address from, address to, uint256 value) external {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "allowance");
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - value;
        move(from, to, value);
        answerTransferFrom();
    }

    function move(address from, address to, uint256 value) internal virtual {
        held[from] -= value;
        held[to] += value;
        emit Transfer(from, to, value);
    }

    function answerTransfer() internal virtual {
        answer(1);
    }

    function answerTransferFrom() internal virtual {
        answer(1);
    }

    function answer(uint256 word) internal pure {
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, 32)
        }
    }
}

/// Tron's USDT: transfer moves the money and returns false, transferFrom returns true.
contract LikeUSDT is Plain {
    function answerTransfer() internal pure override {
        answer(0);
    }
}

contract ReturnsFalse is LikeUSDT {
    function answerTransferFrom() internal pure override {
        answer(0);
    }
}

contract ReturnsNothing is Plain {
    function answerTransfer() internal pure override {}
    function answerTransferFrom() internal pure override {}
}

contract ReturnsGarbage is Plain {
    function answerTransfer() internal pure override {
        assembly ("memory-safe") {
            mstore(0, not(0))
            return(3, 29)
        }
    }

    function answerTransferFrom() internal pure override {
        answer(0xdead);
    }
}

/// Says true and moves nothing.
contract SaysTrue is Plain {
    function move(address, address, uint256) internal pure override {}
}

/// The receiver gets one in a hundred less.
contract TakesFee is Plain {
    function move(address from, address to, uint256 value) internal override {
        held[from] -= value;
        held[to] += value - value / 100;
        held[address(1)] += value / 100;
    }
}

/// The sender pays one in a hundred more.
contract ChargesSender is Plain {
    function move(address from, address to, uint256 value) internal override {
        held[from] -= value + value / 100;
        held[to] += value;
        held[address(1)] += value / 100;
    }
}

/// Gives one in a hundred on top.
contract GivesMore is Plain {
    function move(address from, address to, uint256 value) internal override {
        held[from] -= value;
        held[to] += value + value / 100;
    }
}

/// Takes money from who should receive it.
contract Robs is Plain {
    function move(address, address to, uint256) internal override {
        if (held[to] > 0) held[to]--;
    }
}

/// Tells everybody twice what they have.
contract Doubles is Plain {
    function balanceOf(address who) external view override returns (uint256) {
        return 2 * held[who];
    }
}

/// Refuses to move money of, or to, those on a list; refuses all while it is paused.
contract Blacklists is Plain {
    mapping(address => bool) public banned;
    bool public paused;

    function ban(address who, bool yes) external {
        banned[who] = yes;
    }

    function pause(bool yes) external {
        paused = yes;
    }

    function move(address from, address to, uint256 value) internal override {
        require(!paused && !banned[from] && !banned[to], "refused");
        super.move(from, to, value);
    }
}

/// Has no code that answers balanceOf.
contract Mute {
    fallback() external {}
}

/// Calls back in the middle of every transfer.
contract Reenters is Plain {
    address private target;
    bytes private data;
    uint256 public tried;
    uint256 public succeeded;
    bytes4 public why;

    function arm(address target_, bytes calldata data_) external {
        (target, data, tried, succeeded) = (target_, data_, 0, 0);
    }

    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        if (data.length == 0) return;
        (bool ok, bytes memory answer) = target.call(data);
        tried++;
        if (ok) succeeded++;
        else why = bytes4(answer);
    }
}

/// Dies of an invalid opcode, with all the energy that it was given.
contract Burns is Plain {
    function move(address, address, uint256) internal view override {
        if (gasleft() == 0) return;
        assembly {
            invalid()
        }
    }
}
