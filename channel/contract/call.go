package contract

import (
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrCall is wrapped by errors about a call that cannot be made: amounts that a transaction cannot carry, reveals without a tail, mixed batches.
var ErrCall = errors.New("not a call that the contract takes")

// Call is a call of the contract and the money that goes along.
type Call struct {
	Data       []byte       // selector and arguments
	Value      wallet.Sun   // TRX
	TokenValue wallet.Units // of TRC-10 token TokenID
	TokenID    int64        // 0 for none
}

// Trigger is the transaction body that makes the call.
func (c Call) Trigger(owner, contract wallet.Address) *tx.TriggerSmartContract {
	return &tx.TriggerSmartContract{Owner: owner, Contract: contract, CallValue: c.Value, Data: c.Data, CallTokenValue: c.TokenValue, TokenID: c.TokenID}
}

// Opening is what a payer opens a channel with. A TRC-20 token must have approved the contract for Amount before.
type Opening struct {
	Payee     wallet.Address
	Signer    wallet.Address // whose key signs vouchers; zero for the payer's own
	Asset     channel.Asset
	Amount    channel.Amount // the first deposit, smallest units
	Challenge time.Duration  // whole seconds, channel.MinChallenge … channel.MaxChallenge
	Salt      [32]byte       // tells channels alike apart that are opened in one block; a random one is best
}

// Terms are the terms of the channel that the opening makes for payer when it gets into the block after parent (a block's id).
func (o Opening) Terms(payer wallet.Address, parent [32]byte) channel.Terms {
	t := channel.Terms{Payer: payer, Payee: o.Payee, Signer: o.Signer, Asset: o.Asset, Challenge: o.Challenge, Seed: wallet.Keccak256(o.Salt[:], parent[:])}
	if t.Signer.IsZero() {
		t.Signer = payer
	}
	return t
}

// Open opens a channel of the caller.
func Open(o Opening) (Call, error) {
	seconds := uint64(o.Challenge / time.Second)
	p := method("open", 6*32).address(o.Payee).address(o.Signer).word(o.Asset.Word()).amount(o.Amount).number(seconds).word(o.Salt)
	return withMoney(p.data, o.Asset, o.Amount)
}

// OpenedFor reads from the data of a call of Open whom the channel will pay, and in what. Errors wrap ErrCall.
func OpenedFor(data []byte) (payee wallet.Address, asset channel.Asset, err error) {
	selector := Interface().MustMethod("open").Selector()
	if len(data) != 4+6*32 || [4]byte(data) != selector {
		return payee, asset, fmt.Errorf("%w: no opening of a channel", ErrCall)
	}
	words := &wordReader{data: data[4:]}
	payee = words.addressOf(words.word())
	words.word()
	if asset = words.asset(); words.err != nil {
		return payee, asset, fmt.Errorf("%w: %w", ErrCall, words.err)
	}
	return payee, asset, nil
}

// Deposit adds to a channel's deposit; anybody may.
func Deposit(terms channel.Terms, amount channel.Amount) (Call, error) {
	return withMoney(method("deposit", 7*32).terms(terms).amount(amount).data, terms.Asset, amount)
}

// withMoney sends TRX and TRC-10 along; TRC-20 tokens are fetched by the contract.
func withMoney(data []byte, asset channel.Asset, amount channel.Amount) (Call, error) {
	call := Call{Data: data}
	if asset.Kind() == channel.KindTRC20 {
		return call, nil
	}
	n, err := amount.Units().Int64()
	if err != nil {
		return Call{}, fmt.Errorf("%w: %s of %s: %w", ErrCall, amount, asset, err)
	}
	if asset.Kind() == channel.KindTRX {
		call.Value = wallet.Sun(n)
	} else {
		call.TokenID, call.TokenValue = asset.TokenID(), amount.Units()
	}
	return call, nil
}

// Settle pays the payee what the claim is worth beyond what was settled; anybody may. Nothing due is no error.
func Settle(c Claim) (Call, error) {
	return claimCall("settle", c)
}

// Close is the payee's last settlement and the payer's refund at once. A claim without a voucher gives up what was not settled.
func Close(c Claim) (Call, error) {
	return claimCall("close", c)
}

func claimCall(name string, c Claim) (Call, error) {
	shown, err := c.shown()
	if err != nil {
		return Call{}, err
	}
	p := method(name, 7*32+voucherBytes(len(shown))).terms(c.Terms).number(7*32).voucher(c, shown)
	return Call{Data: p.data}, p.err
}

// SettleInto settles the payee's claim into the deposit of one of its own outgoing channels of the same asset.
func SettleInto(c Claim, to channel.Terms) (Call, error) {
	shown, err := c.shown()
	if err != nil {
		return Call{}, err
	}
	p := method("settleInto", 13*32+voucherBytes(len(shown))).terms(c.Terms).number(13*32).terms(to).voucher(c, shown)
	return Call{Data: p.data}, p.err
}

// CloseAgreed closes at once with the payee's signature over channel.CloseDigest; the payer calls it.
func CloseAgreed(terms channel.Terms, cumulative channel.Amount, payee wallet.Signature) (Call, error) {
	p := method("closeAgreed", 9*32).terms(terms).amount(cumulative).signature(payee)
	return Call{Data: p.data}, p.err
}

// StartClose starts the challenge; the payer calls it.
func StartClose(terms channel.Terms) Call {
	return Call{Data: method("startClose", 6*32).terms(terms).data}
}

// FinishClose refunds the rest to the payer once the challenge is over; anybody may.
func FinishClose(terms channel.Terms) Call {
	return Call{Data: method("finishClose", 6*32).terms(terms).data}
}

// GetChannel reads a channel's figures; DecodeChannel reads the answer.
func GetChannel(id channel.ID) Call {
	return Call{Data: method("channel", 32).word(id).data}
}
