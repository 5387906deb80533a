package rpc

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Limits of TronGrid's lists.
const (
	MaxGridPage     = 200
	defaultGridPage = 20
)

// gridMeta is the meta part of an answer.
type gridMeta struct {
	At          int64      `json:"at"`
	PageSize    int        `json:"page_size"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	Links       *gridLinks `json:"links,omitempty"`
}

type gridLinks struct {
	Next string `json:"next"`
}

type gridAnswer struct {
	Data    any      `json:"data"`
	Success bool     `json:"success"`
	Meta    gridMeta `json:"meta"`
}

// gridQuery is what the lists have in common.
type gridQuery struct {
	limit            int
	oldestFirst      bool
	confirmed        bool // only solid
	unconfirmed      bool // only not solid
	from, to         int64
	block            int64 // -1: any
	event            string
	contract         string
	onlyTo, onlyFrom bool
	after            position
	hasAfter         bool
}

// position is where a page ended: block, transaction, log.
type position struct{ block, transaction, log int }

func (p position) String() string { return fmt.Sprintf("%d-%d-%d", p.block, p.transaction, p.log) }

func (p position) cmp(o position) int {
	return slices.Compare([]int{p.block, p.transaction, p.log}, []int{o.block, o.transaction, o.log})
}

func parsePosition(text string) (p position, err error) {
	parts := strings.Split(text, "-")
	if len(parts) != 3 {
		return p, fmt.Errorf("bad fingerprint %q", clip(text))
	}
	for i, into := range []*int{&p.block, &p.transaction, &p.log} {
		if *into, err = strconv.Atoi(parts[i]); err != nil || *into < 0 {
			return p, fmt.Errorf("bad fingerprint %q", clip(text))
		}
	}
	return p, nil
}

// readGridQuery reads the parameters of a list. Both spellings that clients have are taken.
func readGridQuery(r *http.Request) (q gridQuery, err error) {
	v := r.URL.Query()
	q = gridQuery{limit: defaultGridPage, to: latestBlock, block: -1, event: v.Get("event_name"), contract: v.Get("contract_address")}
	flag := func(key string) bool { return strings.EqualFold(v.Get(key), "true") }
	q.confirmed, q.unconfirmed = flag("only_confirmed"), flag("only_unconfirmed")
	q.onlyTo, q.onlyFrom = flag("only_to"), flag("only_from")
	for _, key := range []string{"order_by", "orderBy"} {
		if strings.HasSuffix(v.Get(key), ",asc") {
			q.oldestFirst = true
		}
	}
	for key, into := range map[string]*int64{
		"min_block_timestamp": &q.from, "min_timestamp": &q.from, "minBlockTimestamp": &q.from,
		"max_block_timestamp": &q.to, "max_timestamp": &q.to, "maxBlockTimestamp": &q.to, "block_number": &q.block,
	} {
		if text := v.Get(key); text != "" {
			if *into, err = gridTime(text); err != nil {
				return q, fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	if text := v.Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 {
			return q, fmt.Errorf("limit: want 1 to %d", MaxGridPage)
		}
		q.limit = min(q.limit, MaxGridPage)
	}
	if text := v.Get("fingerprint"); text != "" {
		q.hasAfter = true
		q.after, err = parsePosition(text)
	}
	return q, err
}

// gridTime reads milliseconds, or a date as people write it.
func gridTime(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither milliseconds nor a date", clip(text))
	}
	return t.UnixMilli(), nil
}

// found is one entry of a list and where it is.
type found struct {
	at    position
	entry any
}

// walk visits blocks in the order that is asked for and lets visit add what it finds, until a page is full. It says where the page ended, if it did.
func (s *Server) walk(q gridQuery, visit func(b *chain.Block, solid bool) []found) (page []any, more string) {
	head, solid := s.chain.HeadNumber(), s.chain.SolidNumber()
	first, last, step := head, s.chain.FirstNumber(), int64(-1)
	if q.oldestFirst {
		first, last, step = last, head, 1
	}
	if q.block >= 0 {
		first, last = q.block, q.block
	}
	page = []any{}
	for n := first; (n-last)*step <= 0; n += step {
		if q.hasAfter && (int64(q.after.block)-n)*step > 0 {
			continue
		}
		b := s.chain.BlockByNumber(chain.Head, n)
		if b == nil || q.skips(b, n <= solid) {
			continue
		}
		entries := visit(b, n <= solid)
		if !q.oldestFirst {
			slices.Reverse(entries)
		}
		for _, e := range entries {
			if q.hasAfter && e.at.cmp(q.after)*int(step) <= 0 {
				continue
			}
			if len(page) == q.limit {
				return page, more
			}
			page, more = append(page, e.entry), e.at.String()
		}
	}
	return page, ""
}

func (q gridQuery) skips(b *chain.Block, solid bool) bool {
	return q.confirmed && !solid || q.unconfirmed && solid || b.Time() < q.from || b.Time() > q.to
}

// serveGrid answers /v1/….
func (s *Server) serveGrid(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		gridProblem(w, http.StatusMethodNotAllowed, "only GET")
		return
	}
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/v1/"), "/"), "/")
	q, err := readGridQuery(r)
	if err != nil {
		gridProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	data, more, err := s.grid(parts, q, r)
	if err != nil {
		gridProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	answer := gridAnswer{Data: data, Success: true, Meta: gridMeta{At: time.Now().UnixMilli(), PageSize: 1, Fingerprint: more}}
	if list, ok := data.([]any); ok {
		answer.Meta.PageSize = len(list)
	}
	if more != "" {
		next := *r.URL
		values := next.Query()
		values.Set("fingerprint", more)
		next.RawQuery, next.Scheme, next.Host = values.Encode(), "http", r.Host
		answer.Meta.Links = &gridLinks{next.String()}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	writeJSON(w, answer)
}

func gridProblem(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	writeJSON(w, map[string]any{"success": false, "error": text, "statusCode": status})
}

// grid finds the list that a path names.
func (s *Server) grid(parts []string, q gridQuery, r *http.Request) (data any, more string, err error) {
	route, id := parts[0], ""
	if len(parts) > 1 {
		id = parts[1]
		route += "/" + strings.Join(parts[2:], "/")
	}
	switch route {
	case "contracts/events", "contracts/transactions", "contracts/tokens", "accounts/", "accounts/transactions", "accounts/transactions/trc20", "accounts/internal-transactions":
		a, err := wallet.ParseAddress(id)
		if err != nil {
			return nil, "", err
		}
		data, more = s.gridOfAddress(route, a, q)
		return data, more, nil
	case "transactions/events":
		data, err = s.eventsOfTransaction(id, q)
		return data, "", err
	case "transactions/internal-transactions":
		data, err = s.internalOfTransaction(id)
		return data, "", err
	case "blocks/events":
		return s.eventsOfBlock(id, q)
	case "assets", "assets/", "assets/list":
		data, err = s.gridAssets(route, id, q)
		return data, "", err
	}
	return nil, "", fmt.Errorf("there is no %s here", clip(r.URL.Path))
}

func (s *Server) gridOfAddress(route string, a wallet.Address, q gridQuery) (data any, more string) {
	switch route {
	case "contracts/events":
		return s.walk(q, func(b *chain.Block, solid bool) []found { return s.eventsOf(b, solid, &a, q.event) })
	case "contracts/tokens":
		return s.holdersOf(a), ""
	case "accounts/":
		return s.gridAccount(a), ""
	case "accounts/transactions/trc20":
		return s.walk(q, func(b *chain.Block, solid bool) []found { return s.tokenTransfersOf(b, solid, a, q) })
	case "accounts/internal-transactions":
		return s.walk(q, func(b *chain.Block, _ bool) []found { return internalOf(b, a) })
	}
	return s.walk(q, func(b *chain.Block, _ bool) []found { return s.transactionsOf(b, a, q) })
}

// gridAccount is an account as /wallet/getaccount shows it, with the TRC-20 tokens that it was seen to hold.
func (s *Server) gridAccount(a wallet.Address) []any {
	m := s.chain.Account(chain.Head, a[:])
	if m == nil {
		return []any{}
	}
	o := javajson.ObjectOf(m, false)
	if id := m.GetAssetIssued_ID(); len(id) > 0 {
		o.Put("asset_issued_ID", string(id))
	}
	tokens := javajson.Array{}
	for _, token := range s.tokensSeenWith(a) {
		if balance := s.balanceWord(token, a); balance.Sign() > 0 {
			tokens = append(tokens, javajson.NewObject().Put(token.String(), balance.String()))
		}
	}
	o.Put("trc20", tokens).Put("address", a.Hex())
	return []any{json.RawMessage(o.String())}
}

// transactionsOf lists the transactions of a block that an address made or received.
func (s *Server) transactionsOf(b *chain.Block, a wallet.Address, q gridQuery) []found {
	var all []found
	for i, t := range b.Block.GetTransactions() {
		contracts := t.GetRawData().GetContract()
		if len(contracts) == 0 || b.Number() == 0 {
			continue
		}
		m := unpacked(contracts[0])
		from, to := string(ownerOf(m)) == string(a[:]), string(recipientOf(m)) == string(a[:])
		if q.onlyTo && !to || q.onlyFrom && !from || !from && !to {
			continue
		}
		all = append(all, found{position{int(b.Number()), i, 0}, json.RawMessage(gridTransaction(b, i).String())})
	}
	return all
}

// gridTransaction is a transaction with what TronGrid adds to it.
func gridTransaction(b *chain.Block, i int) *javajson.Object {
	info := b.Infos[i]
	cost := info.GetReceipt()
	o := txObject(b.Block.GetTransactions()[i], false)
	if ret, ok := o.Get("ret").(javajson.Array); ok && len(ret) > 0 {
		if first, ok := ret[0].(*javajson.Object); ok {
			first.Put("fee", info.GetFee())
		}
	}
	return o.Put("blockNumber", b.Number()).Put("block_timestamp", b.Time()).
		Put("net_usage", cost.GetNetUsage()).Put("net_fee", cost.GetNetFee()).
		Put("energy_usage", cost.GetEnergyUsage()).Put("energy_fee", cost.GetEnergyFee()).Put("energy_usage_total", cost.GetEnergyUsageTotal()).
		Put("internal_transactions", internalList(info))
}

func internalList(info *tronpb.TransactionInfo) javajson.Array {
	list := javajson.Array{}
	for _, t := range info.GetInternalTransactions() {
		list = append(list, javajson.ObjectOf(t, false))
	}
	return list
}

// internalOf lists the transfers inside contracts that an address made or received.
func internalOf(b *chain.Block, a wallet.Address) []found {
	var all []found
	for i, info := range b.Infos {
		for j, t := range info.GetInternalTransactions() {
			if string(t.GetCallerAddress()) != string(a[:]) && string(t.GetTransferToAddress()) != string(a[:]) {
				continue
			}
			all = append(all, found{position{int(b.Number()), i, j}, json.RawMessage(gridInternal(b, i, t).String())})
		}
	}
	return all
}

func gridInternal(b *chain.Block, i int, t *tronpb.InternalTransaction) *javajson.Object {
	value := javajson.NewObject()
	for _, v := range t.GetCallValueInfo() {
		key := v.GetTokenId()
		if key == "" {
			key = "_"
		}
		value.Put(key, v.GetCallValue())
	}
	data := javajson.NewObject().Put("note", hexText(t.GetNote())).Put("rejected", t.GetRejected()).Put("call_value", value)
	return javajson.NewObject().Put("internal_tx_id", hexText(t.GetHash())).Put("tx_id", hexText(b.IDs[i][:])).Put("data", data).
		Put("block_timestamp", b.Time()).Put("from_address", hexText(t.GetCallerAddress())).Put("to_address", hexText(t.GetTransferToAddress()))
}

func (s *Server) internalOfTransaction(id string) ([]any, error) {
	b, i, err := s.locateText(id)
	if err != nil || b == nil {
		return []any{}, err
	}
	list := []any{}
	for _, t := range b.Infos[i].GetInternalTransactions() {
		list = append(list, json.RawMessage(gridInternal(b, i, t).String()))
	}
	return list, nil
}

func (s *Server) locateText(id string) (*chain.Block, int, error) {
	raw, err := hashArg(id)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no transaction id", clip(id))
	}
	b, i := s.chain.TransactionBlock(chain.Head, raw)
	return b, i, nil
}

// gridAssets lists TRC-10 tokens: all, one by id or by name, or all of a name.
func (s *Server) gridAssets(route, id string, q gridQuery) ([]any, error) {
	list := []any{}
	for _, t := range s.chain.Assets(chain.Head) {
		if id != "" && t.GetId() != id && string(t.GetName()) != id && hexText(t.GetOwnerAddress()) != id {
			continue
		}
		if len(list) == q.limit {
			break
		}
		o := javajson.ObjectOf(t, true).Put("id", jsonID(t.GetId())).Put("owner_address", hexText(t.GetOwnerAddress()))
		list = append(list, json.RawMessage(o.String()))
	}
	return list, nil
}

func jsonID(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}
