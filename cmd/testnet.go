package cmd

import (
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
)

func testnetCommand() *cli.Command {
	return &cli.Command{
		Name: "testnet", Usage: "run a local Tron network in this process",
		Description: "piecework testnet\npiecework testnet --port 0 --grpc-port 0 --ready-file ready --balance 1000000",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "host", Value: "127.0.0.1", Usage: "`ADDRESS` to listen on"},
			&cli.IntFlag{Name: "port", Value: 9090, Usage: "HTTP `PORT`; 0 takes any free one"},
			&cli.IntFlag{Name: "grpc-port", Value: 50051, Usage: "gRPC `PORT`; with --port 0 any free one"},
			&cli.StringFlag{Name: "balance", Value: "1000000", Usage: "`TRX` of each account"},
			&cli.StringFlag{Name: "block-time", Value: "instant", Usage: "instant, manual, or a period such as 3s"},
			&cli.StringFlag{Name: "ready-file", Usage: "write the HTTP URL and the gRPC address to `FILE`, a line each, when both listen"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print no accounts"},
		},
		Action: runTestnet,
	}
}

func runTestnet(c *cli.Context) error {
	balance, err := wallet.ParseTRX(c.String("balance"))
	if err != nil {
		return usagef("--balance: %s", err)
	}
	config := testnet.Config{Balance: balance, Chain: chain.Config{Now: time.Now}}
	if err := blockTime(c.String("block-time"), &config.Chain); err != nil {
		return err
	}
	network, err := testnet.New(config)
	if err != nil {
		return err
	}
	grpcPort := c.Int("grpc-port")
	if c.Int("port") == 0 && !c.IsSet("grpc-port") {
		grpcPort = 0
	}
	if err := network.Listen(fmt.Sprintf("%s:%d", c.String("host"), c.Int("port")), fmt.Sprintf("%s:%d", c.String("host"), grpcPort), rpc.Config{}); err != nil {
		return withHint(err, "Another program listens there; choose --port and --grpc-port, or --port 0 for any free ones.")
	}
	if file := c.String("ready-file"); file != "" {
		if err := os.WriteFile(file, []byte(network.URL()+"\n"+network.GRPC()+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the ready file: %w", err)
		}
	}
	if !c.Bool("quiet") {
		greet(c, network, balance)
	}
	return network.Serve(c.Context)
}

func blockTime(text string, config *chain.Config) error {
	switch text {
	case "instant":
		config.Mining = chain.Mixed
	case "manual":
		config.Mining = chain.Manual
	default:
		period, err := parsePeriod(text)
		if err != nil {
			return usagef("--block-time %s: want instant, manual, or a period such as 3s", text)
		}
		config.Mining, config.BlockTime = chain.Interval, period
	}
	return nil
}

// greet prints what a newcomer needs: where it listens, and accounts with keys that everybody knows.
func greet(c *cli.Context, network *testnet.Network, balance wallet.Sun) {
	w := c.App.Writer
	fmt.Fprintf(w, "A Tron network for development. HTTP %s, gRPC %s\n\n", network.URL(), network.GRPC())
	t := table{heading: []string{"NAME", "ADDRESS", "PRIVATE KEY", "TRX"}}
	for _, account := range wallet.DevAccounts() {
		secret := account.Key.Bytes()
		t.rows = append(t.rows, []string{account.Name, account.Key.Address().String(), fmt.Sprintf("%x", secret), balance.String()})
	}
	t.notes = []string{"", "Mnemonic: " + wallet.DevMnemonic, "Path: m/44'/195'/0'/0/i. Everybody knows these keys: send nothing real to them.", "Ctrl-C stops; everything is forgotten then."}
	_ = writeTable(w, t)
}
