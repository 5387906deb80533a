package state

// Overlay is a state on top of this one: what is written there stays there. Several goroutines may use an overlay each while nobody writes to the
// state below. Lists of an overlay have only what was looked at.
func (s *State) Overlay() *State {
	o := New()
	o.lower = s
	o.accounts.on(s.accounts)
	o.holdings.on(s.holdings)
	o.held.on(s.held)
	o.tokens.on(s.tokens)
	o.contracts.on(s.contracts)
	o.codes.on(s.codes)
	o.storage.over(o.unlessEnded(s.storage.from()))
	o.energy.on(s.energy)
	o.loans.on(s.loans)
	o.partners.on(s.partners)
	o.witnesses.on(s.witnesses)
	o.votes.on(s.votes)
	o.rewards.on(s.rewards)
	o.ballots.on(s.ballots)
	o.proposals.on(s.proposals)
	o.exchanges.on(s.exchanges)
	o.names.on(s.names)
	o.ids.on(s.ids)
	o.params.on(s.params)
	o.texts.on(s.texts)
	o.blocks.on(s.blocks)
	o.blockByID.on(s.blockByID)
	o.locations.on(s.locations)
	o.orders.on(s.orders)
	o.traders.on(s.traders)
	o.queues.on(s.queues)
	return o
}

// on puts the table on top of another.
func (t *table[K, V]) on(base *table[K, V]) { t.over(base.from()) }

// from makes the table a source of rows.
func (t *table[K, V]) from() func(K) (V, bool, error) {
	return func(k K) (V, bool, error) {
		v, ok := t.get(k)
		return v, ok, nil
	}
}
