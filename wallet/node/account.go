package node

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// Account is what the chain keeps of an address.
type Account struct {
	Address  wallet.Address
	Name     string           // that it gave itself; not unique
	ID       string           // set once, unique on the chain
	Contract bool             // it is a contract's
	Balance  wallet.Sun       // spendable, stakes not included
	Tokens   map[string]int64 // TRC-10: token id → smallest units
	Created  time.Time        // when it was activated
	LastUsed time.Time        // of its latest transaction

	IssuedAsset  string // id of the TRC-10 token that it issued, if any
	FrozenSupply []FrozenSupply

	Staked    map[Resource]wallet.Sun // Stake 2.0, own and not lent
	Lent      map[Resource]wallet.Sun // delegated to others
	Borrowed  map[Resource]wallet.Sun // delegated by others
	Unstaking []Unstaking             // on its way out, or ready to be withdrawn
	Votes     []Vote                  // as cast last; they count from the next maintenance on
	Reward    wallet.Sun              // already counted, see [Node.Reward] for all of it

	Witness     bool // it is a super representative or candidate
	Permissions tx.Permissions
}

// Resource is what a stake earns.
type Resource int

// What TRX can be staked for.
const (
	Bandwidth Resource = iota
	Energy
	TronPower
)

// String is the resource's name.
func (r Resource) String() string {
	switch r {
	case Bandwidth:
		return "bandwidth"
	case Energy:
		return "energy"
	}
	return "voting power"
}

// FrozenSupply is a part of a token's supply that its issuer cannot move yet.
type FrozenSupply struct {
	Units int64     // smallest units of the token
	Until time.Time // from then on it can be unfrozen
}

// Unstaking is TRX on its way out of a stake.
type Unstaking struct {
	Resource Resource
	Amount   wallet.Sun
	Until    time.Time // from then on it can be withdrawn
}

// Vote is votes for one witness; one vote is one staked TRX.
type Vote struct {
	Witness wallet.Address
	Votes   int64 // one for each staked TRX
}

// Account reads an account; ErrNotFound when the address was never activated.
func (n *Node) Account(ctx context.Context, at View, address wallet.Address) (*Account, error) {
	call := n.full.GetAccount
	if at == Solid {
		call = n.solid.GetAccount
	}
	message, err := read(ctx, n, call, &tronpb.Account{Address: address[:]})
	if err != nil {
		return nil, fmt.Errorf("reading account %s: %w", address, err)
	}
	if len(message.GetAddress()) == 0 {
		return nil, fmt.Errorf("account %s: %w", address, ErrNotFound)
	}
	if got, err := wallet.AddressFromBytes(message.GetAddress()); err != nil || got != address {
		return nil, fmt.Errorf("%w: asked for account %s, got %x", ErrAnswer, address, message.GetAddress())
	}
	return accountOf(message), nil
}

// Balance is the TRX of an account at head; an address that was never activated does not exist and has none.
func (n *Node) Balance(ctx context.Context, address wallet.Address) (balance wallet.Sun, exists bool, err error) {
	account, err := n.Account(ctx, Head, address)
	if isMissing(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return account.Balance, true, nil
}

// AssetBalance is how many smallest units of a TRC-10 token an account has at head.
func (n *Node) AssetBalance(ctx context.Context, address wallet.Address, id int64) (wallet.Units, error) {
	account, err := n.Account(ctx, Head, address)
	if err != nil && !isMissing(err) {
		return wallet.Units{}, err
	}
	if err != nil {
		return wallet.Units{}, nil
	}
	units := account.Tokens[strconv.FormatInt(id, 10)]
	if units < 0 {
		return wallet.Units{}, fmt.Errorf("%w: account %s has %d of token %d", ErrAnswer, address, units, id)
	}
	return wallet.UnitsFromUint64(uint64(units)), nil
}

func accountOf(m *tronpb.Account) *Account {
	a := &Account{
		Address: wallet.Address(m.GetAddress()), Name: string(m.GetAccountName()), ID: string(m.GetAccountId()),
		Contract: m.GetType() == tronpb.AccountType_Contract,
		Balance:  wallet.Sun(m.GetBalance()), Tokens: m.GetAssetV2(),
		Created: milliseconds(m.GetCreateTime()), LastUsed: milliseconds(m.GetLatestOprationTime()),
		IssuedAsset: string(m.GetAssetIssued_ID()), Reward: wallet.Sun(m.GetAllowance()), Witness: m.GetIsWitness(),
	}
	for _, f := range m.GetFrozenSupply() {
		a.FrozenSupply = append(a.FrozenSupply, FrozenSupply{f.GetFrozenBalance(), milliseconds(f.GetExpireTime())})
	}
	for _, v := range m.GetVotes() {
		if w, err := wallet.AddressFromBytes(v.GetVoteAddress()); err == nil {
			a.Votes = append(a.Votes, Vote{w, v.GetVoteCount()})
		}
	}
	a.Permissions = permissionsOf(a.Address, m)
	addStakes(a, m)
	return a
}

func addStakes(a *Account, m *tronpb.Account) {
	a.Staked, a.Lent, a.Borrowed = map[Resource]wallet.Sun{}, map[Resource]wallet.Sun{}, map[Resource]wallet.Sun{}
	add := func(to map[Resource]wallet.Sun, r Resource, amount int64) {
		if amount != 0 {
			to[r] += wallet.Sun(amount)
		}
	}
	for _, f := range m.GetFrozenV2() {
		add(a.Staked, Resource(f.GetType()), f.GetAmount())
	}
	for _, f := range m.GetFrozen() { // stakes of before Stake 2.0
		add(a.Staked, Bandwidth, f.GetFrozenBalance())
	}
	add(a.Staked, Energy, m.GetAccountResource().GetFrozenBalanceForEnergy().GetFrozenBalance())
	add(a.Lent, Bandwidth, m.GetDelegatedFrozenV2BalanceForBandwidth()+m.GetDelegatedFrozenBalanceForBandwidth())
	add(a.Lent, Energy, m.GetAccountResource().GetDelegatedFrozenV2BalanceForEnergy()+m.GetAccountResource().GetDelegatedFrozenBalanceForEnergy())
	add(a.Borrowed, Bandwidth, m.GetAcquiredDelegatedFrozenV2BalanceForBandwidth()+m.GetAcquiredDelegatedFrozenBalanceForBandwidth())
	add(a.Borrowed, Energy, m.GetAccountResource().GetAcquiredDelegatedFrozenV2BalanceForEnergy()+m.GetAccountResource().GetAcquiredDelegatedFrozenBalanceForEnergy())
	for _, u := range m.GetUnfrozenV2() {
		a.Unstaking = append(a.Unstaking, Unstaking{Resource(u.GetType()), wallet.Sun(u.GetUnfreezeAmount()), milliseconds(u.GetUnfreezeExpireTime())})
	}
}

// permissionsOf reads all permissions. An account of before there were any has the default owner permission only.
func permissionsOf(address wallet.Address, m *tronpb.Account) tx.Permissions {
	p := tx.Permissions{Owner: tx.DefaultPermissions(address).Owner}
	if owner := m.GetOwnerPermission(); owner != nil {
		p.Owner = permissionOf(owner)
	}
	if witness := m.GetWitnessPermission(); witness != nil {
		w := permissionOf(witness)
		p.Witness = &w
	}
	for _, active := range m.GetActivePermission() {
		p.Actives = append(p.Actives, permissionOf(active))
	}
	return p
}

func permissionOf(m *tronpb.Permission) tx.Permission {
	p := tx.Permission{
		Kind: tx.PermissionKind(m.GetType()), ID: m.GetId(), Name: m.GetPermissionName(), Threshold: m.GetThreshold(),
		Parent: m.GetParentId(), Operations: m.GetOperations(),
	}
	for _, k := range m.GetKeys() {
		if a, err := wallet.AddressFromBytes(k.GetAddress()); err == nil {
			p.Keys = append(p.Keys, tx.PermissionKey{Address: a, Weight: k.GetWeight()})
		}
	}
	return p
}

// milliseconds is a time of the chain; zero stays the zero time.
func milliseconds(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
