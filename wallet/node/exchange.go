package node

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// ExchangeTRX is how a pair of the exchange names TRX.
const ExchangeTRX = "_"

// Exchange is a pair of the chain's own exchange (Bancor's formula).
type Exchange struct {
	ID                        int64 // from 1 on
	Creator                   wallet.Address
	FirstToken, SecondToken   string // TRC-10 ids, or ExchangeTRX
	FirstAmount, SecondAmount int64  // smallest units that are in it
}

// Exchange reads a pair by its id; ErrNotFound when there is none.
func (n *Node) Exchange(ctx context.Context, id int64) (*Exchange, error) {
	key := binary.BigEndian.AppendUint64(nil, uint64(id))
	message, err := read(ctx, n, n.full.GetExchangeById, &tronpb.BytesMessage{Value: key})
	if err != nil {
		return nil, fmt.Errorf("reading exchange %d: %w", id, err)
	}
	if message.GetExchangeId() != id || id == 0 {
		return nil, fmt.Errorf("exchange %d: %w", id, ErrNotFound)
	}
	e := &Exchange{
		ID: id, FirstToken: string(message.GetFirstTokenId()), SecondToken: string(message.GetSecondTokenId()),
		FirstAmount: message.GetFirstTokenBalance(), SecondAmount: message.GetSecondTokenBalance(),
	}
	if a, err := wallet.AddressFromBytes(message.GetCreatorAddress()); err == nil {
		e.Creator = a
	}
	return e, nil
}
