package cmd

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

func networksCommand() *cli.Command {
	name := &cli.StringFlag{Name: "name", Usage: "`NAME` of the network", Required: true}
	return &cli.Command{
		Name: "networks", Usage: "the networks that --network can name",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list them, with the genesis block that pins each",
				Description: "piecework config networks list\npiecework config networks list -o json",
				Flags:       []cli.Flag{outputFlag}, Action: networksList,
			},
			{
				Name: "show", Usage: "show one, and ask its node whether it belongs to it",
				Description: "piecework config networks show --network nile\npiecework config networks show --network mainnet --node 127.0.0.1:50051",
				Flags:       nodeFlags(), Action: networksShow,
			},
			{
				Name: "add", Usage: "make a network of your own known; its node is asked for the genesis block that pins it",
				Description: "piecework config networks add --name office --node 10.0.0.5:50051\n" +
					"piecework config networks add --name staging --node tron.example:443 --tls --genesis 0000000000000000de1a… --real-money",
				Flags: []cli.Flag{
					name,
					&cli.StringFlag{Name: "node", Usage: "gRPC `HOST:PORT` of its node", Required: true},
					&cli.StringFlag{Name: "solid-node", Usage: "gRPC `HOST:PORT` for solid blocks, where it is another port"},
					&cli.BoolFlag{Name: "tls", Usage: "encrypt the connection"},
					&cli.StringFlag{Name: "genesis", Usage: "`ID` of its block 0; the node has to show the same"},
					&cli.BoolFlag{Name: "real-money", Usage: "ask before anything is sent there"},
					outputFlag,
				},
				Action: networksAdd,
			},
			{
				Name: "remove", Usage: "forget a network of your own; what you sent there stays noted",
				Description: "piecework config networks remove --name office\npiecework config networks remove --name office -o json",
				Flags:       []cli.Flag{name, outputFlag}, Action: networksRemove,
			},
		},
	}
}

// networkShown is a network as it is printed.
type networkShown struct {
	Name      string `json:"name"`
	Node      string `json:"node"`
	Solidity  string `json:"solidity,omitempty"`
	TLS       bool   `json:"tls,omitempty"`
	Genesis   string `json:"genesis,omitempty"`
	ChainID   string `json:"chain_id,omitempty"`
	RealMoney bool   `json:"real_money"`
	Checked   string `json:"checked,omitempty"` // what the node said
}

func showNetwork(n wallet.Network) networkShown {
	shown := networkShown{Name: n.Name, Node: n.Node, Solidity: n.Solidity, TLS: n.TLS, RealMoney: n.RealMoney}
	if n.Genesis != [32]byte{} {
		shown.Genesis, shown.ChainID = hex.EncodeToString(n.Genesis[:]), fmt.Sprintf("0x%08x", n.ChainID)
	}
	return shown
}

func (n networkShown) schema() string { return "piecework.network.v1" }

func (n networkShown) table() table {
	rows := [][]string{{"network", n.Name}, {"node", n.Node}}
	for _, row := range [][]string{{"solid node", n.Solidity}, {"genesis", orDefault(n.Genesis, "(any that is no public network's)")}, {"chain id", n.ChainID}, {"real money", yesNo(n.RealMoney)}, {"node says", n.Checked}} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	return table{rows: rows}
}

// networkTable is all networks.
type networkTable struct {
	Networks []networkShown `json:"networks"`
}

func (l networkTable) schema() string { return "piecework.networks.v1" }

func (l networkTable) table() table {
	t := table{heading: []string{"NETWORK", "NODE", "REAL MONEY", "GENESIS"}}
	for _, n := range l.Networks {
		t.rows = append(t.rows, []string{n.Name, n.Node, yesNo(n.RealMoney), orDefault(n.Genesis, "(any that is no public network's)")})
	}
	return t
}

func networksList(c *cli.Context) error {
	var list networkTable
	for _, n := range settingsOf(c).networks() {
		list.Networks = append(list.Networks, showNetwork(n))
	}
	return printResult(c, list)
}

// networksShow dials, so a node of another network is refused like everywhere.
func networksShow(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	head, err := s.node.Latest(c.Context, node.Head)
	if err != nil {
		return err
	}
	shown := showNetwork(s.network)
	shown.Node = s.node.Address()
	shown.Checked = fmt.Sprintf("it belongs to it, newest block %d of %s", head.Number, head.Time.Format("2006-01-02 15:04:05 UTC"))
	return printResult(c, shown)
}

func networksAdd(c *cli.Context) error {
	s, name := settingsOf(c), c.String("name")
	if err := checkConfigName(name); err != nil {
		return err
	}
	if _, taken := s.Networks[name]; taken {
		return withHint(fmt.Errorf("there is a network %q already", name), "Edit %s to change it.", s.file)
	}
	setting := &networkSetting{Node: c.String("node"), Solidity: c.String("solid-node"), TLS: c.Bool("tls"), Genesis: c.String("genesis"), RealMoney: c.Bool("real-money")}
	if err := setting.pin(c); err != nil {
		return err
	}
	network, err := setting.network(name)
	if err != nil {
		return usagef("%s", err)
	}
	if err := s.add("networks", name, setting); err != nil {
		return err
	}
	return printResult(c, showNetwork(network))
}

// pin asks the node for its block 0, which has to be the given one, and no public network's.
func (n *networkSetting) pin(c *cli.Context) error {
	if err := errors.Join(checkNodeFlag(c, "node"), checkNodeFlag(c, "solid-node")); err != nil {
		return err
	}
	config := node.Config{Address: n.Node, Solidity: n.Solidity, TLS: n.TLS}
	if n.Genesis != "" {
		given, err := hex.DecodeString(n.Genesis)
		if err != nil || len(given) != 32 {
			return usagef("--genesis %q: want 64 hex digits", n.Genesis)
		}
		config.Genesis = [32]byte(given)
	}
	asked, err := node.Dial(c.Context, config)
	if err != nil {
		return err
	}
	defer func() { _ = asked.Close() }()
	genesis := asked.Genesis()
	for _, known := range wallet.Networks() {
		if known.Genesis == genesis {
			return withHint(usagef("that node belongs to %s", known.Name), "It needs no other name: `piecework config networks show --network %s --node %s`.", known.Name, n.Node)
		}
	}
	n.Genesis = hex.EncodeToString(genesis[:])
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
