package api_test

import (
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// A kit claims what its owner is owed: what a hub has promised to seeders on channels of its own is for them to claim, and at their cost. Its signatures have the v that a contract needs,
// which the ledger does not ask of every voucher.
func TestAKitHoldsWhatPaysItsOwner(t *testing.T) {
	w := newWorld(t, nil)
	for _, side := range []struct {
		terms  channel.Terms
		signer *wallet.Key
	}{{w.in, w.payer}, {w.out, w.payee}} {
		if err := w.store.Update(t.Context(), func(t *store.Tx) error {
			r, err := t.Channel(side.terms.ID())
			if err != nil {
				return err
			}
			r.Held = channel.Voucher{Channel: r.ID, Cumulative: channel.NewAmount(5)}.Sign(side.signer, w.domain)
			r.Held.Signature[64] ^= 27 ^ 28
			return t.PutChannel(&r)
		}); err != nil {
			t.Fatal(err)
		}
	}
	stream, err := pb.NewSettlementsClient(w.conn).ExportClaimKit(as(t.Context(), operatorToken), &pb.ExportClaimKitRequest{})
	if err != nil {
		t.Fatal(err)
	}
	part, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	claims := part.GetKit().GetClaims()
	if len(claims) != 1 || claims[0].GetTerms().GetPayee() != w.payee.Address().String() {
		t.Fatalf("the kit claims %v", claims)
	}
	claim, err := message.ToClaim(claims[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Held.Verify(w.domain.Separator(), w.payer.Address()); err != nil {
		t.Error(err)
	}
}
