package chain

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestFollow performs all blocks of a java-tron's private network from its genesis on and compares what comes of every transaction, then the accounts
// and contracts that took part. PIECEWORK_JAVA_TRON is the host:port of its gRPC API. It asks for a network with one genesis witness, parameters that
// have not changed since block 0, votes that no maintenance has counted yet, and internal transactions saved (vm.saveInternalTx,
// vm.saveFeaturedInternalTx, vm.saveCancelAllUnfreezeV2Details). PIECEWORK_PROPOSAL_EXPIRE is its block.proposalExpireTime in milliseconds, if it is not the default. Who makes transactions there is not its business: it follows for PIECEWORK_FOLLOW, a
// minute by default, and compares accounts when nothing waits.
func TestFollow(t *testing.T) {
	f := newFollower(t)
	span, err := time.ParseDuration(os.Getenv("PIECEWORK_FOLLOW"))
	if err != nil {
		span = time.Minute
	}
	for end := time.Now().Add(span); time.Now().Before(end); time.Sleep(time.Second) {
		f.catchUp()
	}
	accounts := f.compareAccounts()
	f.compareGovernance()
	f.compareMarket()
	t.Logf("%d blocks, %d transactions, %d accounts", f.n.HeadNumber(), f.compared, accounts)
}

// follower is a node of ours behind a running java-tron.
type follower struct {
	t        *testing.T
	java     tronpb.WalletClient
	n        *Node
	seen     map[wallet.Address]bool // whoever took part in a transaction
	compared int
}

func newFollower(t *testing.T) *follower {
	t.Helper()
	at := os.Getenv("PIECEWORK_JAVA_TRON")
	if at == "" {
		t.Skip("PIECEWORK_JAVA_TRON is not set: the host:port of the gRPC API of a java-tron's private network")
	}
	conn, err := grpc.NewClient(at, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	f := &follower{t: t, java: tronpb.NewWalletClient(conn), seen: map[wallet.Address]bool{}}
	f.begin()
	return f
}

// ask calls the other node.
func ask[Q, A proto.Message](f *follower, method func(context.Context, Q, ...grpc.CallOption) (A, error), q Q) A {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer cancel()
	a, err := method(ctx, q)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

// block waits for a block: its height is known a moment before it can be had.
func (f *follower) block(number int64) *tronpb.Block {
	for {
		if b := ask(f, f.java.GetBlockByNum, &tronpb.NumberMessage{Num: number}); b.GetBlockHeader().GetRawData() != nil {
			return b
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (f *follower) head() int64 {
	return ask(f, f.java.GetNowBlock, &tronpb.EmptyMessage{}).GetBlockHeader().GetRawData().GetNumber()
}

// begin makes a node that starts as the other one did.
func (f *follower) begin() {
	cfg := Config{Params: map[string]int64{}, Now: time.Now, EnergyLimitForConstant: 100_000_000}
	for _, p := range ask(f, f.java.GetChainParameters, &tronpb.EmptyMessage{}).GetChainParameter() {
		if _, ok := state.ParamByKey(p.GetKey()); ok {
			cfg.Params[p.GetKey()] = p.GetValue()
		}
	}
	genesis := f.block(0)
	cfg.GenesisTime = genesis.GetBlockHeader().GetRawData().GetTimestamp()
	n, err := New(cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	n.s, n.keys, n.mining, n.clock = state.New(), nil, Manual, clock{real: cfg.Now}
	if err := n.writeParams(); err != nil {
		f.t.Fatal(err)
	}
	f.n = n
	if expire, err := strconv.ParseInt(os.Getenv("PIECEWORK_PROPOSAL_EXPIRE"), 10, 64); err == nil {
		n.s.SetParam(state.ProposalExpireTime, expire)
	}
	n.s.SetParam(state.CycleNumber, 0)
	n.s.AddBlock(f.accounts(genesis))
	f.witness()
	n.marks, n.firstMark = []state.Mark{n.s.Mark()}, 0
}

// accounts writes those of the genesis block, which have no permissions in java-tron but for the black hole, and makes the block.
func (f *follower) accounts(genesis *tronpb.Block) *Block {
	b := &Block{Block: genesis, ID: blockID(genesis.GetBlockHeader())}
	for _, tx := range genesis.GetTransactions() {
		m := &tronpb.TransferContract{}
		if err := proto.Unmarshal(tx.GetRawData().GetContract()[0].GetParameter().GetValue(), m); err != nil {
			f.t.Fatal(err)
		}
		to, _ := wallet.AddressFromBytes(m.GetToAddress())
		a := &state.Account{Address: to, Balance: wallet.Sun(m.GetAmount())}
		if m.GetAmount() == math.MinInt64 { // the black hole
			a.Owner = state.OwnerPermission(wallet.AddressFromEVM([20]byte{}))
		}
		f.n.s.PutAccount(a)
		f.n.s.SetAccountID("", to)
		b.IDs, b.Infos = append(b.IDs, TxID(tx)), append(b.Infos, &tronpb.TransactionInfo{})
	}
	return b
}

// witness writes the one of the genesis block: who made the first block.
func (f *follower) witness() {
	s, first := f.n.s, f.block(1).GetBlockHeader().GetRawData().GetWitnessAddress()
	a, _ := wallet.AddressFromBytes(first)
	if s.Account(a) == nil {
		s.PutAccount(&state.Account{Address: a, Type: tronpb.AccountType_AssetIssue})
	}
	s.Edit(a, func(w *state.Account) { w.IsWitness = true })
	for _, w := range ask(f, f.java.ListWitnesses, &tronpb.EmptyMessage{}).GetWitnesses() {
		if string(w.GetAddress()) == string(first) {
			s.PutWitness(a, &tronpb.Witness{Address: first, VoteCount: w.GetVoteCount(), Url: w.GetUrl(), IsJobs: true})
		}
	}
	s.SetText(state.ActiveWitnesses, string(first))
	s.SetText(state.GenesisWitnesses, string(first))
}

func (f *follower) catchUp() {
	for number := f.n.HeadNumber() + 1; number <= f.head(); number++ {
		f.follow(number)
	}
}

// follow performs a block. Its id is over everything in it, results included.
func (f *follower) follow(number int64) {
	theirs := f.block(number)
	infos := f.infos(number, len(theirs.GetTransactions()))
	n := f.n
	n.mu.Lock()
	defer n.mu.Unlock()
	raw := theirs.GetBlockHeader().GetRawData()
	b := being{number: number, time: raw.GetTimestamp()}
	b.producer, _ = wallet.AddressFromBytes(raw.GetWitnessAddress())
	block := n.open(b)
	block.Block.BlockHeader.RawData.Version = raw.GetVersion()
	for i, tx := range theirs.GetTransactions() {
		f.perform(block, b, tx, infos[i])
	}
	n.seal(block, b)
	if want := blockID(theirs.GetBlockHeader()); block.ID != want {
		f.t.Errorf("block %d: id %x, want %x", number, block.ID, want)
		block.ID = want
		n.s.AddBlock(block)
	}
}

// infos waits for the records of a block's transactions.
func (f *follower) infos(number int64, count int) []*tronpb.TransactionInfo {
	for count > 0 {
		if list := ask(f, f.java.GetTransactionInfoByBlockNum, &tronpb.NumberMessage{Num: number}).GetTransactionInfo(); len(list) == count {
			return list
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// perform runs one transaction and compares its result and its record.
func (f *follower) perform(block *Block, b being, tx *tronpb.Transaction, want *tronpb.TransactionInfo) {
	n, id := f.n, TxID(tx)
	mark := n.s.Mark()
	w := &waiting{id: id, tx: proto.Clone(tx).(*tronpb.Transaction)}
	w.tx.Ret = nil
	err := n.check(w.tx, id)
	if err == nil {
		err = n.checkSignatures(w.tx, id)
	}
	if err == nil {
		err = n.pack(block, w, b)
	}
	f.compared++
	f.note(want)
	if err != nil {
		n.s.Revert(mark)
		f.t.Errorf("block %d: %x refused: %v; theirs: %v", b.number, id, err, want)
		return
	}
	f.same(fmt.Sprintf("block %d: %x", b.number, id), block.Infos[len(block.Infos)-1], want)
}

// note remembers who took part.
func (f *follower) note(info *tronpb.TransactionInfo) {
	parts := [][]byte{info.GetContractAddress()}
	for _, t := range info.GetInternalTransactions() {
		parts = append(parts, t.GetCallerAddress(), t.GetTransferToAddress())
	}
	for _, b := range parts {
		if a, err := wallet.AddressFromBytes(b); err == nil {
			f.seen[a] = true
		}
	}
}

// same reports the lines in which two messages differ.
func (f *follower) same(what string, got, want proto.Message) {
	f.t.Helper()
	if proto.Equal(got, want) {
		return
	}
	lines := func(m proto.Message) map[string]bool {
		set := map[string]bool{}
		for line := range strings.Lines(prototext.MarshalOptions{Multiline: true}.Format(m)) {
			set[strings.Join(strings.Fields(line), " ")] = true
		}
		return set
	}
	ours, theirs := lines(got), lines(want)
	var text []string
	for line := range ours {
		if !theirs[line] {
			text = append(text, "ours   "+line)
		}
	}
	for line := range theirs {
		if !ours[line] {
			text = append(text, "theirs "+line)
		}
	}
	f.t.Errorf("%s\n\t%s", what, strings.Join(text, "\n\t"))
}

// compareAccounts compares what both nodes know of everybody while nothing waits. java-tron adds asset_optimized and empty uses of
// tokens when it flushes an account to disk.
func (f *follower) compareAccounts() (compared int) {
	f.n.read(Head, func(s *state.State) {
		for _, a := range s.Accounts() {
			f.seen[a] = true
		}
	})
	for a := range f.seen {
		f.catchUp()
		account := ask(f, f.java.GetAccount, &tronpb.Account{Address: a[:]})
		resources := ask(f, f.java.GetAccountResource, &tronpb.Account{Address: a[:]})
		contract := ask(f, f.java.GetContract, &tronpb.BytesMessage{Value: a[:]})
		if waits := ask(f, f.java.GetPendingSize, &tronpb.EmptyMessage{}); waits.GetNum() > 0 || f.head() != f.n.HeadNumber() {
			continue
		}
		compared++
		f.same("account "+a.String(), settled(f.n.Account(Head, a[:])), settled(account))
		f.same("resources of "+a.String(), orEmpty(f.n.AccountResource(Head, a[:])), resources)
		f.same("contract "+a.String(), orEmpty(f.n.Contract(Head, a[:])), contract)
	}
	return compared
}

func settled(a *tronpb.Account) *tronpb.Account {
	a = proto.Clone(orEmpty(a)).(*tronpb.Account)
	a.AccountName, a.AssetOptimized = nil, false
	for id, used := range a.GetFreeAssetNetUsageV2() {
		if used == 0 {
			delete(a.FreeAssetNetUsageV2, id)
		}
	}
	return a
}

// orEmpty is a message that is not there as gRPC shows it.
func orEmpty[M any](m *M) *M {
	if m == nil {
		return new(M)
	}
	return m
}
