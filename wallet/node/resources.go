package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Resources is what an account can use now without burning TRX, and what a staked TRX is worth.
type Resources struct {
	FreeBandwidthLimit, FreeBandwidthUsed int64            // of the day's free allowance; a transaction uses it whole or not at all
	BandwidthLimit, BandwidthUsed         int64            // staked
	EnergyLimit, EnergyUsed               int64            // staked
	TokenBandwidthUsed                    map[string]int64 // bytes, by token id
	TokenBandwidthLimit                   map[string]int64 // paid by a token's issuer, by token id
	VotesLimit, VotesUsed                 int64            // a staked TRX is a vote

	TotalBandwidthLimit, TotalBandwidthWeight int64 // the whole chain's; weight is staked TRX
	TotalEnergyLimit, TotalEnergyWeight       int64 // likewise
}

// FreeBandwidth is what is left of the day's allowance.
func (r Resources) FreeBandwidth() int64 { return max(0, r.FreeBandwidthLimit-r.FreeBandwidthUsed) }

// StakedBandwidth is what is left of the staked bandwidth.
func (r Resources) StakedBandwidth() int64 { return max(0, r.BandwidthLimit-r.BandwidthUsed) }

// StakedEnergy is what is left of the staked energy.
func (r Resources) StakedEnergy() int64 { return max(0, r.EnergyLimit-r.EnergyUsed) }

// Resources reads an account's bandwidth and energy at head. An address that was never activated has none of its own.
func (n *Node) Resources(ctx context.Context, address wallet.Address) (Resources, error) {
	m, err := read(ctx, n, n.full.GetAccountResource, &tronpb.Account{Address: address[:]})
	if err != nil {
		return Resources{}, fmt.Errorf("reading the resources of %s: %w", address, err)
	}
	return Resources{
		FreeBandwidthLimit: m.GetFreeNetLimit(), FreeBandwidthUsed: m.GetFreeNetUsed(),
		BandwidthLimit: m.GetNetLimit(), BandwidthUsed: m.GetNetUsed(),
		EnergyLimit: m.GetEnergyLimit(), EnergyUsed: m.GetEnergyUsed(),
		TokenBandwidthUsed: m.GetAssetNetUsed(), TokenBandwidthLimit: m.GetAssetNetLimit(),
		VotesLimit: m.GetTronPowerLimit(), VotesUsed: m.GetTronPowerUsed(),
		TotalBandwidthLimit: m.GetTotalNetLimit(), TotalBandwidthWeight: m.GetTotalNetWeight(),
		TotalEnergyLimit: m.GetTotalEnergyLimit(), TotalEnergyWeight: m.GetTotalEnergyWeight(),
	}, nil
}

func isMissing(err error) bool { return errors.Is(err, ErrNotFound) }
