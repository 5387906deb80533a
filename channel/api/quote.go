package api

import (
	"context"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/wallet"
)

// Chain makes transactions for clients that have no Tron library, and gives theirs to the network. It never sees a client's key.
//
// Its errors are those of package message where a client can do something about them: ErrAsset, ErrTerms, ErrShort, ErrWouldFail, ErrRefused, ErrForeign, ErrNode.
type Chain interface {
	Quote(ctx context.Context) (Quote, error)
	// PrepareOpen makes what opens a channel. When again is true, a token has to approve first: what it returns has to be in a block before it is asked again.
	PrepareOpen(ctx context.Context, want Opening) (list []Unsigned, again bool, err error)
	PrepareDeposit(ctx context.Context, terms channel.Terms, owner wallet.Address, amount channel.Amount) (list []Unsigned, again bool, err error)
	PrepareStartClose(ctx context.Context, terms channel.Terms) (Unsigned, error)
	PrepareFinishClose(ctx context.Context, terms channel.Terms) (Unsigned, error)
	// PrepareCloseAgreed signs, as the payee, that the channel ends at that amount. The channel was frozen before.
	PrepareCloseAgreed(ctx context.Context, terms channel.Terms, cumulative channel.Amount) (Unsigned, error)
	// Broadcast gives a transaction with its owner's signature to the network, if it is one of those above. Giving it twice is no error.
	Broadcast(ctx context.Context, raw []byte, signature wallet.Signature) (channel.Intent, error)
	// Operation is how far a transaction has come; the channel that it opened is in Settles. message.ErrUnknownOperation when no block holds it and expires is not given.
	Operation(ctx context.Context, id [32]byte, expires time.Time) (channel.Intent, error)
}

// Quote is what a payer has to know.
type Quote struct {
	Domain       channel.Domain
	CodeHash     [32]byte
	Payee        wallet.Address
	Assets       []AcceptedAsset
	MinChallenge time.Duration
	EnergyPrice  wallet.Sun
	OpenEnergy   int64
	DepositEnergy,
	CloseEnergy int64
	MinSettlement wallet.Sun
	Margin        time.Duration
}

// AcceptedAsset is an asset that channels may be in.
type AcceptedAsset struct {
	Asset      channel.Asset
	MinDeposit channel.Amount
}

// Opening is what a payer wants to open.
type Opening struct {
	Payer     wallet.Address
	Signer    wallet.Address // zero: the payer
	Asset     channel.Asset
	Deposit   channel.Amount
	Challenge time.Duration
}

// Unsigned is a transaction for its owner to sign.
type Unsigned struct {
	Kind        string
	Raw         []byte
	ID          [32]byte
	Owner       wallet.Address
	FeeLimit    wallet.Sun
	Energy      int64
	Expires     time.Time
	Description string
}

// Policy is what Admin.Policy shows.
type Policy struct {
	Settle settle.Policy
	Assets map[channel.Asset]settle.Price
}
