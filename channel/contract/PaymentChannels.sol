// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {callTokenValue} from "channel/contract/TRC10.sol";
import {UnexpectedValue, takeMoney, payMoney, payBoth} from "channel/contract/Money.sol";
import {Signature, NOTHING, separatorOf, layDesk, digestVoucher, digestClose, digestOnDesk, hashTails, isSignedBy} from "channel/contract/Signatures.sol";

/// @title Unidirectional payment channels in TRX, TRC-10 and TRC-20.
/// @notice One contract holds every channel. It has no owner, no proxy, no upgrade, no pause and no fee.
///
/// A payer locks a deposit for a payee and signs vouchers: "of this channel, `cumulative` is yours, plus what the tails reveal". Money only moves from payer
/// to payee, every promise is cumulative, and anybody may present one: what is paid is always `min(worth, deposit) - settled`. So an old voucher, the same
/// voucher twice, or an old tail beside a newer voucher never pays twice.
///
/// To leave, the payer starts to close and waits for the challenge, in which vouchers still settle, or shows the payee's signature; the payee closes at once.
contract PaymentChannels {
    /// What payer and payee agreed on. Only its hash is stored; every call brings it back.
    struct Terms {
        address payer;
        address payee;
        address signer; // whose key signs vouchers
        uint256 asset; // 0: TRX; 1,000,001 to 2^63-1: TRC-10 id; otherwise a TRC-20 contract
        uint256 challenge; // seconds
        bytes32 seed; // keccak256(salt, hash of the block before)
    }

    /// A hash chain promised inside a voucher: each preimage shown of `anchor` is worth `unit` more.
    struct Tail {
        bytes32 anchor;
        uint256 unit;
        uint256 length;
        uint256 expiry;
    }

    /// What is shown of a tail: hashing `preimage` `count` times gives its anchor. A count of 0 shows nothing.
    struct Reveal {
        uint256 count;
        bytes32 preimage;
    }

    struct ShownTail {
        Tail tail;
        Reveal shown;
    }

    /// A signed voucher; the channel in it is the hash of the terms beside it. The signature is r and s, with the recovery id in the highest bit of s.
    struct Voucher {
        uint256 cumulative;
        bytes32 r;
        bytes32 vs;
        ShownTail[] tails;
    }

    event Opened(
        bytes32 indexed id,
        address indexed payer,
        address indexed payee,
        address signer,
        uint256 asset,
        uint256 challenge,
        bytes32 seed,
        uint256 deposit
    );
    event Deposited(bytes32 indexed id, uint256 deposit);
    event Settled(bytes32 indexed id, uint256 settled);
    event Revealed(bytes32 indexed id, bytes32 indexed anchor, uint256 count, bytes32 preimage);
    /// An item of a batch that was worth nothing, and why: the constants below, which have the names of the errors of a single call.
    event Skipped(bytes32 indexed id, uint8 reason);
    event Closing(bytes32 indexed id, uint256 closeAt);
    event Closed(bytes32 indexed id, uint256 settled, uint256 refund);

    /// A call came while another one was on its way: a token or a receiver called back.
    error Locked();
    error BadPayee(address payee);
    error BadChallenge(uint256 challenge);
    error NothingDeposited();
    /// The deposit would be over 2^104-1.
    error DepositTooLarge();
    error ChannelExists(bytes32 id);
    /// No such channel, or it is closed.
    error UnknownChannel(bytes32 id);
    error ChannelClosing(bytes32 id);
    error NotClosing(bytes32 id);
    /// finishClose before the challenge is over.
    error TooEarly(uint256 closeAt);
    error NotPayer(address caller);
    error NotPayee(address caller);
    error BadSignature(bytes32 id);
    /// Over 16 tails, a tail over 1,024 steps, or more shown than promised.
    error BadTail(bytes32 id);
    error BadPreimage(bytes32 id);
    error AssetsDiffer();
    error SameChannel();
    /// The packed items end in the middle of one, or have flags that mean nothing.
    error BadItems();
    error TooManyItems();

    uint256 private constant MIN_CHALLENGE = 10 minutes;
    uint256 private constant MAX_CHALLENGE = 90 days;
    uint256 private constant MAX_TAILS = 16;
    uint256 private constant MAX_STEPS = 1024;
    uint256 private constant MAX_ITEMS = 32; // 80 ms of CPU for a transaction: 40 items failed one time in eight

    // Why a voucher is worth nothing. In a batch the item is skipped; alone it reverts with the error of that name, but for STALE, which does nothing.
    uint256 private constant UNKNOWN_CHANNEL = 1;
    uint256 private constant STALE = 2;
    uint256 private constant BAD_SIGNATURE = 3;
    uint256 private constant BAD_TAIL = 4;
    uint256 private constant BAD_PREIMAGE = 5;

    // A channel is one word: deposit in bits 0-103, settled in 104-207, closeAt in 208-247.
    uint256 private constant MAX_AMOUNT = type(uint104).max;
    uint256 private constant SETTLED = 104;
    uint256 private constant CLOSE_AT = 208;
    // A closed channel keeps what was settled, no deposit, and this mark, so that its id never comes back. It costs what clearing would: the TVM refunds nothing.
    uint256 private constant CLOSED = uint256(type(uint40).max) << CLOSE_AT;

    // The lock lives in transient storage: 300 energy a call instead of 10,000.
    uint256 private transient busy;

    /// Every call that changes something: not while another is on its way.
    modifier exclusive() {
        if (busy != 0) revert Locked();
        busy = 1;
        _;
        busy = 0;
    }

    /// No TRC-10 may come along: the compiler knows only TRX and would keep it.
    modifier noTokens() {
        if (callTokenValue() != 0) revert UnexpectedValue();
        _;
    }

    // ---- payer ----

    /// @notice Opens a channel of the caller and locks `amount`; what counts is what arrives.
    /// @param signer whose key signs vouchers; 0 for the caller's own
    /// @param salt any number: two channels alike in one block need different ones
    function open(address payee, address signer, uint256 asset, uint256 amount, uint256 challenge, bytes32 salt)
        external
        payable
        exclusive
        returns (bytes32 id)
    {
        if (payee == address(0) || payee == address(this)) revert BadPayee(payee);
        if (challenge < MIN_CHALLENGE || challenge > MAX_CHALLENGE) revert BadChallenge(challenge);
        if (signer == address(0)) signer = msg.sender;
        uint256 deposited = takeMoney(asset, amount);
        if (deposited == 0) revert NothingDeposited();
        if (deposited > MAX_AMOUNT) revert DepositTooLarge();
        // The TVM keeps only the low 128 bits of a storage key. With a block hash inside that nobody knew before, ids cannot be searched for a pair that shares them.
        bytes32 seed = keccak256(abi.encode(salt, blockhash(block.number - 1)));
        id = keccak256(abi.encode(msg.sender, payee, signer, asset, challenge, seed));
        if (load(id) != 0) revert ChannelExists(id);
        store(id, deposited);
        emit Opened(id, msg.sender, payee, signer, asset, challenge, seed, deposited);
    }

    /// @notice Adds to a channel's deposit. Anybody may.
    function deposit(Terms calldata terms, uint256 amount) external payable exclusive {
        (bytes32 id, uint256 word) = live(terms);
        if (word >> CLOSE_AT != 0) revert ChannelClosing(id);
        uint256 deposited = takeMoney(terms.asset, amount);
        if (deposited == 0) revert NothingDeposited();
        addDeposit(id, word, deposited);
    }

    /// @notice Starts to close: the payee has the challenge to settle, then finishClose refunds the rest.
    function startClose(Terms calldata terms) external exclusive noTokens {
        (bytes32 id, uint256 word) = live(terms);
        if (msg.sender != payerOf(terms)) revert NotPayer(msg.sender);
        if (word >> CLOSE_AT != 0) revert ChannelClosing(id);
        uint256 closeAt = block.timestamp + terms.challenge;
        store(id, word | (closeAt << CLOSE_AT));
        emit Closing(id, closeAt);
    }

    /// @notice Refunds the rest to the payer once the challenge is over. Anybody may.
    function finishClose(Terms calldata terms) external exclusive noTokens {
        (bytes32 id, uint256 word) = live(terms);
        uint256 closeAt = word >> CLOSE_AT;
        if (closeAt == 0) revert NotClosing(id);
        if (block.timestamp < closeAt) revert TooEarly(closeAt);
        finish(terms, id, word, 0);
    }

    /// @notice Closes at once with the payee's consent: its signature over Close(channel, cumulative).
    function closeAgreed(Terms calldata terms, uint256 cumulative, Signature calldata signature) external exclusive noTokens {
        (bytes32 id, uint256 word) = live(terms);
        if (msg.sender != payerOf(terms)) revert NotPayer(msg.sender);
        layDesk();
        digestClose(id, cumulative);
        if (!isSignedBy(payeeOf(terms), signature)) revert BadSignature(id);
        finish(terms, id, word, dueOf(word, cumulative));
    }

    // ---- payee, or anybody for the payee ----

    /// @notice Pays the payee what the voucher is worth beyond what was settled; nothing due is no error.
    function settle(Terms calldata terms, Voucher calldata voucher) external exclusive noTokens {
        (bytes32 id, uint256 word) = live(terms);
        uint256 due = claim(terms, voucher, id, word);
        if (due == 0) return;
        addSettled(id, word, due);
        payMoney(terms.asset, payeeOf(terms), due);
    }

    /// @notice Settles up to 32 channels of one payee and asset by one transfer. An item that is worth nothing is skipped and never spoils the others.
    /// @param items packed, each: flags 1, payer 20, challenge 4, seed 32, cumulative 13, r 32, vs 32 bytes; then, with flag 0x80, the signer, 20 bytes
    /// (else the payer signs); then as many ShownTails of 192 bytes as the low five bits of flags say.
    function settleBatch(address payee, uint256 asset, bytes calldata items) external exclusive noTokens {
        uint256 total = settleItems(payee, asset, items);
        if (total != 0) payMoney(asset, payee, total);
    }

    /// @notice What is due becomes deposit in one of the payee's own outgoing channels of the same asset; no token moves.
    function settleInto(Terms calldata terms, Voucher calldata voucher, Terms calldata toTerms) external exclusive noTokens {
        (bytes32 id, uint256 word) = live(terms);
        (bytes32 toId, uint256 toWord) = live(toTerms);
        if (msg.sender != payeeOf(terms)) revert NotPayee(msg.sender);
        if (msg.sender != payerOf(toTerms)) revert NotPayer(msg.sender);
        if (terms.asset != toTerms.asset) revert AssetsDiffer();
        if (id == toId) revert SameChannel();
        if (toWord >> CLOSE_AT != 0) revert ChannelClosing(toId);
        uint256 due = claim(terms, voucher, id, word);
        if (due == 0) return;
        addSettled(id, word, due);
        addDeposit(toId, toWord, due);
    }

    /// @notice The payee's last settlement and the payer's refund at once. A voucher that adds nothing to what was settled needs no signature.
    function close(Terms calldata terms, Voucher calldata voucher) external exclusive noTokens {
        (bytes32 id, uint256 word) = live(terms);
        if (msg.sender != payeeOf(terms)) revert NotPayee(msg.sender);
        finish(terms, id, word, claim(terms, voucher, id, word));
    }

    // ---- views ----

    /// @notice The channel's figures. Closed: no deposit, closeAt is 2^40-1. Never opened: all zero.
    function channel(bytes32 id) external view noTokens returns (uint256 deposited, uint256 settled, uint256 closeAt) {
        uint256 word = load(id);
        return (word & MAX_AMOUNT, settledOf(word), word >> CLOSE_AT);
    }

    function idOf(Terms calldata terms) external view noTokens returns (bytes32) {
        return hashTerms(terms);
    }

    /// @notice What a signer signs (TIP-712).
    function voucherDigest(bytes32 id, uint256 cumulative, Tail[] calldata tails) external view noTokens returns (bytes32) {
        uint256 pos;
        assembly ("memory-safe") {
            pos := tails.offset
        }
        layDesk();
        digestVoucher(id, cumulative, hashTails(pos, tails.length, 128));
        return digestOnDesk();
    }

    /// @notice What a payee signs for closeAgreed (TIP-712).
    function closeDigest(bytes32 id, uint256 cumulative) external view noTokens returns (bytes32) {
        layDesk();
        digestClose(id, cumulative);
        return digestOnDesk();
    }

    function domainSeparator() external view noTokens returns (bytes32) {
        return separatorOf();
    }

    // ---- one channel's word ----

    // The id is itself the storage slot: nothing else is stored, so a mapping's second hash would add nothing.
    function load(bytes32 id) private view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(id)
        }
    }

    function store(bytes32 id, uint256 word) private {
        assembly ("memory-safe") {
            sstore(id, word)
        }
    }

    function settledOf(uint256 word) private pure returns (uint256) {
        return (word >> SETTLED) & MAX_AMOUNT;
    }

    function live(Terms calldata terms) private view returns (bytes32 id, uint256 word) {
        id = hashTerms(terms);
        word = load(id);
        if (word & MAX_AMOUNT == 0) revert UnknownChannel(id);
    }

    // The parts of terms whose hash names a channel need no check of their own: dirty bits in an address make a hash that no channel has.

    function payerOf(Terms calldata terms) private pure returns (address payer) {
        assembly ("memory-safe") {
            payer := calldataload(terms)
        }
    }

    function payeeOf(Terms calldata terms) private pure returns (address payee) {
        assembly ("memory-safe") {
            payee := calldataload(add(terms, 32))
        }
    }

    function signerOf(Terms calldata terms) private pure returns (address signer) {
        assembly ("memory-safe") {
            signer := calldataload(add(terms, 64))
        }
    }

    function hashTerms(Terms calldata terms) private pure returns (bytes32 id) {
        assembly ("memory-safe") {
            calldatacopy(0x0c0, terms, 192)
            id := keccak256(0x0c0, 192)
        }
    }

    function addDeposit(bytes32 id, uint256 word, uint256 more) private {
        unchecked {
            uint256 sum = (word & MAX_AMOUNT) + more;
            if (more > MAX_AMOUNT || sum > MAX_AMOUNT) revert DepositTooLarge();
            store(id, word + more);
            emit Deposited(id, sum);
        }
    }

    function addSettled(bytes32 id, uint256 word, uint256 due) private {
        unchecked {
            word += due << SETTLED;
        }
        store(id, word);
        emit Settled(id, settledOf(word));
    }

    /// Marks the channel closed, pays the payee what is still due and the payer the rest.
    function finish(Terms calldata terms, bytes32 id, uint256 word, uint256 due) private {
        unchecked {
            uint256 settled = settledOf(word) + due;
            uint256 refund = (word & MAX_AMOUNT) - settled;
            store(id, CLOSED | (settled << SETTLED));
            emit Closed(id, settled, refund);
            payBoth(terms.asset, payeeOf(terms), due, payerOf(terms), refund);
        }
    }

    // ---- vouchers ----

    /// What is due by a voucher; reverts when it is no good.
    function claim(Terms calldata terms, Voucher calldata voucher, bytes32 id, uint256 word) private returns (uint256 due) {
        Signature calldata signature;
        uint256 tailsAt;
        uint256 tails;
        assembly ("memory-safe") {
            signature := add(voucher, 32)
            tailsAt := add(voucher, calldataload(add(voucher, 96))) // anywhere in calldata: all of it is the caller's to choose
            tails := calldataload(tailsAt)
            tailsAt := add(tailsAt, 32)
        }
        layDesk();
        uint256 reason;
        (due, reason) = evaluate(id, word, signerOf(terms), voucher.cumulative, signature, tailsAt, tails);
        if (reason > STALE) {
            if (reason == BAD_SIGNATURE) revert BadSignature(id);
            if (reason == BAD_TAIL) revert BadTail(id);
            revert BadPreimage(id);
        }
    }

    /// What is due by a voucher beyond what was settled, or why nothing is. Cheap questions come before the signature.
    function evaluate(
        bytes32 id,
        uint256 word,
        address signer,
        uint256 cumulative,
        Signature calldata signature,
        uint256 tailsAt,
        uint256 tails
    ) private returns (uint256 due, uint256 reason) {
        bytes32 tailsHash = NOTHING;
        if (tails == 0) {
            due = dueOf(word, cumulative);
            if (due == 0) return (0, STALE);
        } else {
            if (tails > MAX_TAILS) return (0, BAD_TAIL);
            tailsHash = hashTails(tailsAt, tails, 192);
        }
        digestVoucher(id, cumulative, tailsHash);
        if (!isSignedBy(signer, signature)) return (0, BAD_SIGNATURE);
        if (tails != 0) (due, reason) = addTails(id, word, cumulative, tailsAt, tails);
    }

    /// What a voucher of that worth pays now: at most the deposit, less what was settled.
    function dueOf(uint256 word, uint256 worth) private pure returns (uint256) {
        uint256 ceiling = word & MAX_AMOUNT;
        uint256 settled = settledOf(word);
        if (worth > ceiling) worth = ceiling;
        if (worth <= settled) return 0;
        unchecked {
            return worth - settled;
        }
    }

    /// What is due by a voucher with what is shown of its tails.
    function addTails(bytes32 id, uint256 word, uint256 worth, uint256 tailsAt, uint256 tails) private returns (uint256 due, uint256 reason) {
        // Cut to 2^104 the sum cannot overflow: 1 and 16 times 1,024 of them.
        if (worth > MAX_AMOUNT) worth = MAX_AMOUNT;
        unchecked {
            for (uint256 end = tailsAt + tails * 192; tailsAt != end; tailsAt += 192) {
                uint256 more;
                (more, reason) = reveal(id, tailsAt);
                if (reason != 0) return (0, reason);
                worth += more;
            }
        }
        due = dueOf(word, worth);
        if (due == 0) reason = STALE;
    }

    /// What one shown tail adds. After its expiry it adds nothing; the rest of the voucher still holds.
    function reveal(bytes32 id, uint256 pos) private returns (uint256 worth, uint256 reason) {
        bytes32 anchor;
        uint256 unit;
        uint256 length;
        uint256 expiry;
        uint256 count;
        bytes32 preimage;
        bytes32 end;
        assembly ("memory-safe") {
            anchor := calldataload(pos)
            unit := calldataload(add(pos, 32))
            length := calldataload(add(pos, 64))
            expiry := calldataload(add(pos, 96))
            count := calldataload(add(pos, 128))
            preimage := calldataload(add(pos, 160))
        }
        if (length > MAX_STEPS || count > length) return (0, BAD_TAIL);
        if (count == 0 || block.timestamp > expiry) return (0, 0);
        assembly ("memory-safe") {
            mstore(0, preimage)
            let n := count
            for {} gt(n, 127) { n := sub(n, 128) } {
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
            }
            for {} gt(n, 15) { n := sub(n, 16) } {
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
                mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32)) mstore(0, keccak256(0, 32))
            }
            for {} n { n := sub(n, 1) } { mstore(0, keccak256(0, 32)) }
            end := mload(0)
        }
        if (end != anchor) return (0, BAD_PREIMAGE);
        emit Revealed(id, anchor, count, preimage);
        if (unit > MAX_AMOUNT) unit = MAX_AMOUNT;
        unchecked {
            return (count * unit, 0);
        }
    }

    // ---- batches ----

    uint256 private constant ITEM = 134;
    uint256 private constant SIGNER_FLAG = 0x80;
    uint256 private constant TAILS_MASK = 0x1f;

    /// Settles packed items and gives what the payee is owed for all of them.
    function settleItems(address payee, uint256 asset, bytes calldata items) private returns (uint256 total) {
        layDesk();
        uint256 pos;
        uint256 end;
        assembly ("memory-safe") {
            mstore(0x0e0, payee)
            mstore(0x120, asset)
            pos := items.offset
            end := add(pos, items.length)
        }
        unchecked {
            for (uint256 n = 0; pos < end; n++) {
                if (n == MAX_ITEMS) revert TooManyItems();
                uint256 due;
                (pos, due) = settleItem(pos);
                if (pos > end) revert BadItems();
                total += due;
            }
        }
    }

    /// Settles one item. One that goes on past the end is found out by the caller, which reverts everything.
    function settleItem(uint256 pos) private returns (uint256 next, uint256 due) {
        (bytes32 id, address signer, uint256 tailsAt, uint256 tails) = unpackItem(pos);
        uint256 word = load(id);
        uint256 reason = UNKNOWN_CHANNEL;
        if (word & MAX_AMOUNT != 0) {
            uint256 cumulative;
            Signature calldata signature;
            assembly ("memory-safe") {
                cumulative := shr(152, calldataload(add(pos, 57)))
                signature := add(pos, 70)
            }
            (due, reason) = evaluate(id, word, signer, cumulative, signature, tailsAt, tails);
        }
        if (reason == 0) addSettled(id, word, due);
        else emit Skipped(id, uint8(reason));
        unchecked {
            next = tailsAt + tails * 192;
        }
    }

    /// The item's channel, by the terms that it shares with the others, which lie on the desk, and its own.
    function unpackItem(uint256 pos) private pure returns (bytes32 id, address signer, uint256 tailsAt, uint256 tails) {
        uint256 flags;
        assembly ("memory-safe") {
            flags := byte(0, calldataload(pos))
            signer := shr(96, calldataload(add(pos, 1)))
            mstore(0x0c0, signer)
            tailsAt := add(pos, ITEM)
            if and(flags, SIGNER_FLAG) {
                signer := shr(96, calldataload(tailsAt))
                tailsAt := add(tailsAt, 20)
            }
            tails := and(flags, TAILS_MASK)
            mstore(0x100, signer)
            mstore(0x140, shr(224, calldataload(add(pos, 21))))
            mstore(0x160, calldataload(add(pos, 25)))
            id := keccak256(0x0c0, 192)
        }
        if (flags & ~(SIGNER_FLAG | TAILS_MASK) != 0) revert BadItems();
    }
}
