package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
)

// clockBehind is how far behind the world's clock the network's begins: blocks that are made at once are 3 seconds apart and must not run ahead of it.
const clockBehind = 10 * time.Minute

// network is the Tron network of the demo: a testnet in this process, with its ports on the loopback.
type network struct {
	*testnet.Network
	keys map[string]*wallet.Key
}

// startNetwork starts the testnet and opens the books of those who play.
func (s *story) startNetwork(ctx context.Context) error {
	net, err := testnet.New(testnet.Config{Balance: 10_000 * wallet.TRX, Chain: chain.Config{Start: time.Now().Add(-clockBehind).UnixMilli()}})
	if err != nil {
		return err
	}
	if err := net.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{Log: s.config.Log}); err != nil {
		return err
	}
	n := &network{Network: net, keys: map[string]*wallet.Key{}}
	for _, account := range wallet.DevAccounts() {
		n.keys[account.Name] = account.Key
	}
	s.net = n
	connection, err := s.dial(ctx)
	if err != nil {
		return err
	}
	s.world = newWorld(connection)
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		if err := s.world.enter(ctx, name, n.key(name)); err != nil {
			return fmt.Errorf("reading the balance of %s: %w", name, err)
		}
	}
	return nil
}

func (n *network) key(name string) *wallet.Key { return n.keys[name] }
