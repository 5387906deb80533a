package sponsor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
)

// staleAfter is how old the view of the chain may be: then no further promise is made, because a channel may have begun to close.
const staleAfter = 30 * time.Second

// Config is what a Service needs. Path, Domain, Payer, Key and Policy are required.
type Config struct {
	Path   string // of the SQLite file
	Domain channel.Domain
	Payer  wallet.Address // the creator, whose channels name Key as their signer
	Key    *wallet.Key    // the signer of the channels; it never holds money
	Policy Policy
	Peers  map[wallet.Address]string // where seeders are reached, host:port, as far as that is known
	Log    *slog.Logger              // nil: silence
	Now    func() time.Time          // nil: time.Now
}

// Service gives sessions to viewers and takes reveals from seeders. It is safe for concurrent use. Everything that it answers is durable before.
type Service struct {
	config    Config
	policy    Policy
	separator [32]byte
	book      *book

	mu       sync.Mutex // one change at a time; held while it is written
	purses   map[channel.ID]*purse
	sessions map[channel.Anchor]*session
	sums     *sums
	past     map[wallet.Address]pastOf
	addedUp  int64 // the last day whose sessions were added up
	probes   map[wallet.Address][]Probe
	cursor   channel.Cursor
	doubt    error     // why the view of the chain is not to be trusted
	seen     time.Time // when the chain was looked at
	broken   error     // a write whose outcome is unknown: nothing more is answered
}

// Open reads the sponsor's file, or makes it. Close what it returns.
func Open(ctx context.Context, c Config) (*Service, error) {
	if err := c.Policy.Validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{
		config: c, policy: c.Policy.withDefaults(), separator: c.Domain.Separator(), purses: map[channel.ID]*purse{},
		sessions: map[channel.Anchor]*session{}, sums: newSums(), past: map[wallet.Address]pastOf{}, probes: map[wallet.Address][]Probe{},
	}
	var err error
	if s.book, err = openBook(ctx, c.Path); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, errors.Join(err, s.book.close())
	}
	return s, nil
}

// Close closes the file.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = errors.New("the sponsor has stopped")
	return s.book.close()
}

// Session grants a viewer's request, from the network address of the viewer: a voucher that carries its tail, which may be shorter than asked. The same
// request gets the same session again. Errors are *RefusedError, or mean that the sponsor cannot answer now.
func (s *Service) Session(ctx context.Context, a *Ask, remote string) (channel.SignedVoucher, error) {
	if err := a.check(); err != nil {
		return channel.SignedVoucher{}, refuse("malformed", "%s", err)
	}
	one := &session{
		anchor: channel.Anchor(a.Anchor), payee: a.Payee, viewer: a.Viewer, address: addressKey(remote), torrent: a.Torrent, price: a.Price, unit: a.Unit, length: a.Length,
	}
	return s.begin(ctx, one)
}

// begin grants a session or a probe.
func (s *Service) begin(ctx context.Context, one *session) (channel.SignedVoucher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return channel.SignedVoucher{}, err
	}
	if known := s.sessions[one.anchor]; known != nil {
		return s.again(known, one)
	}
	if used, err := s.book.used(ctx, one.anchor); err != nil {
		return channel.SignedVoucher{}, err
	} else if used {
		return channel.SignedVoucher{}, refuse("anchor", usedBefore)
	}
	if err := s.sweep(ctx); err != nil {
		return channel.SignedVoucher{}, err
	}
	if err := s.allows(one); err != nil {
		return channel.SignedVoucher{}, err
	}
	p, err := s.purseFor(one)
	if err != nil {
		return channel.SignedVoucher{}, err
	}
	now := s.config.Now()
	one.channel, one.created, one.expiry = p.record.ID, now.Unix(), now.Add(s.policy.Life).Unix()
	next := p.clone()
	next.active = append(next.active, one.anchor)
	e := &entry{purses: []*purse{next}, sessions: []*session{one}}
	if err := s.sign(next, e); err != nil {
		return channel.SignedVoucher{}, err
	}
	if err := s.commit(ctx, e); err != nil {
		return channel.SignedVoucher{}, err
	}
	s.config.Log.Info("session granted", "payee", one.payee.String(), "steps", one.length, "unit", one.unit.String(), "probe", one.probe)
	return next.record.Held, nil
}

const usedBefore = "this hash chain was used before; draw another one"

// again answers a request that was granted before.
func (s *Service) again(known, asked *session) (channel.SignedVoucher, error) {
	if known.viewer != asked.viewer || known.payee != asked.payee || known.unit != asked.unit || known.folded {
		return channel.SignedVoucher{}, refuse("anchor", usedBefore)
	}
	return s.purses[known.channel].record.Held, nil
}

// ready says whether promises can be made at all. mu must be held.
func (s *Service) ready() error {
	switch {
	case s.broken != nil:
		return s.broken
	case s.doubt != nil:
		return fmt.Errorf("%w: %w", channel.ErrStaleView, s.doubt)
	case channel.AgeOf(s.seen, s.config.Now()) > staleAfter:
		return fmt.Errorf("%w: last seen at %s", channel.ErrStaleView, s.seen.Format(time.RFC3339))
	}
	return nil
}

// allows checks the policy and shortens the session to what it leaves. mu must be held.
func (s *Service) allows(one *session) error {
	if _, paid := s.policy.Torrents[one.torrent]; !paid && !one.probe {
		return refuse("torrent", "this torrent is not sponsored here")
	}
	if !one.probe && !s.qualifies(one.payee) {
		return refuse("seeder", "this seeder is not paid here")
	}
	if !one.probe && s.policy.MaxPrice.Less(one.price) {
		return refuse("price", "%s per MiB at most", s.policy.MaxPrice)
	}
	if !one.probe && s.sums.atOnce[one.address] >= s.policy.AtOnce {
		return &RefusedError{Refusal{"at once", fmt.Sprintf("%d sessions are open from this address", s.policy.AtOnce)}, time.Minute}
	}
	if err := s.begins(one, s.config.Now().Unix()); err != nil {
		return err
	}
	for _, b := range s.bounds(one, s.config.Now().Unix()/86400) {
		if one.length = uint32(min(uint64(one.length), floorSteps(b.left, one.unit))); one.length == 0 {
			return &RefusedError{Refusal{b.code, b.text}, b.retry}
		}
	}
	return nil
}

// begins bounds how many sessions begin in a day, however small they are: each takes room in the file, also when nothing comes of it. mu must be held.
func (s *Service) begins(one *session, now int64) error {
	today, tomorrow := now/86400, time.Duration(86400-now%86400)*time.Second
	switch most := s.policy.perAddressBegun(); {
	case one.probe:
		return nil
	case s.sums.begun[addressDay{one.address, today}] >= most:
		return &RefusedError{Refusal{"address", fmt.Sprintf("%d sessions were begun from this address today", most)}, tomorrow}
	case s.sums.begunAll[today] >= maxBegun:
		return &RefusedError{Refusal{"day", fmt.Sprintf("%d sessions were begun today", maxBegun)}, tomorrow}
	}
	return nil
}

// bound is one number of the policy, and what it leaves.
type bound struct {
	code, text string
	left       channel.Amount
	retry      time.Duration
}

// bounds are those of a session that counts for a day.
func (s *Service) bounds(one *session, today int64) []bound {
	tomorrow := time.Duration(86400-s.config.Now().Unix()%86400) * time.Second
	// One smallest unit is kept back, for a voucher that has to give it away: see sign.
	taken := func(sum channel.Amount) channel.Amount { return sum.Add(channel.NewAmount(1)) }
	list := []bound{{"budget", "the budget is used up", rest(s.policy.Budget, taken(s.sums.total)), 0}}
	if !s.policy.PerDay.IsZero() {
		list = append(list, bound{"day", "today's budget is used up", rest(s.policy.PerDay, taken(s.sums.day[today])), tomorrow})
	}
	if !s.policy.PerSeeder.IsZero() {
		list = append(list, bound{"seeder budget", "this seeder's part of the budget is used up", rest(s.policy.PerSeeder, taken(s.sums.seeder[one.payee])), 0})
	}
	if one.probe {
		return append(list, bound{"probes", "the budget for probes is used up", rest(s.policy.probeBudget(), s.sums.probes), 0})
	}
	worth := func(bytes int64) channel.Amount { return gate.Cost(one.price, max(0, bytes)) }
	return append(list,
		bound{"session", "a step is worth more than a session", worth(s.policy.Session), 0},
		bound{"viewer", "this viewer has had its part", worth(s.policy.PerViewer - s.sums.viewer[one.viewer]), 0},
		bound{"address", "this address has had its part for today", worth(s.policy.PerAddress - s.sums.address[addressDay{one.address, today}]), tomorrow})
}

// qualifies says whether viewers may pay that seeder. mu must be held.
func (s *Service) qualifies(payee wallet.Address) bool {
	if slices.Contains(s.policy.Seeders, payee) {
		return true
	}
	return s.policy.MinProbes > 0 && s.passed(payee) >= s.policy.MinProbes
}

// purseFor finds the channel to the session's seeder with a free place and the most left, and shortens the session to it. mu must be held.
func (s *Service) purseFor(one *session) (*purse, error) {
	var best *purse
	var most channel.Amount
	full := false
	for _, p := range s.purses {
		if p.record.Terms.Payee != one.payee || p.record.Terms.Asset != s.policy.Asset || p.record.State != channel.Open {
			continue
		}
		if len(p.active) >= channel.MaxTails {
			full = true
			continue
		}
		if left := p.room(s.sessions); best == nil || most.Less(left) {
			best, most = p, left
		}
	}
	switch {
	case best == nil && full:
		return nil, &RefusedError{Refusal{"full", "all places at this seeder are taken"}, time.Minute}
	case best == nil:
		return nil, refuse("channel", "no open channel leads to this seeder")
	}
	if one.length = uint32(min(uint64(one.length), floorSteps(rest(most, channel.NewAmount(1)), one.unit))); one.length == 0 {
		return nil, refuse("deposit", "the deposit for this seeder is used up")
	}
	return best, nil
}

// sign makes the purse's next voucher. A payee takes a voucher for news only when its cumulative amount or, at an equal one, its promise has grown;
// where neither would, a smallest unit is given away. mu must be held.
func (s *Service) sign(p *purse, e *entry) error {
	known := func(a channel.Anchor) *session {
		for _, one := range e.sessions {
			if one.anchor == a {
				return one
			}
		}
		return s.sessions[a]
	}
	all := map[channel.Anchor]*session{}
	for _, a := range slices.Concat(p.active, p.late) {
		all[a] = known(a)
	}
	v, held := p.next(all), &p.record.Held
	if p.record.HasVoucher() && v.Cumulative == held.Cumulative && !held.Promise().Less(v.Promise()) {
		p.cumulative = p.cumulative.Add(channel.NewAmount(1))
		v.Cumulative = p.cumulative
		e.gift, e.day = p, s.config.Now().Unix()/86400
	}
	if p.record.Deposit.Less(v.Promise()) {
		return refuse("deposit", "the deposit for this seeder is used up")
	}
	p.record.Held = v.SignUnder(s.config.Key, s.separator)
	return nil
}

// commit writes an entry, then takes it into memory. mu must be held.
func (s *Service) commit(ctx context.Context, e *entry) error {
	if err := s.book.write(context.WithoutCancel(ctx), e); err != nil {
		if errors.Is(err, errUnknown) {
			s.broken = err
		}
		return err
	}
	for _, p := range e.purses {
		s.purses[p.record.ID] = p
	}
	for _, one := range e.sessions {
		s.sums.change(s.sessions[one.anchor], one)
		s.sessions[one.anchor] = one
	}
	if e.gift != nil {
		s.sums.gift(e.gift.record.Terms.Payee, e.day)
	}
	if e.probe != nil {
		s.probes[e.probe.Payee] = append(s.probes[e.probe.Payee], *e.probe)
	}
	if e.past != nil {
		s.forget(e.past)
	}
	if e.cursor != nil {
		s.cursor = *e.cursor
	}
	return nil
}

func refuse(code, format string, args ...any) error {
	return &RefusedError{Refusal: Refusal{Code: code, Text: fmt.Sprintf(format, args...)}}
}

func rest(of, taken channel.Amount) channel.Amount {
	left := of.Excess(taken)
	return left
}

// floorSteps is how many whole units an amount holds, at most the longest tail.
func floorSteps(amount, unit channel.Amount) uint64 {
	n := gate.Steps(amount, unit, channel.MaxTailLength+1)
	if n > 0 && amount.Less(unit.Mul(n)) {
		n--
	}
	return n
}
