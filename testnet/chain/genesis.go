package chain

import (
	"fmt"
	"maps"
	"math"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Blackhole is where mainnet's fees went before they were burnt: an account without a key that begins with -2^63 sun.
var Blackhole = actuator.Blackhole

const (
	genesisOwner   = "0x000000000000000000000"
	genesisWitness = "A new system must allow existing systems to be linked together without requiring any central control or coordination"
	firstTokenID   = 1_000_000
	// energyLimitBlock is 0 as private networks set it: UpdateEnergyLimitContract works at once.
	energyLimitBlock = 0
)

// genesisParent is the parent hash that mainnet's genesis block names.
var genesisParent = [32]byte{
	0xe5, 0x8f, 0x33, 0xf9, 0xba, 0xf9, 0x30, 0x5d, 0xc6, 0xf8, 0x2b, 0x9f, 0x19, 0x34, 0xea, 0x8f,
	0x0a, 0xde, 0x2d, 0xef, 0xb9, 0x51, 0x25, 0x8d, 0x50, 0x16, 0x70, 0x28, 0xc7, 0x80, 0x35, 0x1f,
}

// writeGenesis fills an empty state: parameters, accounts, witnesses and block 0.
func (n *Node) writeGenesis() error {
	if err := n.writeParams(); err != nil {
		return err
	}
	accounts := append([]Funded{{Name: "Blackhole", Address: Blackhole, Balance: math.MinInt64}}, n.cfg.Accounts...)
	for _, f := range accounts {
		n.writeGenesisAccount(f)
	}
	// nobody has the key of address zero (Manager.resetBlackholeAccountPermission)
	n.s.Edit(Blackhole, func(a *state.Account) {
		a.Owner, a.Active = state.OwnerPermission(wallet.AddressFromEVM([20]byte{})), nil
	})
	n.writeWitnesses()
	block, err := n.genesisBlock(accounts)
	if err != nil {
		return err
	}
	n.s.AddBlock(block)
	n.marks, n.firstMark = []state.Mark{n.s.Mark()}, 0
	n.clock = clock{real: n.cfg.Now, start: n.cfg.Start}
	if n.clock.start == 0 {
		n.clock.start = defaultStart
	}
	return nil
}

func (n *Node) writeParams() error {
	for _, p := range state.ListedParams() {
		if info := state.ParamInfoOf(p); !info.Later || n.cfg.Release == Release482 {
			n.s.SetParam(p, info.Mainnet)
		}
	}
	if err := n.changeParams(); err != nil {
		return err
	}
	n.writeNumbers(map[state.Param]int64{
		state.TokenCount: firstTokenID, state.GenesisTime: n.cfg.GenesisTime, state.NextMaintenance: n.cfg.GenesisTime,
	})
	return nil
}

// changeParams sets the chain parameters that the configuration names.
func (n *Node) changeParams() error {
	for key, value := range n.cfg.Params {
		p, ok := state.ParamByKey(key)
		if !ok {
			return fmt.Errorf("setting chain parameters: there is no %q", key)
		}
		n.s.SetParam(p, value)
	}
	return nil
}

// writeNumbers sets numbers of the network, and all that follows from the chain parameters.
func (n *Node) writeNumbers(some map[state.Param]int64) {
	numbers := map[state.Param]int64{
		state.PublicNetLimit: 14_400_000_000, state.TotalSignNum: 5, state.EnergyLimitBlock: energyLimitBlock,
		state.ProposalExpireTime: 259_200_000, state.CycleNumber: 1, state.LaterRelease: int64(bit(n.cfg.Release == Release482)),
	}
	maps.Copy(numbers, some)
	for p, v := range numbers {
		n.s.SetParam(p, v)
	}
	n.s.SetParam(state.NewRewardCycle, actuator.FirstNewReward(n.s))
	available, standard := actuator.Bitmaps(n.s)
	n.s.SetText(state.AvailableContracts, string(available))
	n.s.SetText(state.DefaultOperations, string(standard))
	n.s.SetText(state.EnergyPrices, fmt.Sprintf("0:%d", n.s.Param(state.EnergyFee)))
	n.s.SetText(state.BandwidthPrices, fmt.Sprintf("0:%d", n.s.Param(state.TransactionFee)))
	n.s.SetText(state.MemoFees, fmt.Sprintf("0:%d", n.s.Param(state.MemoFee)))
}

func (n *Node) writeGenesisAccount(f Funded) {
	a := actuator.NewAccount(n.s, f.Address, tronpb.AccountType_Normal)
	a.Name, a.Balance, a.Created = f.Name, f.Balance, n.cfg.GenesisTime
	n.s.PutAccount(a)
	if f.Name != "" {
		n.s.SetAccountName(f.Name, f.Address)
	}
	n.s.SetAccountID("", f.Address)
}

func (n *Node) writeWitnesses() {
	var active []byte
	for i, k := range n.cfg.Witnesses {
		a := k.Address()
		if n.s.Account(a) == nil {
			n.s.PutAccount(&state.Account{Address: a, Type: tronpb.AccountType_AssetIssue})
		}
		n.s.Edit(a, func(w *state.Account) { w.IsWitness = true })
		n.s.PutWitness(a, &tronpb.Witness{
			Address: a[:], VoteCount: actuator.GenesisVotes - int64(i), Url: fmt.Sprintf("http://witness%d.test", i+1), IsJobs: true,
		})
		active = append(active, a[:]...)
	}
	n.s.SetText(state.ActiveWitnesses, string(active))
	n.s.SetText(state.GenesisWitnesses, string(active))
	for _, k := range n.cfg.Witnesses {
		w := n.s.Witness(k.Address())
		n.s.SetReward(state.RewardKey{Kind: state.VotesOfCycle, Owner: k.Address(), Cycle: 1}, fmt.Sprint(w.GetVoteCount()))
	}
}

func (n *Node) genesisBlock(accounts []Funded) (*Block, error) {
	block := &Block{}
	pb := &tronpb.Block{}
	for _, f := range accounts {
		tx, err := genesisTransfer(f.Address, f.Balance)
		if err != nil {
			return nil, fmt.Errorf("making the genesis block: %w", err)
		}
		pb.Transactions = append(pb.Transactions, tx)
	}
	pb.BlockHeader = &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{
		Timestamp: n.cfg.GenesisTime, ParentHash: genesisParent[:], WitnessAddress: []byte(genesisWitness), TxTrieRoot: merkleRoot(pb.Transactions),
	}}
	block.Block, block.ID = pb, blockID(pb.GetBlockHeader())
	for _, tx := range pb.Transactions {
		block.IDs = append(block.IDs, TxID(tx))
	}
	block.Infos = make([]*tronpb.TransactionInfo, len(block.IDs))
	for i := range block.Infos {
		block.Infos[i] = &tronpb.TransactionInfo{}
	}
	return block, nil
}

func genesisTransfer(to wallet.Address, amount wallet.Sun) (*tronpb.Transaction, error) {
	parameter, err := anypb.New(&tronpb.TransferContract{OwnerAddress: []byte(genesisOwner), ToAddress: to[:], Amount: int64(amount)})
	if err != nil {
		return nil, err
	}
	return &tronpb.Transaction{RawData: &tronpb.TransactionRaw{Contract: []*tronpb.Transaction_Contract{{
		Type: tronpb.Transaction_Contract_TransferContract, Parameter: parameter,
	}}}}, nil
}
