package rpc

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// cheatMethods are the testnet's own, beside those of TronBox. All amounts are sun or smallest units; addresses in any form.
func cheatMethods() map[string]ethMethod {
	return map[string]ethMethod{
		"testnet_deal":              {params: 2, run: treSetAccountBalance}, // address, sun
		"testnet_dealAsset":         {params: 3, run: dealAsset},            // address, token id, units
		"testnet_dealTRC20":         {params: 3, run: dealTRC20},            // contract, address, units
		"testnet_setResources":      {params: 3, run: setResources},         // address, sun staked for bandwidth, for energy
		"testnet_setChainParameter": {params: 2, run: setChainParameter},    // name, value
		"testnet_reorg":             {params: -1, run: reorg},               // depth[, blocks[, true to mine the removed transactions again]]
		"testnet_setSolidLag":       {params: 1, run: setSolidLag},          // blocks
		"testnet_freezeSolid":       {params: 1, run: freezeSolid},          // true or false
		"testnet_freezeHead":        {params: 1, run: freezeHead},           // true or false
		"testnet_dropTransactions":  {params: 1, run: dropTransactions},     // the next so many are accepted and lost
		"testnet_delayTransactions": {params: 2, run: delayTransactions},    // the next so many, by so many blocks
		"testnet_setLatency":        {params: 1, run: setLatency},           // milliseconds before every answer
		"testnet_failRequests":      {params: 1, run: failRequests},         // the next so many
		"testnet_impersonated":      {params: 0, run: impersonatedAccounts}, // lists addresses
	}
}

func dealAsset(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	id, err := c.treNumber(1)
	if err != nil {
		return nil, err
	}
	units, err := c.treNumber(2)
	if err != nil {
		return nil, err
	}
	if c.chain.Asset(chain.Head, strconv.FormatInt(id, 10)) == nil {
		return nil, invalidParams(fmt.Sprintf("there is no token %d", id))
	}
	c.chain.SetTokenBalance(a, id, units)
	return true, nil
}

// maxBalanceSlot is how many storage slots are tried for a token's mapping of balances.
const maxBalanceSlot = 64

// namespacedBalances is the slot of OpenZeppelin's upgradeable ERC-20 (ERC-7201, "openzeppelin.storage.ERC20").
var namespacedBalances, _ = new(big.Int).SetString("52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00", 16)

// dealTRC20 finds where a token keeps an address's balance by trying: a slot is the right one when balanceOf then says what was written to it.
// The total supply stays what it is.
func dealTRC20(c *ethCall) (any, error) {
	token, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	holder, err := c.treAddress(1)
	if err != nil {
		return nil, err
	}
	text, err := c.needText(2)
	if err != nil {
		return nil, err
	}
	amount, ok := new(big.Int).SetString(text, 0)
	if !ok || amount.Sign() < 0 || amount.BitLen() > 256 {
		return nil, invalidParams(strconv.Quote(wallet.Clip(text)) + " is no amount")
	}
	var value [32]byte
	amount.FillBytes(value[:])
	for slot := range maxBalanceSlot + 1 {
		number := big.NewInt(int64(slot))
		if slot == maxBalanceSlot {
			number = namespacedBalances
		}
		if c.tryBalance(token, holder, number, value) {
			return true, nil
		}
	}
	return nil, internalError("no slot of the contract holds the balance; set it with tre_setAccountStorageAt")
}

// tryBalance writes where Solidity and Vyper would keep a mapping in a slot, and takes it back when balanceOf does not agree.
func (s *Server) tryBalance(token, holder wallet.Address, slot *big.Int, value [32]byte) bool {
	var key, place [32]byte
	copy(key[12:], holder[1:])
	slot.FillBytes(place[:])
	for _, row := range [][32]byte{wallet.Keccak256(key[:], place[:]), wallet.Keccak256(place[:], key[:])} {
		before := s.chain.StorageAt(chain.Head, token, row)
		probe := wallet.Keccak256(value[:]) // what no balance is by chance, nor the answer of who is no token
		s.chain.SetStorageAt(token, row, probe)
		if s.balanceOf(token, key) == probe {
			s.chain.SetStorageAt(token, row, value)
			return true
		}
		s.chain.SetStorageAt(token, row, before)
	}
	return false
}

func (s *Server) balanceOf(token wallet.Address, holder [32]byte) (balance [32]byte) {
	selector := wallet.Keccak256([]byte("balanceOf(address)"))
	call := &tronpb.TriggerSmartContract{OwnerAddress: token[:], ContractAddress: token[:], Data: append(selector[:4:4], holder[:]...)}
	if c, err := s.chain.Constant(chain.Head, call, nil); err == nil && len(c.Return) >= len(balance) {
		copy(balance[:], c.Return)
	}
	return balance
}

func setResources(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	bandwidth, err := c.treNumber(1)
	if err != nil {
		return nil, err
	}
	energy, err := c.treNumber(2)
	if err != nil {
		return nil, err
	}
	c.chain.SetResources(a, wallet.Sun(bandwidth), wallet.Sun(energy))
	return true, nil
}

func setChainParameter(c *ethCall) (any, error) {
	key, err := c.needText(0)
	if err != nil {
		return nil, err
	}
	text, err := c.needText(1)
	if err != nil {
		return nil, err
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, invalidParams(strconv.Quote(wallet.Clip(text)) + " is no number")
	}
	if !c.chain.SetParam(key, value) {
		return nil, invalidParams("there is no chain parameter " + strconv.Quote(wallet.Clip(key)))
	}
	return true, nil
}

// MaxReorg is the most blocks that testnet_reorg makes.
const MaxReorg = 1000

func reorg(c *ethCall) (any, error) {
	if len(c.args) < 1 || len(c.args) > 3 {
		return nil, errParams
	}
	depth, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	var blocks int64
	if len(c.args) > 1 {
		if blocks, err = c.treNumber(1); err != nil {
			return nil, err
		}
	}
	again := false
	if len(c.args) > 2 {
		if again, _, err = c.flag(2); err != nil {
			return nil, err
		}
	}
	if depth > MaxReorg || blocks > MaxReorg {
		return nil, invalidParams(fmt.Sprintf("at most %d blocks", MaxReorg))
	}
	removed, err := c.chain.Reorg(int(depth), int(blocks), func(*tronpb.Transaction) bool { return again })
	if err != nil {
		return nil, invalidParams(err.Error())
	}
	hashes := []string{}
	for _, b := range removed {
		hashes = append(hashes, ethBytes(b.ID[:]))
	}
	return hashes, nil
}

func setSolidLag(c *ethCall) (any, error) {
	blocks, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	c.chain.SetSolidLag(blocks)
	return true, nil
}

func freezeSolid(c *ethCall) (any, error) {
	on, _, err := c.flag(0)
	if err != nil {
		return nil, err
	}
	c.chain.FreezeSolid(on)
	return true, nil
}

// freezeHead stops making blocks, or goes on as before.
func freezeHead(c *ethCall) (any, error) {
	on, _, err := c.flag(0)
	if err != nil {
		return nil, err
	}
	c.chain.FreezeHead(on)
	return true, nil
}

// maxTroubled bounds how many transactions or requests a cheat troubles.
const maxTroubled = 1_000_000

func dropTransactions(c *ethCall) (any, error) {
	count, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	c.chain.DropNext(int(min(count, maxTroubled)))
	return true, nil
}

func delayTransactions(c *ethCall) (any, error) {
	count, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	blocks, err := c.treNumber(1)
	if err != nil {
		return nil, err
	}
	c.chain.DelayNext(int(min(count, maxTroubled)), min(blocks, maxTroubled))
	return true, nil
}

func impersonatedAccounts(c *ethCall) (any, error) {
	list := []string{}
	for _, a := range c.chain.Impersonated() {
		list = append(list, a.String())
	}
	return list, nil
}

// faults is what makes a node slow or failing, so that people can test their clients.
type faults struct {
	mu      sync.Mutex // covers the fields
	latency time.Duration
	fail    int64
}

// SetLatency makes every answer wait, HTTP and gRPC, up to MaxLatency; only /tre answers at once.
func (s *Server) SetLatency(d time.Duration) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.latency = max(0, min(d, MaxLatency))
}

// FailRequests makes the next count requests fail: HTTP status 503, gRPC Unavailable.
func (s *Server) FailRequests(count int64) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.fail = max(0, min(count, maxTroubled))
}

// MaxLatency is the longest that testnet_setLatency makes an answer wait.
const MaxLatency = time.Minute

func setLatency(c *ethCall) (any, error) {
	ms, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	c.SetLatency(time.Duration(min(ms, int64(MaxLatency/time.Millisecond))) * time.Millisecond)
	return true, nil
}

func failRequests(c *ethCall) (any, error) {
	count, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	c.FailRequests(count)
	return true, nil
}

// trouble waits as long as answers have to, and says whether this one shall fail.
func (f *faults) trouble(ctx context.Context) (fail bool) {
	f.mu.Lock()
	latency := f.latency
	if fail = f.fail > 0; fail {
		f.fail--
	}
	f.mu.Unlock()
	if latency > 0 {
		timer := time.NewTimer(latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return fail
}

// troubled answers an HTTP request that shall fail; false when it shall not.
func (s *Server) troubled(w http.ResponseWriter, r *http.Request) bool {
	if !s.faults.trouble(r.Context()) {
		return false
	}
	http.Error(w, "failing because testnet_failRequests said so", http.StatusServiceUnavailable)
	return true
}

// troubledCall is troubled for gRPC.
func (s *Server) troubledCall(ctx context.Context, q any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if s.faults.trouble(ctx) {
		return nil, status.Error(codes.Unavailable, "failing because testnet_failRequests said so")
	}
	return next(ctx, q)
}
