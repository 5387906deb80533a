package cmd

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/fork"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
)

func testnetCommand() *cli.Command {
	return &cli.Command{
		Name: "testnet", Usage: "run a local Tron network in this process",
		Description: "Point TronWeb, TronBox, tronpy or any other client at the HTTP URL; everything is on that one port.\n\n" +
			"piecework testnet\n" +
			"piecework testnet --port 0 --ready-file ready --accounts 12 --balance 1000000 --block-time 3s --state chain.state",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "host", Value: "127.0.0.1", Usage: "`ADDRESS` to listen on"},
			&cli.IntFlag{Name: "port", Value: 9090, Action: within("port", 0, math.MaxUint16), Usage: "HTTP `PORT`; 0 takes any free one"},
			&cli.IntFlag{Name: "grpc-port", Value: 50051, Action: within("grpc-port", 0, math.MaxUint16), Usage: "gRPC `PORT`; with --port 0 any free one"},
			&cli.StringFlag{Name: "ready-file", Usage: "write the HTTP URL and the gRPC address to `FILE`, a line each, when both listen"},
			&cli.IntFlag{Name: "accounts", Value: 10, Usage: fmt.Sprintf("fund `N` accounts, at most %d", testnet.MaxAccounts)},
			&cli.StringFlag{Name: "balance", Value: "1000000", Usage: "`TRX` of each account"},
			&cli.StringFlag{
				Name: "mnemonic", Value: wallet.DevMnemonic, EnvVars: []string{"PIECEWORK_TESTNET_MNEMONIC"},
				Usage: "the accounts come from this `SENTENCE`, which is printed: never use one that guards real money; random draws one",
			},
			&cli.StringFlag{Name: "hd-path", Value: testnet.DefaultHDPath, Usage: "`PATH` of the accounts without their numbers"},
			&cli.StringFlag{
				Name: "block-time", Value: "mixed",
				Usage: "`WHEN` blocks are made: instant (for each transaction), a period such as 3s, mixed or mixed:3s (instant, and an empty one after the period), " +
					"manual (when tre_mine asks)",
			},
			&cli.Int64Flag{Name: "solid-lag", Usage: "solid `BLOCKS` behind the head"},
			&cli.StringFlag{
				Name: "release", Value: string(chain.Release480),
				Usage: "java-tron `RELEASE` with mainnet's parameters of its time: 4.8.0, or 4.8.2 with parameters 94 to 96, which mainnet has had since 2026-08-28",
			},
			&cli.StringSliceFlag{Name: "param", Usage: "start with chain parameter `NAME=VALUE`, as in --param getEnergyFee=210; may be repeated"},
			&cli.StringFlag{Name: "state", Usage: "keep everything in `FILE` and go on from it; killed, at most the last block is lost"},
			&cli.StringFlag{Name: "fork", Usage: "go on from another node's state: `URL`, or URL@BLOCK; rows are fetched when they are looked at"},
			&cli.StringFlag{Name: "fork-cache", Usage: "keep what the forked node said in `DIR`; the user's cache folder if not given, none keeps nothing"},
			&cli.BoolFlag{Name: "clean-blocks", Usage: "blocks of /jsonrpc as Foundry and The Graph want them, instead of as java-tron sends them"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print no accounts"},
			outputFlag,
		},
		Action: runTestnet,
	}
}

func runTestnet(c *cli.Context) error {
	config, err := testnetConfig(c)
	if err != nil {
		return err
	}
	network, err := testnet.New(config)
	if err != nil {
		return startFault(err)
	}
	if err := listen(c, network); err != nil {
		return errors.Join(err, network.Close())
	}
	if !c.Bool("quiet") {
		if err := printResult(c, greeting(network, c.String("state"))); err != nil {
			return errors.Join(err, network.Close())
		}
	}
	debug.FreeOSMemory() // what only starting needed: a fifth of the memory that is its own
	if err := writeReady(c.String("ready-file"), network); err != nil {
		return errors.Join(err, network.Close())
	}
	return network.Serve(c.Context)
}

func testnetConfig(c *cli.Context) (testnet.Config, error) {
	config := testnet.Config{
		HDPath: c.String("hd-path"), AccountCount: c.Int("accounts"), StateFile: c.String("state"),
		Chain: chain.Config{Release: chain.Release(c.String("release")), Now: time.Now, SolidLag: c.Int64("solid-lag")},
	}
	var err error
	if config.Balance, err = wallet.ParseTRX(c.String("balance")); err != nil {
		return config, usagef("--balance: %s", err)
	}
	if most := wallet.Sun(1) << 62 / testnet.MaxAccounts; config.Balance <= 0 || config.Balance > most {
		return config, usagef("--balance %s: want more than 0 and at most %s TRX", c.String("balance"), most)
	}
	if config.AccountCount < 1 || config.AccountCount > testnet.MaxAccounts {
		return config, usagef("--accounts %d: want 1 to %d", config.AccountCount, testnet.MaxAccounts)
	}
	if _, err := wallet.ParsePath(strings.TrimSuffix(config.HDPath, "/")); err != nil {
		return config, usagef("--hd-path: %s", err)
	}
	if config.Mnemonic, err = testnetMnemonic(c.String("mnemonic")); err != nil {
		return config, err
	}
	if config.Chain.SolidLag < 0 {
		return config, usagef("--solid-lag %d: want 0 or more blocks", config.Chain.SolidLag)
	}
	if config.Chain.Params, err = chainParams(c.StringSlice("param")); err != nil {
		return config, err
	}
	if err = testnetFork(c, &config); err != nil {
		return config, err
	}
	return config, blockTime(c.String("block-time"), &config.Chain)
}

func testnetFork(c *cli.Context, config *testnet.Config) error {
	config.Fork, config.ForkCache = c.String("fork"), c.String("fork-cache")
	if config.Fork == "" {
		return nil
	}
	if _, _, err := fork.ParseTarget(config.Fork); err != nil {
		return usagef("--fork: %s", err)
	}
	if config.StateFile != "" {
		return usagef("--state and --fork exclude each other: a fork has only what was looked at, and its cache keeps that")
	}
	switch config.ForkCache {
	case "none":
		config.ForkCache = ""
	case "":
		base, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("finding the cache folder: %w; name one with --fork-cache", err)
		}
		config.ForkCache = filepath.Join(base, "piecework", "fork")
	}
	return nil
}

func testnetMnemonic(phrase string) (string, error) {
	if phrase == "random" {
		m, err := wallet.NewMnemonic(12)
		return m.Phrase(), err
	}
	if _, err := wallet.ParseMnemonic(phrase); err != nil {
		return "", usagef("--mnemonic: %s", err)
	}
	return phrase, nil
}

func chainParams(list []string) (map[string]int64, error) {
	params := map[string]int64{}
	for _, item := range list {
		name, text, _ := strings.Cut(item, "=")
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, usagef("--param %s: want NAME=VALUE with a whole number, as in getEnergyFee=210", item)
		}
		if _, ok := state.ParamByKey(name); !ok {
			return nil, usagef("--param %s: there is no chain parameter %q; /wallet/getchainparameters lists them", item, name)
		}
		params[name] = value
	}
	return params, nil
}

func blockTime(text string, config *chain.Config) error {
	switch text {
	case "instant":
		config.Mining = chain.Instant
		return nil
	case "manual":
		config.Mining = chain.Manual
		return nil
	case "mixed":
		config.Mining = chain.Mixed
		return nil
	}
	config.Mining = chain.Interval
	period, mixed := strings.CutPrefix(text, "mixed:")
	if mixed {
		config.Mining = chain.Mixed
	}
	var err error
	if config.BlockTime, err = parsePeriod(period); err != nil {
		return usagef("--block-time %s: want instant, manual, mixed, mixed:5s, or a period such as 3s", text)
	}
	return nil
}

// startFault says what to do about a network that does not start.
func startFault(err error) error {
	switch {
	case errors.Is(err, chain.ErrFileBusy):
		return withHint(err, "Stop the other process, or choose another --state.")
	case errors.Is(err, chain.ErrRelease):
		return usagef("--release: %s", err)
	case errors.Is(err, fork.ErrSource):
		return withHint(err, "Does the node at --fork answer /wallet/getblock? java-tron's full node does, with JSON-RPC on the same port behind a proxy.")
	case errors.Is(err, state.ErrDump):
		return withHint(err, "Move the file away and start anew, or choose another --state.")
	default:
		return err
	}
}

func listen(c *cli.Context, network *testnet.Network) error {
	grpcPort := c.Int("grpc-port")
	if c.Int("port") == 0 && !c.IsSet("grpc-port") {
		grpcPort = 0
	}
	at := func(port int) string { return net.JoinHostPort(c.String("host"), strconv.Itoa(port)) }
	if err := network.Listen(at(c.Int("port")), at(grpcPort), rpc.Config{CleanBlocks: c.Bool("clean-blocks")}); err != nil {
		return withHint(err, "Another program may listen there; choose --port and --grpc-port, or --port 0 for any free ones.")
	}
	return nil
}

// writeReady writes the ready file in one step, so that who waits for it never reads half of it.
func writeReady(path string, network *testnet.Network) error {
	if path == "" {
		return nil
	}
	out, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing the ready file: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s\n%s\n", network.URL(), network.GRPC())
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the ready file: %w", err), os.Remove(out.Name()))
	}
	return nil
}

// networkResult is what a newcomer needs: where the testnet listens, and accounts with keys that everybody may know.
type networkResult struct {
	HTTP     string          `json:"http"`
	GRPC     string          `json:"grpc"`
	Mnemonic string          `json:"mnemonic"`
	HDPath   string          `json:"hd_path"`
	State    string          `json:"state,omitempty"`
	Head     int64           `json:"head"`
	Accounts []networkPerson `json:"accounts"`
}

type networkPerson struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
	Key     string `json:"private_key"`
	Path    string `json:"path"`
	TRX     string `json:"trx"`
}

func greeting(n *testnet.Network, file string) *networkResult {
	r := &networkResult{HTTP: n.URL(), GRPC: n.GRPC(), Mnemonic: n.Mnemonic(), HDPath: n.HDPath(), State: file, Head: n.HeadNumber()}
	names := map[wallet.Address]string{}
	for _, a := range wallet.DevAccounts() {
		names[a.Key.Address()] = a.Name
	}
	base := strings.TrimSuffix(r.HDPath, "/")
	for i, k := range n.Accounts() {
		secret := k.Bytes()
		r.Accounts = append(r.Accounts, networkPerson{
			Name: names[k.Address()], Address: k.Address().String(), Key: fmt.Sprintf("%x", secret), Path: fmt.Sprintf("%s/%d", base, i),
			TRX: n.Balance(chain.Head, k.Address()).String(),
		})
	}
	return r
}

func (*networkResult) schema() string { return "piecework.testnet.v1" }

func (r *networkResult) table() table {
	t := table{heading: []string{"NAME", "ADDRESS", "PRIVATE KEY", "PATH", "TRX"}}
	for _, p := range r.Accounts {
		t.rows = append(t.rows, []string{orDefault(p.Name, "-"), p.Address, p.Key, p.Path, p.TRX})
	}
	end := "Ctrl-C stops; everything is forgotten then."
	if r.State != "" {
		end = fmt.Sprintf("Ctrl-C stops; %s keeps everything. The head is block %d.", r.State, r.Head)
	}
	t.notes = []string{
		"", "A Tron network for development.",
		"HTTP " + r.HTTP + " (/wallet, /walletsolidity, /walletpbft, /jsonrpc, /v1, /tre, /admin)",
		"gRPC " + r.GRPC,
		"Mnemonic: " + r.Mnemonic, "Everybody may know these keys: send nothing real to them.", end,
	}
	return t
}
