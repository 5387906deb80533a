package state

import (
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// State is the memory of one network. It is used by one goroutine at a time; several may read while none writes.
type State struct {
	log    journal
	tables []anyTable

	accounts  *table[wallet.Address, *Account]
	holdings  *table[Holding, int64]
	held      *table[wallet.Address, []TokenID]
	tokens    *table[TokenID, *tronpb.AssetIssueContract]
	contracts *table[wallet.Address, *tronpb.SmartContract]
	codes     *table[wallet.Address, *Code]
	storage   *table[RowKey, [32]byte]
	energy    *table[wallet.Address, EnergyState]
	loans     *table[LoanKey, Loan]
	partners  *table[PartnerKey, int64]
	witnesses *table[wallet.Address, *tronpb.Witness]
	votes     *table[wallet.Address, VoteChange]
	rewards   *table[RewardKey, string]
	ballots   *table[RewardKey, []Ballot]
	proposals *table[int64, *tronpb.Proposal]
	exchanges *table[int64, *tronpb.Exchange]
	names     *table[string, wallet.Address]
	ids       *table[string, wallet.Address]
	params    *table[Param, int64]
	texts     *table[Text, string]
	blocks    *table[int64, *Block]
	blockByID *table[[32]byte, int64]
	locations *table[[32]byte, Location]
	orders    *table[[32]byte, *tronpb.MarketOrder]
	traders   *table[wallet.Address, *tronpb.MarketAccountOrder]
	queues    *table[PriceKey, *tronpb.MarketOrderIdList]
	ended     *table[wallet.Address, int64] // contracts whose rows below are no longer theirs

	rowsOf     group[wallet.Address, RowKey]
	partnersOf group[partnersOf, PartnerKey]
	pricesOf   group[Pair, PriceKey]
	below      *below // what a fork stands on; nil without
	lower      *State // what an overlay stands on; nil without
}

// New is an empty state: no block, no account, every parameter zero.
func New() *State {
	s := &State{}
	s.accounts = newTable(s, 1, codec[wallet.Address, *Account]{addressKey, parseAddressKey, encodeAccount, decodeAccount})
	s.holdings = newTable(s, 2, codec[Holding, int64]{holdingKey, parseHoldingKey, encodeInt, decodeInt})
	s.held = newTable(s, 3, codec[wallet.Address, []TokenID]{addressKey, parseAddressKey, encodeTokens, decodeTokens})
	s.tokens = newTable(s, 4, codec[TokenID, *tronpb.AssetIssueContract]{intKey[TokenID], parseIntKey[TokenID], encodeMessage[*tronpb.AssetIssueContract], decodeMessage[tronpb.AssetIssueContract]})
	s.contracts = newTable(s, 5, codec[wallet.Address, *tronpb.SmartContract]{addressKey, parseAddressKey, encodeMessage[*tronpb.SmartContract], decodeMessage[tronpb.SmartContract]})
	s.codes = newTable(s, 6, codec[wallet.Address, *Code]{addressKey, parseAddressKey, encodeCode, decodeCode})
	s.storage = newTable(s, 7, codec[RowKey, [32]byte]{rowKey, parseRowKey, encodeWord, decodeWord})
	s.energy = newTable(s, 8, codec[wallet.Address, EnergyState]{addressKey, parseAddressKey, encodeJSON[EnergyState], decodeJSON[EnergyState]})
	s.loans = newTable(s, 9, codec[LoanKey, Loan]{loanKey, parseLoanKey, encodeJSON[Loan], decodeJSON[Loan]})
	s.partners = newTable(s, 10, codec[PartnerKey, int64]{partnerKey, parsePartnerKey, encodeInt, decodeInt})
	s.witnesses = newTable(s, 11, codec[wallet.Address, *tronpb.Witness]{addressKey, parseAddressKey, encodeMessage[*tronpb.Witness], decodeMessage[tronpb.Witness]})
	s.votes = newTable(s, 12, codec[wallet.Address, VoteChange]{addressKey, parseAddressKey, encodeJSON[VoteChange], decodeJSON[VoteChange]})
	s.rewards = newTable(s, 13, codec[RewardKey, string]{rewardKey, parseRewardKey, encodeText, decodeText})
	s.ballots = newTable(s, 14, codec[RewardKey, []Ballot]{rewardKey, parseRewardKey, encodeJSON[[]Ballot], decodeJSON[[]Ballot]})
	s.proposals = newTable(s, 15, codec[int64, *tronpb.Proposal]{intKey[int64], parseIntKey[int64], encodeMessage[*tronpb.Proposal], decodeMessage[tronpb.Proposal]})
	s.exchanges = newTable(s, 16, codec[int64, *tronpb.Exchange]{intKey[int64], parseIntKey[int64], encodeMessage[*tronpb.Exchange], decodeMessage[tronpb.Exchange]})
	s.names = newTable(s, 17, codec[string, wallet.Address]{textKey, parseTextKey, encodeAddress, decodeAddress})
	s.ids = newTable(s, 18, codec[string, wallet.Address]{textKey, parseTextKey, encodeAddress, decodeAddress})
	s.params = newTable(s, 19, codec[Param, int64]{byteKey[Param], parseByteKey[Param], encodeInt, decodeInt})
	s.texts = newTable(s, 20, codec[Text, string]{byteKey[Text], parseByteKey[Text], encodeText, decodeText})
	s.blocks = newTable(s, 21, codec[int64, *Block]{intKey[int64], parseIntKey[int64], encodeBlock, decodeBlock})
	s.blockByID = newTable(s, 22, codec[[32]byte, int64]{wordKey, parseWordKey, encodeInt, decodeInt})
	s.locations = newTable(s, 23, codec[[32]byte, Location]{wordKey, parseWordKey, encodeJSON[Location], decodeJSON[Location]})
	s.orders = newTable(s, 24, codec[[32]byte, *tronpb.MarketOrder]{wordKey, parseWordKey, encodeMessage[*tronpb.MarketOrder], decodeMessage[tronpb.MarketOrder]})
	s.traders = newTable(s, 25, codec[wallet.Address, *tronpb.MarketAccountOrder]{addressKey, parseAddressKey, encodeMessage[*tronpb.MarketAccountOrder], decodeMessage[tronpb.MarketAccountOrder]})
	s.queues = newTable(s, 26, codec[PriceKey, *tronpb.MarketOrderIdList]{priceKey, parsePriceKey, encodeMessage[*tronpb.MarketOrderIdList], decodeMessage[tronpb.MarketOrderIdList]})
	s.ended = newTable(s, 27, codec[wallet.Address, int64]{addressKey, parseAddressKey, encodeInt, decodeInt})
	s.rowsOf.of = func(k RowKey) wallet.Address { return k.Contract }
	s.partnersOf.of = func(k PartnerKey) partnersOf { return partnersOf{k.Account, k.Lender, k.Old} }
	s.pricesOf.of = func(k PriceKey) Pair { return k.Pair }
	s.storage.group, s.partners.group, s.queues.group = &s.rowsOf, &s.partnersOf, &s.pricesOf
	return s
}

// Mark is the present moment; Revert goes back to it.
func (s *State) Mark() Mark { return s.log.mark() }

// Revert undoes every change after a mark: all of the state, the clock and the head included. It says false when the mark is not of this log (any more).
func (s *State) Revert(m Mark) bool { return s.log.revert(m) }

// At runs f with the state as it was at a mark, and undoes what f writes. It says false when the mark is not of this log.
func (s *State) At(m Mark, f func()) bool { return s.log.at(m, f) }

// Forget gives up the way back to before a mark, and the memory that it takes.
func (s *State) Forget(m Mark) { s.log.forget(m) }

// Param is a parameter or number of the network; 0 when it was never set.
func (s *State) Param(p Param) int64 { return s.params.value(p) }

// On says whether a parameter is 1.
func (s *State) On(p Param) bool { return s.params.value(p) == 1 }

// SetParam changes a parameter or number of the network.
func (s *State) SetParam(p Param, v int64) {
	if s.Param(p) != v {
		s.params.put(p, v)
	}
}

// AddParam adds to a number of the network.
func (s *State) AddParam(p Param, delta int64) { s.SetParam(p, s.Param(p)+delta) }

// Text is a property of the network that is no number.
func (s *State) Text(t Text) string { return s.texts.value(t) }

// SetText changes one.
func (s *State) SetText(t Text, v string) { s.texts.put(t, v) }

// Slot is the newest block's time in 3-second slots since genesis: the time that resources recover in.
func (s *State) Slot() int64 {
	return (s.Param(HeadTime) - s.Param(GenesisTime)) / SlotMillis
}

// SlotMillis is the length of a slot: a block's turn.
const SlotMillis = 3_000
