package state

import (
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Message is the account as Tron's message, without its token balances; times of use are slots and usage is as of then.
func (a *Account) Message() *tronpb.Account {
	m := &tronpb.Account{
		AccountName: optional(a.Name), AccountId: optional(a.ID), Type: a.Type, Address: a.Address[:], Balance: int64(a.Balance),
		CreateTime: a.Created, LatestOprationTime: a.LastOperation, Allowance: int64(a.Allowance), LatestWithdrawTime: a.LastWithdrawn,
		IsWitness: a.IsWitness, AssetIssuedName: optional(a.IssuedName), OwnerPermission: a.Owner, WitnessPermission: a.Witness,
		ActivePermission: a.Active, OldTronPower: a.OldTronPower,
		NetUsage: a.Used[Bandwidth].Amount, LatestConsumeTime: a.Used[Bandwidth].Slot,
		NetWindowSize: a.Used[Bandwidth].Window, NetWindowOptimized: a.Used[Bandwidth].Optimized,
		FreeNetUsage: a.FreeUsed.Amount, LatestConsumeFreeTime: a.FreeUsed.Slot,
		DelegatedFrozenV2BalanceForBandwidth:         int64(a.Lent[Bandwidth]),
		AcquiredDelegatedFrozenV2BalanceForBandwidth: int64(a.Borrowed[Bandwidth]),
		DelegatedFrozenBalanceForBandwidth:           int64(a.LentOld[Bandwidth]),
		AcquiredDelegatedFrozenBalanceForBandwidth:   int64(a.BorrowedOld[Bandwidth]),
		TronPower: a.Frozen[TronPower].message(),
	}
	if f := a.Frozen[Bandwidth].message(); f != nil {
		m.Frozen = []*tronpb.Account_Frozen{f}
	}
	if a.Issued != 0 {
		m.AssetIssued_ID = []byte(a.Issued.String())
	}
	m.AccountResource = a.energyMessage()
	a.addLists(m)
	return m
}

func optional(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// energyMessage is nil for an account that never had to do with energy, as in java-tron.
func (a *Account) energyMessage() *tronpb.Account_AccountResource {
	u := a.Used[Energy]
	if u == (Use{}) && a.Lent[Energy] == 0 && a.Borrowed[Energy] == 0 && a.Frozen[Energy] == (OldStake{}) && a.LentOld[Energy] == 0 && a.BorrowedOld[Energy] == 0 {
		return nil
	}
	return &tronpb.Account_AccountResource{
		EnergyUsage: u.Amount, LatestConsumeTimeForEnergy: u.Slot, EnergyWindowSize: u.Window, EnergyWindowOptimized: u.Optimized,
		DelegatedFrozenV2BalanceForEnergy: int64(a.Lent[Energy]), AcquiredDelegatedFrozenV2BalanceForEnergy: int64(a.Borrowed[Energy]),
		DelegatedFrozenBalanceForEnergy: int64(a.LentOld[Energy]), AcquiredDelegatedFrozenBalanceForEnergy: int64(a.BorrowedOld[Energy]),
		FrozenBalanceForEnergy: a.Frozen[Energy].message(),
	}
}

// message is nil where there is no stake.
func (o OldStake) message() *tronpb.Account_Frozen {
	if o == (OldStake{}) {
		return nil
	}
	return &tronpb.Account_Frozen{FrozenBalance: int64(o.Amount), ExpireTime: o.Expires}
}

// oldStake sums up what a message holds of one resource.
func oldStake(list ...*tronpb.Account_Frozen) (o OldStake) {
	for _, f := range list {
		o.Amount += wallet.Sun(f.GetFrozenBalance())
		o.Expires = max(o.Expires, f.GetExpireTime())
	}
	return o
}

func (a *Account) addLists(m *tronpb.Account) {
	for _, b := range a.Ballots {
		m.Votes = append(m.Votes, &tronpb.Vote{VoteAddress: b.Witness[:], VoteCount: b.Count})
	}
	for _, f := range a.FrozenSupply {
		m.FrozenSupply = append(m.FrozenSupply, &tronpb.Account_Frozen{FrozenBalance: f.Amount, ExpireTime: f.Expires})
	}
	for _, s := range a.Stakes {
		m.FrozenV2 = append(m.FrozenV2, &tronpb.Account_FreezeV2{Type: tronpb.ResourceCode(s.Resource), Amount: int64(s.Amount)})
	}
	for _, u := range a.Unstakes {
		m.UnfrozenV2 = append(m.UnfrozenV2, &tronpb.Account_UnFreezeV2{
			Type: tronpb.ResourceCode(u.Resource), UnfreezeAmount: int64(u.Amount), UnfreezeExpireTime: u.Expires,
		})
	}
	if len(a.TokensUsed) > 0 {
		m.FreeAssetNetUsageV2, m.LatestAssetOperationTimeV2 = map[string]int64{}, map[string]int64{}
	}
	for _, u := range a.TokensUsed {
		m.FreeAssetNetUsageV2[u.Token.String()] = u.Amount
		m.LatestAssetOperationTimeV2[u.Token.String()] = u.Slot
	}
}

// AccountFromMessage is the reverse of Message. The error says that an address or the number of a token is none.
func AccountFromMessage(m *tronpb.Account) (*Account, error) {
	address, err := wallet.AddressFromBytes(m.GetAddress())
	if err != nil {
		return nil, err
	}
	r := m.GetAccountResource()
	a := &Account{
		Address: address, Name: string(m.GetAccountName()), ID: string(m.GetAccountId()), Type: m.GetType(), Balance: wallet.Sun(m.GetBalance()),
		Created: m.GetCreateTime(), LastOperation: m.GetLatestOprationTime(), Allowance: wallet.Sun(m.GetAllowance()),
		LastWithdrawn: m.GetLatestWithdrawTime(), IsWitness: m.GetIsWitness(), IssuedName: string(m.GetAssetIssuedName()),
		Owner: m.GetOwnerPermission(), Witness: m.GetWitnessPermission(), Active: m.GetActivePermission(), OldTronPower: m.GetOldTronPower(),
		FreeUsed: Use{Amount: m.GetFreeNetUsage(), Slot: m.GetLatestConsumeFreeTime()},
	}
	a.Used[Bandwidth] = Use{m.GetNetUsage(), m.GetLatestConsumeTime(), m.GetNetWindowSize(), m.GetNetWindowOptimized()}
	a.Used[Energy] = Use{r.GetEnergyUsage(), r.GetLatestConsumeTimeForEnergy(), r.GetEnergyWindowSize(), r.GetEnergyWindowOptimized()}
	a.Lent = [Resources]wallet.Sun{wallet.Sun(m.GetDelegatedFrozenV2BalanceForBandwidth()), wallet.Sun(r.GetDelegatedFrozenV2BalanceForEnergy())}
	a.Borrowed = [Resources]wallet.Sun{
		wallet.Sun(m.GetAcquiredDelegatedFrozenV2BalanceForBandwidth()), wallet.Sun(r.GetAcquiredDelegatedFrozenV2BalanceForEnergy()),
	}
	a.LentOld = [Resources]wallet.Sun{wallet.Sun(m.GetDelegatedFrozenBalanceForBandwidth()), wallet.Sun(r.GetDelegatedFrozenBalanceForEnergy())}
	a.BorrowedOld = [Resources]wallet.Sun{
		wallet.Sun(m.GetAcquiredDelegatedFrozenBalanceForBandwidth()), wallet.Sun(r.GetAcquiredDelegatedFrozenBalanceForEnergy()),
	}
	a.Frozen = [3]OldStake{oldStake(m.GetFrozen()...), oldStake(r.GetFrozenBalanceForEnergy()), oldStake(m.GetTronPower())}
	if id := m.GetAssetIssued_ID(); len(id) > 0 {
		a.Issued, _ = ParseTokenID(id)
	}
	return a, a.takeLists(m)
}

func (a *Account) takeLists(m *tronpb.Account) error {
	for _, v := range m.GetVotes() {
		w, err := wallet.AddressFromBytes(v.GetVoteAddress())
		if err != nil {
			return err
		}
		a.Ballots = append(a.Ballots, Ballot{w, v.GetVoteCount()})
	}
	for _, f := range m.GetFrozenSupply() {
		a.FrozenSupply = append(a.FrozenSupply, FrozenSupply{f.GetFrozenBalance(), f.GetExpireTime()})
	}
	for _, f := range m.GetFrozenV2() {
		a.Stakes = append(a.Stakes, Stake{Resource(f.GetType()), wallet.Sun(f.GetAmount())})
	}
	for _, u := range m.GetUnfrozenV2() {
		a.Unstakes = append(a.Unstakes, Unstake{Resource(u.GetType()), wallet.Sun(u.GetUnfreezeAmount()), u.GetUnfreezeExpireTime()})
	}
	for name, used := range m.GetFreeAssetNetUsageV2() {
		id, ok := ParseTokenID([]byte(name))
		if !ok {
			return errRow
		}
		a.SetTokenUse(TokenUse{id, used, m.GetLatestAssetOperationTimeV2()[name]})
	}
	return nil
}

func encodeAccount(a *Account) []byte { return encodeMessage(a.Message()) }

func decodeAccount(b []byte) (*Account, error) {
	m, err := decodeMessage[tronpb.Account](b)
	if err != nil {
		return nil, err
	}
	return AccountFromMessage(m)
}
