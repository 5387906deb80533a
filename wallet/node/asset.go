package node

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// assetPage is how many tokens are asked for at once; java-tron gives at most 1,000.
const assetPage = 500

// Asset is a TRC-10 token. Names are not unique, ids are.
type Asset struct {
	ID                      string // in decimal
	Name, Abbr              string
	Description, URL        string // a stranger's text
	Issuer                  wallet.Address
	Supply                  int64     // smallest units
	Precision               int       // decimals
	SaleTRX, SaleUnits      int32     // the sale gives SaleUnits smallest units for SaleTRX sun
	SaleStart, SaleEnd      time.Time // UTC
	FreeBandwidth           int64     // bytes a holder may use at the issuer's cost, a day
	PublicFreeBandwidth     int64     // bytes all holders together may use
	PublicFreeBandwidthUsed int64     // of PublicFreeBandwidth, today's
	Frozen                  []FrozenDays
}

// FrozenDays is a part of a supply that the issuer promised to hold for days after the sale's start.
type FrozenDays struct{ Units, Days int64 }

// Asset reads a TRC-10 token by its id; ErrNotFound when there is none.
func (n *Node) Asset(ctx context.Context, id string) (*Asset, error) {
	message, err := read(ctx, n, n.full.GetAssetIssueById, &tronpb.BytesMessage{Value: []byte(id)})
	if err != nil {
		return nil, fmt.Errorf("reading token %s: %w", id, err)
	}
	if message.GetId() != id || id == "" {
		return nil, fmt.Errorf("token %s: %w", id, ErrNotFound)
	}
	return assetOf(message), nil
}

// Assets lists TRC-10 tokens, limit of them from offset on.
func (n *Node) Assets(ctx context.Context, offset, limit int64) ([]*Asset, error) {
	if limit <= 0 || limit > assetPage {
		limit = assetPage
	}
	list, err := read(ctx, n, n.full.GetPaginatedAssetIssueList, &tronpb.PaginatedMessage{Offset: offset, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("listing tokens: %w", err)
	}
	return assetsOf(list), nil
}

func assetsOf(list *tronpb.AssetIssueList) []*Asset {
	var all []*Asset
	for _, m := range list.GetAssetIssue() {
		all = append(all, assetOf(m))
	}
	return all
}

func assetOf(m *tronpb.AssetIssueContract) *Asset {
	a := &Asset{
		ID: m.GetId(), Name: string(m.GetName()), Abbr: string(m.GetAbbr()), Description: string(m.GetDescription()), URL: string(m.GetUrl()),
		Supply: m.GetTotalSupply(), Precision: int(m.GetPrecision()), SaleTRX: m.GetTrxNum(), SaleUnits: m.GetNum(),
		SaleStart: milliseconds(m.GetStartTime()), SaleEnd: milliseconds(m.GetEndTime()),
		FreeBandwidth: m.GetFreeAssetNetLimit(), PublicFreeBandwidth: m.GetPublicFreeAssetNetLimit(),
		PublicFreeBandwidthUsed: m.GetPublicFreeAssetNetUsage(),
	}
	if issuer, err := wallet.AddressFromBytes(m.GetOwnerAddress()); err == nil {
		a.Issuer = issuer
	}
	for _, f := range m.GetFrozenSupply() {
		a.Frozen = append(a.Frozen, FrozenDays{f.GetFrozenAmount(), f.GetFrozenDays()})
	}
	return a
}
