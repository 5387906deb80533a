package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

func payeeConfig(c *cli.Context, s *session) (server.Config, error) {
	dir, err := dataDir(c)
	if err != nil {
		return server.Config{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return server.Config{}, fmt.Errorf("making %s: %w", dir, err)
	}
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return server.Config{}, err
	}
	minimum, err := wallet.ParseTRX(c.String("minimum"))
	if err != nil {
		return server.Config{}, usagef("--minimum: %s", err)
	}
	config := server.Config{
		Node: s.node, Steady: s.network.Name != localNetwork, Contract: at, Key: s.signer, Store: orDefault(c.String("store"), filepath.Join(dir, "server.db")),
		Policy: settle.Policy{Minimum: minimum, MaxAge: c.Duration("max-age")}, Period: c.Duration("period"), Takeover: c.Duration("takeover"),
	}
	if config.TLS, err = serverTLS(c); err != nil {
		return server.Config{}, err
	}
	if err := s.dialSecond(c); err != nil {
		return server.Config{}, err
	}
	config.Second = s.second
	if config.Hub, err = hubConfig(c, s.node); err != nil {
		return server.Config{}, err
	}
	if config.Log, err = logger(c); err != nil {
		return server.Config{}, err
	}
	if config.Token, err = operatorToken(orDefault(c.String("token-file"), filepath.Join(dir, "token"))); err != nil {
		return server.Config{}, err
	}
	config.Assets, err = acceptedAssets(c.Context, s.node, c.StringSlice("accept"))
	return config, err
}

// serverTLS is nil without flags of TLS.
func serverTLS(c *cli.Context) (*api.TLS, error) {
	t := api.TLS{Cert: c.String("tls-cert"), Key: c.String("tls-key"), ClientCA: c.String("tls-client-ca")}
	switch {
	case t == (api.TLS{}):
		return nil, nil //nolint:nilnil // see above
	case t.Cert == "" || t.Key == "":
		return nil, usagef("TLS needs both --tls-cert and --tls-key")
	}
	return &t, nil
}

// dialSecond connects to the node of --second-node, which must be on the same chain.
func (s *session) dialSecond(c *cli.Context) error {
	address := c.String("second-node")
	if address == "" {
		return nil
	}
	config := node.Config{Address: address, TLS: c.Bool("second-node-tls"), Genesis: s.node.Genesis()}
	if s.network.Name == localNetwork {
		config.RequestsPerSecond = -1
	}
	n, err := node.Dial(c.Context, config)
	if err != nil {
		return withHint(fmt.Errorf("connecting to the second node at %s: %w", address, err), "Name another with --second-node, or leave it out: a server that is running goes on while its second node is away.")
	}
	s.second = n
	return nil
}

// acceptedAssets reads "trc10:1000001=0.001": one whole token is worth 0.001 TRX to the operator.
func acceptedAssets(ctx context.Context, n *node.Node, list []string) (map[channel.Asset]settle.Price, error) {
	assets := map[channel.Asset]settle.Price{}
	for _, text := range list {
		name, worth, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usagef("--accept %q: want ASSET=TRX, as in trc10:1000001=0.001", text)
		}
		asset, err := channel.ParseAsset(strings.TrimSpace(name))
		if err != nil {
			return nil, usagef("--accept %q: %s", text, err)
		}
		sun, err := wallet.ParseTRX(strings.TrimSpace(worth))
		if err != nil {
			return nil, usagef("--accept %q: %s", text, err)
		}
		coin, err := openMoney(ctx, n, asset)
		if err != nil {
			return nil, err
		}
		units, err := coin.whole()
		if err != nil {
			return nil, err
		}
		assets[asset] = settle.Price{Sun: sun, Units: units}
	}
	return assets, nil
}

func logger(c *cli.Context) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log"))); err != nil {
		return nil, usagef("--log %s: want debug, info, warn or error", c.String("log"))
	}
	return slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: level})), nil
}

// operatorToken reads the token, or makes one that only this user can read.
func operatorToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if token := strings.TrimSpace(string(text)); token != "" {
			return token, nil
		}
		return "", withHint(fmt.Errorf("the token file %s is empty", path), "Remove it, and a new token is made.")
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	token := server.NewToken()
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("writing the token: %w", err)
	}
	return token, nil
}
