package client

import (
	"context"

	"github.com/piecework/piecework/channel"
)

// Look is one look of Run at a channel, by a policy whose zero fields are no defaults.
func (r *Redeemer) Look(ctx context.Context, id channel.ID, policy RedeemPolicy) error {
	return r.look(ctx, id, policy)
}
