package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// maxParamsAge bounds how long parameters are believed. They change only at a maintenance, every six hours on mainnet;
// a test network may change them at any time.
const maxParamsAge = 10 * time.Minute

// Params are the chain parameters that money depends on, by the names of java-tron's getchainparameters.
type Params struct {
	EnergyFee       wallet.Sun       // getEnergyFee: burnt for one energy
	BandwidthFee    wallet.Sun       // getTransactionFee: burnt for one byte
	MaxFeeLimit     wallet.Sun       // getMaxFeeLimit
	ActivationFee   wallet.Sun       // getCreateNewAccountFeeInSystemContract: to create the recipient of a transfer
	ActivationBytes wallet.Sun       // getCreateAccountFee: instead of the bandwidth of such a transfer
	MemoFee         wallet.Sun       // getMemoFee
	MultiSignFee    wallet.Sun       // getMultiSignFee: with more than one signature
	AssetIssueFee   wallet.Sun       // getAssetIssueFee
	PermissionFee   wallet.Sun       // getUpdateAccountPermissionFee
	WitnessFee      wallet.Sun       // getAccountUpgradeCost
	ExchangeFee     wallet.Sun       // getExchangeCreateFee
	FreeBandwidth   int64            // getFreeNetLimit: bytes a day
	UnstakeDays     int64            // getUnfreezeDelayDays
	MaxDelegateLock int64            // getMaxDelegateLockPeriod: blocks
	DynamicEnergy   bool             // getAllowDynamicEnergy
	NextMaintenance time.Time        // when votes are counted and parameters change; every six hours on mainnet
	All             map[string]int64 // everything the node lists
}

type paramCache struct {
	mu      sync.Mutex // covers the fields below, not the question to the node
	params  *Params
	expires time.Time
}

// Params reads the chain parameters. They are kept until the next maintenance, ten minutes at most; see [Node.RefreshParams].
func (n *Node) Params(ctx context.Context) (*Params, error) {
	n.params.mu.Lock()
	held, fresh := n.params.params, time.Now().Before(n.params.expires)
	n.params.mu.Unlock()
	if held != nil && fresh {
		return held, nil
	}
	return n.RefreshParams(ctx)
}

// ChainParameter is one chain parameter by its name, such as getAssetIssueFee; one that the node does not list is ErrNotFound.
func (n *Node) ChainParameter(ctx context.Context, key string) (int64, error) {
	params, err := n.Params(ctx)
	if err != nil {
		return 0, err
	}
	value, ok := params.All[key]
	if !ok {
		return 0, fmt.Errorf("chain parameter %s: %w", key, ErrNotFound)
	}
	return value, nil
}

// RefreshParams reads the chain parameters anew.
func (n *Node) RefreshParams(ctx context.Context) (*Params, error) {
	message, err := read(ctx, n, n.full.GetChainParameters, &tronpb.EmptyMessage{})
	if err != nil {
		return nil, fmt.Errorf("reading the chain parameters: %w", err)
	}
	next, err := read(ctx, n, n.full.GetNextMaintenanceTime, &tronpb.EmptyMessage{})
	if err != nil {
		return nil, fmt.Errorf("reading the time of the next maintenance: %w", err)
	}
	params := paramsOf(message)
	params.NextMaintenance = milliseconds(next.GetNum())
	n.params.mu.Lock()
	defer n.params.mu.Unlock()
	n.params.params, n.params.expires = params, time.Now().Add(maxParamsAge)
	if until := params.NextMaintenance; until.After(time.Now()) && until.Before(n.params.expires) {
		n.params.expires = until
	}
	return params, nil
}

func paramsOf(message *tronpb.ChainParameters) *Params {
	all := make(map[string]int64, len(message.GetChainParameter()))
	for _, p := range message.GetChainParameter() {
		all[p.GetKey()] = p.GetValue()
	}
	sun := func(key string) wallet.Sun { return wallet.Sun(all[key]) }
	return &Params{
		EnergyFee: sun("getEnergyFee"), BandwidthFee: sun("getTransactionFee"), MaxFeeLimit: sun("getMaxFeeLimit"),
		ActivationFee: sun("getCreateNewAccountFeeInSystemContract"), ActivationBytes: sun("getCreateAccountFee"),
		MemoFee: sun("getMemoFee"), MultiSignFee: sun("getMultiSignFee"), AssetIssueFee: sun("getAssetIssueFee"),
		PermissionFee: sun("getUpdateAccountPermissionFee"), WitnessFee: sun("getAccountUpgradeCost"), ExchangeFee: sun("getExchangeCreateFee"),
		FreeBandwidth: all["getFreeNetLimit"], UnstakeDays: all["getUnfreezeDelayDays"], MaxDelegateLock: all["getMaxDelegateLockPeriod"],
		DynamicEnergy: all["getAllowDynamicEnergy"] == 1, All: all,
	}
}
