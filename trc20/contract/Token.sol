// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// A TRC-20 token with exactly the options that its issuer asked for. Each option is a contract of its own below, and each combination a contract at the end:
// a function whose option was not chosen does not exist, costs nothing to deploy (200 energy a byte) and nobody has to trust a flag. A transfer runs the
// same code in all of them. Name, symbol and decimals are stored, not immutable, so two tokens with the same options have the same code.

/// @dev CALLTOKENVALUE: how many TRC-10 tokens came along. The build replaces the body by the opcode.
/// @custom:opcode 0xd2
function callTokenValue() view returns (uint256 word) {
    word = gasleft();
    require(word == 0);
}

/// @title TRC-20 token of fixed supply, which the deployer receives.
contract Token {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    // Names as in ERC-6093, which explorers know.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// The zero address, or the token's own: what goes there is lost.
    error ERC20InvalidReceiver(address receiver);
    /// The call carried TRC-10 tokens, which nobody could ever take out again.
    error UnexpectedTokens();

    string public name;
    string public symbol;
    uint8 public decimals;
    uint256 public totalSupply;
    mapping(address holder => uint256) public balanceOf;
    /// 2^256-1 is without limit and never counted down, which saves 5,000 energy a transferFrom.
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    /// The compiler refuses TRX where it is not wanted, but knows no TRC-10.
    modifier noTokens() {
        if (callTokenValue() != 0) revert UnexpectedTokens();
        _;
    }

    constructor(string memory name_, string memory symbol_, uint8 decimals_, uint256 supply) noTokens {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external noTokens returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external noTokens returns (bool) {
        allow(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external noTokens returns (bool) {
        spend(from, value);
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) internal {
        if (to == address(0) || to == address(this)) revert ERC20InvalidReceiver(to);
        take(from, value);
        unchecked {
            balanceOf[to] += value; // no balance is over the supply
        }
        emit Transfer(from, to, value);
    }

    function take(address from, uint256 value) internal {
        uint256 balance = balanceOf[from];
        if (balance < value) revert ERC20InsufficientBalance(from, balance, value);
        unchecked {
            balanceOf[from] = balance - value;
        }
    }

    function spend(address from, uint256 value) internal {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed == type(uint256).max) return;
        if (allowed < value) revert ERC20InsufficientAllowance(msg.sender, allowed, value);
        unchecked {
            allowance[from][msg.sender] = allowed - value;
        }
    }

    function allow(address holder, address spender, uint256 value) internal {
        allowance[holder][spender] = value;
        emit Approval(holder, spender, value);
    }
}

/// Option: the owner, at first the deployer, makes more.
abstract contract Mintable is Token {
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller);
    error InvalidOwner();
    error SupplyTooLarge();

    /// Who may mint; zero when nobody may any more.
    address public owner = msg.sender;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    function mint(address to, uint256 value) external noTokens onlyOwner {
        if (to == address(0) || to == address(this)) revert ERC20InvalidReceiver(to);
        unchecked {
            uint256 supply = totalSupply + value;
            if (supply < value) revert SupplyTooLarge();
            totalSupply = supply;
            balanceOf[to] += value;
        }
        emit Transfer(address(0), to, value);
    }

    function transferOwnership(address newOwner) external noTokens onlyOwner {
        if (newOwner == address(0)) revert InvalidOwner();
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    /// Nobody mints after this.
    function renounceOwnership() external noTokens onlyOwner {
        emit OwnershipTransferred(owner, address(0));
        owner = address(0);
    }
}

/// Option: holders destroy what is theirs.
abstract contract Burnable is Token {
    function burn(uint256 value) external noTokens {
        destroy(msg.sender, value);
    }

    function burnFrom(address from, uint256 value) external noTokens {
        spend(from, value);
        destroy(from, value);
    }

    function destroy(address from, uint256 value) private {
        take(from, value);
        unchecked {
            totalSupply -= value; // no balance is over the supply
        }
        emit Transfer(from, address(0), value);
    }
}

/// Option: an allowance by signature (EIP-2612 over TIP-712), so that a holder needs no TRX to give one.
abstract contract Permit is Token {
    error ERC2612ExpiredSignature(uint256 deadline);
    error ERC2612InvalidSigner(address signer, address owner);

    bytes32 private constant DOMAIN = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant PERMIT = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    mapping(address holder => uint256) public nonces;

    function permit(address holder, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external noTokens {
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        bytes32 hash = keccak256(abi.encode(PERMIT, holder, spender, value, nonces[holder]++, deadline));
        hash = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), hash));
        address signer = uint256(s) > HALF_ORDER ? address(0) : ecrecover(hash, v, r, s);
        if (signer == address(0) || signer != holder) revert ERC2612InvalidSigner(signer, holder);
        allow(holder, spender, value);
    }

    /// TIP-712 signs the last four bytes of the chain id. Hashed anew each time: a chain that splits splits the domain too.
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, keccak256(bytes(name)), keccak256("1"), block.chainid & 0xffffffff, address(this)));
    }
}

contract TokenMintable is Mintable {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}

contract TokenBurnable is Burnable {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}

contract TokenMintableBurnable is Mintable, Burnable {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}

contract TokenPermit is Permit {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}

contract TokenMintablePermit is Mintable, Permit {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}

contract TokenBurnablePermit is Burnable, Permit {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}

contract TokenMintableBurnablePermit is Mintable, Burnable, Permit {
    constructor(string memory n, string memory s, uint8 d, uint256 supply) Token(n, s, d, supply) {}
}
