package explorer

import (
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strconv"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// holding is a token that an account has.
type holding struct {
	Standard string `json:"standard"` // TRC-10 or TRC-20
	ID       string `json:"id"`       // number or contract address
	Symbol   string `json:"symbol"`
	Amount   string `json:"amount"`
}

// resource is bandwidth or energy: what is used of what there is.
type resource struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
}

// account is what an address has.
func (e *Explorer) account(r *http.Request) (any, error) {
	a, err := wallet.ParseAddress(r.PathValue("address"))
	if err != nil {
		return nil, err
	}
	m := e.chain.Account(chain.Head, a[:])
	answer := map[string]any{
		"account": e.named(a), "hex": a.Hex(), "exists": m != nil, "balance": wallet.Sun(m.GetBalance()).String(),
		"contract": len(e.chain.Code(chain.Head, a)) > 0, "tokens": append(e.trc10Of(m), e.trc20Of(a)...),
	}
	if m == nil {
		return answer, nil
	}
	res := e.chain.AccountResource(chain.Head, a[:])
	answer["bandwidth"] = resource{res.GetNetUsed() + res.GetFreeNetUsed(), res.GetNetLimit() + res.GetFreeNetLimit()}
	answer["energy"] = resource{res.GetEnergyUsed(), res.GetEnergyLimit()}
	answer["created"], answer["name"], answer["staked"] = m.GetCreateTime(), text(m.GetAccountName()), stakes(m)
	answer["reward"] = e.chain.Reward(chain.Head, a[:]).String()
	return answer, nil
}

// stakes are what an account has staked, by resource, in TRX.
func stakes(m *tronpb.Account) map[string]string {
	sum := map[string]wallet.Sun{}
	for _, f := range m.GetFrozenV2() {
		sum[f.GetType().String()] += wallet.Sun(f.GetAmount())
	}
	list := map[string]string{}
	for name, amount := range sum {
		if amount > 0 {
			list[name] = amount.String()
		}
	}
	return list
}

func (e *Explorer) trc10Of(m *tronpb.Account) []holding {
	list := []holding{}
	for id, amount := range m.GetAssetV2() {
		token := e.chain.Asset(chain.Head, id)
		if amount <= 0 || token == nil {
			continue
		}
		list = append(list, holding{"TRC-10", id, text(token.GetAbbr()), wallet.FormatUnits(wallet.UnitsFromUint64(uint64(amount)), int(token.GetPrecision()))})
	}
	slices.SortFunc(list, func(x, y holding) int { return slices.Compare([]byte(x.ID), []byte(y.ID)) })
	return list
}

// Methods that every TRC-20 token has.
var (
	balanceOf   = abi.MustMethod("balanceOf(address)(uint256)")
	decimalsOf  = abi.MustMethod("decimals()(uint8)")
	symbolOf    = abi.MustMethod("symbol()(string)")
	nameOf      = abi.MustMethod("name()(string)")
	totalSupply = abi.MustMethod("totalSupply()(uint256)")
	transferLog = abi.MustEvent("Transfer(address indexed from, address indexed to, uint256 value)")
)

// trc20Of asks the token contracts whose transfers were seen to name an address.
func (e *Explorer) trc20Of(a wallet.Address) []holding {
	list := []holding{}
	for _, token := range e.tokensSeen(func(from, to wallet.Address) bool { return from == a || to == a }) {
		balance, ok := e.view(token, balanceOf, a)
		if n, isNumber := balance.(*big.Int); !ok || !isNumber || n.Sign() <= 0 {
			continue
		}
		list = append(list, holding{"TRC-20", token.String(), e.textOf(token, symbolOf), e.amountOfToken(token, balance)})
	}
	return list
}

// tokensSeen lists the contracts of the newest MaxScan blocks with a Transfer event between addresses that suit.
func (e *Explorer) tokensSeen(suits func(from, to wallet.Address) bool) (tokens []wallet.Address) {
	seen := map[wallet.Address]bool{}
	head := e.chain.HeadNumber()
	for n := head; n > 0 && n > head-MaxScan; n-- {
		b := e.chain.BlockByNumber(chain.Head, n)
		if b == nil {
			break
		}
		for _, info := range b.Infos {
			for _, log := range info.GetLog() {
				topics := log.GetTopics()
				token := addressOf(log.GetAddress())
				if len(topics) != 3 || seen[token] || [32]byte(topics[0]) != transferLog.Topic() {
					continue
				}
				if suits(wallet.AddressFromEVM([20]byte(topics[1][12:])), wallet.AddressFromEVM([20]byte(topics[2][12:]))) {
					seen[token] = true
					tokens = append(tokens, token)
				}
			}
		}
	}
	return tokens
}

// view calls a method that answers one value.
func (e *Explorer) view(contract wallet.Address, m abi.Method, args ...any) (any, bool) {
	data, err := m.Encode(args...)
	if err != nil {
		return nil, false
	}
	c, err := e.chain.Constant(chain.Head, &tronpb.TriggerSmartContract{OwnerAddress: contract[:], ContractAddress: contract[:], Data: data}, nil)
	if err != nil || c.Failure != "" {
		return nil, false
	}
	decoded, err := m.Decode(c.Return)
	if err != nil || len(decoded) != 1 {
		return nil, false
	}
	return decoded[0], true
}

func (e *Explorer) textOf(contract wallet.Address, m abi.Method) string {
	v, _ := e.view(contract, m)
	s, _ := v.(string)
	return text([]byte(s))
}

// amountOfToken shows units with the decimals that a contract tells; where it tells none, as plain units.
func (e *Explorer) amountOfToken(token wallet.Address, amount any) string {
	n, _ := amount.(*big.Int)
	units, err := wallet.UnitsFromBig(n)
	if err != nil {
		return ""
	}
	decimals, ok := e.view(token, decimalsOf)
	if d, isNumber := decimals.(*big.Int); ok && isNumber && d.IsInt64() && d.Int64() <= wallet.MaxDecimals {
		return wallet.FormatUnits(units, int(d.Int64()))
	}
	return units.String() + " units"
}

// history is the transactions that an address made or received, newest first, below ?from=.
func (e *Explorer) history(r *http.Request) (any, error) {
	a, err := wallet.ParseAddress(r.PathValue("address"))
	if err != nil {
		return nil, err
	}
	from, err := number(r, "from", e.chain.HeadNumber())
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(r)
	if err != nil {
		return nil, err
	}
	list, address, n := []summary{}, a.String(), min(from, e.chain.HeadNumber())
	for last := n - MaxScan; n > 0 && n > last && len(list) < limit; n-- { // whole blocks, so that a number is a cursor
		b := e.chain.BlockByNumber(chain.Head, n)
		if b == nil {
			continue
		}
		for i := len(b.IDs) - 1; i >= 0; i-- {
			if s := e.summaryOf(b, i); s.From == address || s.To == address || i < len(b.Infos) && touches(b.Infos[i], a) {
				list = append(list, s)
			}
		}
	}
	return map[string]any{"list": list, "next": n}, nil
}

// touches says whether a token's transfer or a contract's own names the address.
func touches(info *tronpb.TransactionInfo, a wallet.Address) bool {
	if addressOf(info.GetContractAddress()) == a {
		return true
	}
	for _, log := range info.GetLog() {
		for _, topic := range log.GetTopics() {
			if len(topic) == 32 && string(topic[12:]) == string(a[1:]) && string(topic[:12]) == string(make([]byte, 12)) {
				return true
			}
		}
	}
	for _, t := range info.GetInternalTransactions() {
		if addressOf(t.GetTransferToAddress()) == a {
			return true
		}
	}
	return false
}

// accounts are those whose keys everybody may know.
func (e *Explorer) accounts(*http.Request) (any, error) {
	type funded struct {
		named
		Balance string `json:"balance"`
	}
	list := []funded{}
	for a := range e.keys {
		list = append(list, funded{e.named(a), e.chain.Balance(chain.Head, a).String()})
	}
	slices.SortFunc(list, func(x, y funded) int {
		return slices.Compare([]byte(x.Name+x.Address), []byte(y.Name+y.Address))
	})
	return map[string]any{"accounts": list}, nil
}

// tokens are all TRC-10 tokens, and the TRC-20 tokens that moved lately.
func (e *Explorer) tokens(*http.Request) (any, error) {
	type token struct {
		holding
		Name   string `json:"name"`
		Issuer string `json:"issuer,omitempty"`
	}
	list := []token{}
	for i, t := range e.chain.Assets(chain.Head) {
		if i == MaxPage {
			break
		}
		supply := wallet.FormatUnits(wallet.UnitsFromUint64(uint64(t.GetTotalSupply())), int(t.GetPrecision()))
		list = append(list, token{holding{"TRC-10", t.GetId(), text(t.GetAbbr()), supply}, text(t.GetName()), addressText(t.GetOwnerAddress())})
	}
	for _, a := range e.tokensSeen(func(_, _ wallet.Address) bool { return true }) {
		supply, _ := e.view(a, totalSupply)
		list = append(list, token{holding{"TRC-20", a.String(), e.textOf(a, symbolOf), e.amountOfToken(a, supply)}, e.textOf(a, nameOf), ""})
		if len(list) >= 2*MaxPage {
			break
		}
	}
	return map[string]any{"tokens": list}, nil
}

// search says where something is: an address, a transaction, a block, a token by number or name.
func (e *Explorer) search(r *http.Request) (any, error) {
	q := r.URL.Query().Get("q")
	if a, err := wallet.ParseAddress(q); err == nil {
		return map[string]string{"kind": "account", "id": a.String()}, nil
	}
	if raw, ok := hash(q); ok {
		if b, _ := e.chain.TransactionBlock(chain.Head, raw); b != nil || e.chain.PendingTransaction(raw) != nil {
			return map[string]string{"kind": "tx", "id": q}, nil
		}
		if b := e.chain.BlockByID(chain.Head, raw); b != nil {
			return map[string]string{"kind": "block", "id": strconv.FormatInt(b.Number(), 10)}, nil
		}
	}
	if n, err := strconv.ParseInt(q, 10, 64); err == nil && n >= 0 && n <= e.chain.HeadNumber() {
		return map[string]string{"kind": "block", "id": strconv.FormatInt(n, 10)}, nil
	}
	for _, t := range e.chain.Assets(chain.Head) {
		if q != "" && (t.GetId() == q || text(t.GetName()) == q || text(t.GetAbbr()) == q) {
			return map[string]string{"kind": "account", "id": addressText(t.GetOwnerAddress())}, nil
		}
	}
	for _, a := range e.tokensSeen(func(_, _ wallet.Address) bool { return true }) {
		if q != "" && (e.textOf(a, symbolOf) == q || e.textOf(a, nameOf) == q) {
			return map[string]string{"kind": "contract", "id": a.String()}, nil
		}
	}
	return nil, fmt.Errorf(notUnderstod+": %w", wallet.Clip(q), errMissing)
}
