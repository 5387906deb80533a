package node

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// AssetByID is the contract that issued a TRC-10 token, as the chain keeps it; nil when there is no such token.
func (n *Node) AssetByID(ctx context.Context, id int64) (*tx.AssetIssue, error) {
	text := strconv.FormatInt(id, 10)
	message, err := read(ctx, n, n.full.GetAssetIssueById, &tronpb.BytesMessage{Value: []byte(text)})
	if err != nil {
		return nil, fmt.Errorf("reading token %d: %w", id, err)
	}
	if message.GetId() != text {
		return nil, nil
	}
	return issueOf(message)
}

// AssetIssuedBy is the contract of the TRC-10 token that an account issued; nil when it issued none.
func (n *Node) AssetIssuedBy(ctx context.Context, issuer wallet.Address) (*tx.AssetIssue, error) {
	list, err := read(ctx, n, n.full.GetAssetIssueByAccount, &tronpb.Account{Address: issuer[:]})
	if err != nil {
		return nil, fmt.Errorf("reading the token of %s: %w", issuer, err)
	}
	if len(list.GetAssetIssue()) == 0 {
		return nil, nil
	}
	return issueOf(list.GetAssetIssue()[0])
}

// AssetsByName is every TRC-10 token of exactly that name; names are not unique.
func (n *Node) AssetsByName(ctx context.Context, name string) ([]*tx.AssetIssue, error) {
	list, err := read(ctx, n, n.full.GetAssetIssueListByName, &tronpb.BytesMessage{Value: []byte(name)})
	if err != nil {
		return nil, fmt.Errorf("reading the tokens named %q: %w", name, err)
	}
	var all []*tx.AssetIssue
	for _, m := range list.GetAssetIssue() {
		if string(m.GetName()) != name { // java-tron adds the token whose id the name is
			continue
		}
		issue, err := issueOf(m)
		if err != nil {
			return nil, err
		}
		all = append(all, issue)
	}
	return all, nil
}

// HeadTime is the newest block's time: the chain's clock.
func (n *Node) HeadTime(ctx context.Context) (time.Time, error) {
	head, err := n.Latest(ctx, Head)
	return head.Time, err
}

func issueOf(m *tronpb.AssetIssueContract) (*tx.AssetIssue, error) {
	wire, err := proto.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	contract, err := tx.DecodeContract(tx.TypeAssetIssue, wire)
	if err != nil {
		return nil, fmt.Errorf("%w: token %s: %w", ErrAnswer, m.GetId(), err)
	}
	return contract.(*tx.AssetIssue), nil
}
