package chain

import (
	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Account answers getaccount: usage recovered to now, times in milliseconds, three entries of stake. It is nil when there is no such account.
func (n *Node) Account(v View, address []byte) (m *tronpb.Account) {
	n.read(v, func(s *state.State) {
		if a := find(s, address); a != nil {
			m = accountMessage(s, a)
			m.FrozenV2 = paddedStakes(m.GetFrozenV2())
		}
	})
	return m
}

// AccountByID answers getaccountbyid; the id's case does not matter.
func (n *Node) AccountByID(v View, id []byte) (m *tronpb.Account) {
	n.read(v, func(s *state.State) {
		if address, ok := s.AccountByID(actuator.LowerID(id)); ok {
			if a := s.Account(address); a != nil {
				m = accountMessage(s, a)
			}
		}
	})
	return m
}

func find(s *state.State, b []byte) *state.Account {
	a, err := wallet.AddressFromBytes(b)
	if err != nil {
		return nil
	}
	return s.Account(a)
}

// accountMessage is the account as queries show it.
func accountMessage(s *state.State, a *state.Account) *tronpb.Account {
	now := s.Slot()
	shown := *a
	for r := range shown.Used {
		at := shown.Used[r].Slot
		shown.Used[r] = actuator.UpToDate(s, shown.Used[r])
		shown.Used[r].Slot = at
	}
	shown.FreeUsed.Amount = actuator.FreeRecovered(a, now)
	m := shown.Message()
	slots := func(slot int64) int64 { return s.Param(state.GenesisTime) + slot*state.SlotMillis }
	m.LatestConsumeTime, m.LatestConsumeFreeTime = slots(m.GetLatestConsumeTime()), slots(m.GetLatestConsumeFreeTime())
	if m.GetAccountResource() == nil {
		m.AccountResource = &tronpb.Account_AccountResource{}
	}
	m.AccountResource.LatestConsumeTimeForEnergy = slots(m.GetAccountResource().GetLatestConsumeTimeForEnergy())
	addTokens(s, a, m)
	return m
}

func addTokens(s *state.State, a *state.Account, m *tronpb.Account) {
	now := s.Slot()
	m.AssetOptimized = s.On(state.AllowAssetOptimization)
	m.AssetV2, m.FreeAssetNetUsageV2 = map[string]int64{}, map[string]int64{}
	for _, u := range a.TokensUsed {
		m.FreeAssetNetUsageV2[u.Token.String()] = actuator.TokenRecovered(u.Amount, u.Slot, now)
	}
	for _, id := range s.TokensOf(a.Address) {
		m.AssetV2[id.String()] = s.TokenBalance(a.Address, id)
		if _, ok := m.GetFreeAssetNetUsageV2()[id.String()]; !ok {
			m.FreeAssetNetUsageV2[id.String()] = 0
		}
	}
}

// paddedStakes has an entry for every resource, in the order of their numbers.
func paddedStakes(have []*tronpb.Account_FreezeV2) []*tronpb.Account_FreezeV2 {
	all := make([]*tronpb.Account_FreezeV2, 3)
	for i := range all {
		all[i] = &tronpb.Account_FreezeV2{Type: tronpb.ResourceCode(i)}
	}
	for _, f := range have {
		if int(f.GetType()) < len(all) {
			all[f.GetType()] = f
		}
	}
	return all
}

// AccountNet answers getaccountnet; nil when there is no such account.
func (n *Node) AccountNet(v View, address []byte) (m *tronpb.AccountNetMessage) {
	n.read(v, func(s *state.State) {
		if a := find(s, address); a != nil {
			m = accountNet(s, a)
		}
	})
	return m
}

func accountNet(s *state.State, a *state.Account) *tronpb.AccountNetMessage {
	used, limits := tokenBandwidth(s, a)
	return &tronpb.AccountNetMessage{
		FreeNetUsed: actuator.FreeRecovered(a, s.Slot()), FreeNetLimit: s.Param(state.FreeNetLimit),
		NetUsed: actuator.Recovered(a.Used[state.Bandwidth], s.Slot()), NetLimit: actuator.NetLimit(s, a),
		TotalNetLimit: s.Param(state.TotalNetLimit), TotalNetWeight: s.Param(state.NetWeight), AssetNetUsed: used, AssetNetLimit: limits,
	}
}

// AccountResource answers getaccountresource; nil when there is no such account.
func (n *Node) AccountResource(v View, address []byte) (m *tronpb.AccountResourceMessage) {
	n.read(v, func(s *state.State) {
		a := find(s, address)
		if a == nil {
			return
		}
		net := accountNet(s, a)
		m = &tronpb.AccountResourceMessage{
			FreeNetUsed: net.FreeNetUsed, FreeNetLimit: net.FreeNetLimit, NetUsed: net.NetUsed, NetLimit: net.NetLimit,
			TotalNetLimit: net.TotalNetLimit, TotalNetWeight: net.TotalNetWeight, AssetNetUsed: net.AssetNetUsed, AssetNetLimit: net.AssetNetLimit,
			TotalTronPowerWeight: s.Param(state.TronPowerWeight), TronPowerLimit: int64(actuator.TronPower(s, a) / wallet.TRX),
			EnergyUsed: actuator.Recovered(a.Used[state.Energy], s.Slot()), EnergyLimit: actuator.EnergyLimit(s, a),
			TotalEnergyLimit: s.Param(state.TotalEnergyCurrentLimit), TotalEnergyWeight: s.Param(state.EnergyWeight),
		}
		for _, b := range a.Ballots {
			m.TronPowerUsed += b.Count
		}
	})
	return m
}

// tokenBandwidth is, for every token that an account holds or has used, the free bandwidth used and given.
func tokenBandwidth(s *state.State, a *state.Account) (used, limits map[string]int64) {
	used, limits = map[string]int64{}, map[string]int64{}
	for _, u := range a.TokensUsed {
		used[u.Token.String()] = actuator.TokenRecovered(u.Amount, u.Slot, s.Slot())
	}
	for _, id := range s.TokensOf(a.Address) {
		if _, ok := used[id.String()]; !ok {
			used[id.String()] = 0
		}
	}
	for name := range used {
		id, _ := state.ParseTokenID([]byte(name))
		limits[name] = s.Token(id).GetFreeAssetNetLimit()
	}
	return used, limits
}

// Reward answers getReward in sun, Brokerage getBrokerage in percent.
func (n *Node) Reward(v View, address []byte) (reward wallet.Sun) {
	n.read(v, func(s *state.State) {
		if a := find(s, address); a != nil {
			reward = actuator.Reward(s, a.Address)
		}
	})
	return reward
}

// Brokerage is the percent of rewards that a witness keeps; 20 for whoever never said anything.
func (n *Node) Brokerage(v View, address []byte) (percent int64) {
	n.read(v, func(s *state.State) {
		a, _ := wallet.AddressFromBytes(address)
		percent = actuator.CurrentBrokerage(s, a)
	})
	return percent
}
