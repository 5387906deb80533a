package node

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

var (
	alice   = wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC")
	bob     = wallet.MustParseAddress("411111111111111111111111111111111111111111")
	carol   = wallet.MustParseAddress("412222222222222222222222222222222222222222")
	genesis = [32]byte{8: 0x1e, 31: 0xdc}
)

// script is a node that answers what a test tells it to; what it is not told answers Unimplemented.
type script struct {
	tronpb.UnimplementedWalletServer
	accounts  map[wallet.Address]*tronpb.Account
	resources map[wallet.Address]*tronpb.AccountResourceMessage
	contract  *tronpb.SmartContractDataWrapper
	constant  *tronpb.TransactionExtention
	asset     *tronpb.AssetIssueContract
	broadcast []func() (*tronpb.Return, error)
	heads     []*tronpb.BlockExtention
	known     *tronpb.Transaction
	now       *tronpb.BlockExtention
	mined     *tronpb.TransactionInfo
	fail      atomic.Int32 // so many requests fail first
	asked     atomic.Int32
	params    atomic.Int32 // times the parameters were asked for
	apiKey    atomic.Value
}

type scriptSolid struct {
	tronpb.UnimplementedWalletSolidityServer
	head  *tronpb.BlockExtention
	mined *tronpb.TransactionInfo
}

func (s *script) GetBlockByNum2(ctx context.Context, q *tronpb.NumberMessage) (*tronpb.BlockExtention, error) {
	s.asked.Add(1)
	if m, ok := metadata.FromIncomingContext(ctx); ok && len(m.Get(apiKeyHeader)) > 0 {
		s.apiKey.Store(m.Get(apiKeyHeader)[0])
	}
	if s.fail.Add(-1) >= 0 {
		return nil, status.Error(codes.Unavailable, "coming up")
	}
	if q.GetNum() == 0 {
		return &tronpb.BlockExtention{Blockid: genesis[:], BlockHeader: &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{}}}, nil
	}
	for _, b := range s.heads {
		if b.GetBlockHeader().GetRawData().GetNumber() == q.GetNum() {
			return b, nil
		}
	}
	return &tronpb.BlockExtention{}, nil
}

func (s *script) GetNowBlock2(context.Context, *tronpb.EmptyMessage) (*tronpb.BlockExtention, error) {
	return s.now, nil
}

func (s *script) GetAccount(_ context.Context, q *tronpb.Account) (*tronpb.Account, error) {
	if a, ok := s.accounts[wallet.Address(q.GetAddress())]; ok {
		return a, nil
	}
	return &tronpb.Account{}, nil
}

func (s *script) GetAccountResource(_ context.Context, q *tronpb.Account) (*tronpb.AccountResourceMessage, error) {
	if r, ok := s.resources[wallet.Address(q.GetAddress())]; ok {
		return r, nil
	}
	return &tronpb.AccountResourceMessage{}, nil
}

func (s *script) GetContractInfo(context.Context, *tronpb.BytesMessage) (*tronpb.SmartContractDataWrapper, error) {
	if s.contract == nil {
		return &tronpb.SmartContractDataWrapper{}, nil
	}
	return s.contract, nil
}

func (s *script) TriggerConstantContract(context.Context, *tronpb.TriggerSmartContract) (*tronpb.TransactionExtention, error) {
	return s.constant, nil
}

func (s *script) GetAssetIssueById(context.Context, *tronpb.BytesMessage) (*tronpb.AssetIssueContract, error) {
	if s.asset == nil {
		return &tronpb.AssetIssueContract{}, nil
	}
	return s.asset, nil
}

func (s *script) BroadcastTransaction(context.Context, *tronpb.Transaction) (*tronpb.Return, error) {
	next := s.broadcast[0]
	s.broadcast = s.broadcast[1:]
	return next()
}

func (s *script) GetTransactionById(context.Context, *tronpb.BytesMessage) (*tronpb.Transaction, error) {
	if s.known == nil {
		return &tronpb.Transaction{}, nil
	}
	return s.known, nil
}

func (s *script) GetTransactionInfoById(context.Context, *tronpb.BytesMessage) (*tronpb.TransactionInfo, error) {
	if s.mined == nil {
		return &tronpb.TransactionInfo{}, nil
	}
	return s.mined, nil
}

func (s *script) GetTransactionInfoByBlockNum(context.Context, *tronpb.NumberMessage) (*tronpb.TransactionInfoList, error) {
	list := &tronpb.TransactionInfoList{}
	if s.mined != nil {
		list.TransactionInfo = append(list.TransactionInfo, s.mined)
	}
	return list, nil
}

func (s *script) GetChainParameters(context.Context, *tronpb.EmptyMessage) (*tronpb.ChainParameters, error) {
	s.params.Add(1)
	answer := &tronpb.ChainParameters{}
	for key, value := range map[string]int64{
		"getEnergyFee": 100, "getTransactionFee": 1000, "getMaxFeeLimit": 15_000_000_000, "getCreateNewAccountFeeInSystemContract": 1_000_000,
		"getCreateAccountFee": 100_000, "getMemoFee": 1_000_000, "getMultiSignFee": 1_000_000, "getAssetIssueFee": 1_024_000_000,
	} {
		answer.ChainParameter = append(answer.ChainParameter, &tronpb.ChainParameters_ChainParameter{Key: key, Value: value})
	}
	return answer, nil
}

func (s *script) GetNextMaintenanceTime(context.Context, *tronpb.EmptyMessage) (*tronpb.NumberMessage, error) {
	return &tronpb.NumberMessage{Num: time.Now().Add(time.Hour).UnixMilli()}, nil
}

func (s *scriptSolid) GetNowBlock2(context.Context, *tronpb.EmptyMessage) (*tronpb.BlockExtention, error) {
	return s.head, nil
}

func (s *scriptSolid) GetTransactionInfoById(context.Context, *tronpb.BytesMessage) (*tronpb.TransactionInfo, error) {
	if s.mined == nil {
		return &tronpb.TransactionInfo{}, nil
	}
	return s.mined, nil
}

// play serves a script in process and dials it.
func play(t *testing.T, s tronpb.WalletServer, solid *scriptSolid, edit func(*Config)) (*Node, error) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	tronpb.RegisterWalletServer(server, s)
	if solid != nil {
		tronpb.RegisterWalletSolidityServer(server, solid)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	config := Config{
		Address: "node", RequestsPerSecond: -1, PollEvery: time.Millisecond,
		Dialer: func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) },
	}
	if edit != nil {
		edit(&config)
	}
	n, err := Dial(t.Context(), config)
	if err == nil {
		t.Cleanup(func() { _ = n.Close() })
	}
	return n, err
}

func mustPlay(t *testing.T, s tronpb.WalletServer, solid *scriptSolid) *Node {
	t.Helper()
	n, err := play(t, s, solid, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDialChecksTheNetwork(t *testing.T) {
	if _, err := play(t, &script{}, nil, func(c *Config) { c.Genesis = genesis }); err != nil {
		t.Errorf("the right network: %v", err)
	}
	_, err := play(t, &script{}, nil, func(c *Config) { c.Genesis = [32]byte{1} })
	if !errors.Is(err, ErrWrongNetwork) {
		t.Errorf("another network: %v, want ErrWrongNetwork", err)
	}
}

func TestDialUnreachable(t *testing.T) {
	_, err := play(t, &script{}, nil, func(c *Config) {
		c.Dialer = func(context.Context, string) (net.Conn, error) { return nil, errors.New("no route") }
	})
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestReadsAreRepeated(t *testing.T) {
	s := &script{}
	s.fail.Store(2)
	if _, err := play(t, s, nil, func(c *Config) { c.APIKey = "secret" }); err != nil {
		t.Errorf("after two failures: %v", err)
	}
	if got := s.asked.Load(); got != 3 {
		t.Errorf("asked %d times, want 3", got)
	}
	if got := s.apiKey.Load(); got != "secret" {
		t.Errorf("API key %v", got)
	}
	s = &script{}
	s.fail.Store(maxAttempts)
	if _, err := play(t, s, nil, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("after %d failures: %v, want ErrUnreachable", maxAttempts, err)
	}
}

func TestAccount(t *testing.T) {
	n := mustPlay(t, &script{accounts: map[wallet.Address]*tronpb.Account{alice: {
		Address: alice[:], Balance: 5, AssetV2: map[string]int64{"1000001": 7},
		FrozenV2:        []*tronpb.Account_FreezeV2{{}, {Type: tronpb.ResourceCode_ENERGY, Amount: 9}},
		OwnerPermission: &tronpb.Permission{Threshold: 1, Keys: []*tronpb.Key{{Address: alice[:], Weight: 1}}},
	}}}, nil)
	a, err := n.Account(t.Context(), Head, alice)
	if err != nil {
		t.Fatal(err)
	}
	if a.Balance != 5 || a.Tokens["1000001"] != 7 || a.Staked[Energy] != 9 || len(a.Staked) != 1 || a.Permissions.Owner.Keys[0].Address != alice {
		t.Errorf("got %+v", a)
	}
	if _, err := n.Account(t.Context(), Head, bob); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown address: %v, want ErrNotFound", err)
	}
	if balance, exists, err := n.Balance(t.Context(), bob); err != nil || exists || balance != 0 {
		t.Errorf("balance of an unknown address: %s %v %v", balance, exists, err)
	}
	if units, err := n.AssetBalance(t.Context(), alice, 1000001); err != nil || units != wallet.UnitsFromUint64(7) {
		t.Errorf("tokens %s %v", units, err)
	}
}

func TestSimulate(t *testing.T) {
	cases := map[string]struct {
		answer  *tronpb.TransactionExtention
		failed  string // text of the *FailedError
		refused Code
	}{
		"good": {answer: &tronpb.TransactionExtention{
			Result: &tronpb.Return{Result: true}, ConstantResult: [][]byte{{1}}, EnergyUsed: 10, EnergyPenalty: 2,
		}},
		"revert": {answer: &tronpb.TransactionExtention{
			Result:         &tronpb.Return{Result: true, Message: []byte("REVERT opcode executed")},
			ConstantResult: [][]byte{{8}}, Transaction: &tronpb.Transaction{Ret: []*tronpb.Transaction_Result{{Ret: tronpb.Transaction_Result_FAILED}}},
		}, failed: "the execution failed with REVERT: REVERT opcode executed"},
		"out of energy": {answer: &tronpb.TransactionExtention{
			Result: &tronpb.Return{Code: tronpb.Return_CONTRACT_EXE_ERROR, Message: []byte("class X : no energy")},
		}, failed: "the execution failed: class X : no energy"},
		"no contract": {answer: &tronpb.TransactionExtention{
			Result: &tronpb.Return{Code: tronpb.Return_CONTRACT_VALIDATE_ERROR, Message: []byte("Smart contract is not exist.")},
		}, refused: CodeContractValidate},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			n := mustPlay(t, &script{constant: c.answer}, nil)
			s, err := n.Simulate(t.Context(), Head, Call{From: alice, Contract: bob})
			var failed *FailedError
			var refused *RefusedError
			switch {
			case c.failed != "":
				if !errors.As(err, &failed) || failed.Error() != c.failed {
					t.Errorf("got %v, want %s", err, c.failed)
				}
			case c.refused != 0:
				if !errors.As(err, &refused) || refused.Code != c.refused {
					t.Errorf("got %v, want %s", err, c.refused)
				}
			case err != nil || s.Energy != 10 || s.Penalty != 2 || len(s.Output) != 1:
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func TestPlanTransfer(t *testing.T) {
	raw := rawOfContract(t, tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: alice[:], ToAddress: bob[:], Amount: 5_000_000}, "hello")
	s := &script{
		accounts:  map[wallet.Address]*tronpb.Account{alice: {Address: alice[:], Balance: 6_000_000}},
		resources: map[wallet.Address]*tronpb.AccountResourceMessage{alice: {FreeNetLimit: 600}},
	}
	n := mustPlay(t, s, nil)
	p, err := n.Plan(t.Context(), raw, 2)
	if err != nil {
		t.Fatal(err)
	}
	// Activation is never paid with free bandwidth: 0.1 TRX for the bytes, 1 TRX for the account, 1 for the memo, 1 for the second signature.
	if p.Burn() != 3_100_000 || p.Activates != bob || !p.BandwidthBurnt || p.Missing() != 2_100_000 {
		t.Errorf("got %+v, burn %s, missing %s", p, p.Burn(), p.Missing())
	}
	if want := int64(len(raw)+3) + 2*67 + 64; p.Size != want {
		t.Errorf("size %d, want %d", p.Size, want)
	}
	if _, err := n.Plan(t.Context(), raw, 1); err != nil || s.params.Load() != 1 {
		t.Errorf("%v; parameters asked for %d times, want once", err, s.params.Load())
	}
}

func TestPlanFreeBandwidth(t *testing.T) {
	raw := rawOfContract(t, tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: alice[:], ToAddress: bob[:], Amount: 5}, "")
	both := map[wallet.Address]*tronpb.Account{alice: {Address: alice[:], Balance: 6_000_000}, bob: {Address: bob[:]}}
	for free, want := range map[int64]wallet.Sun{600: 0, 100: 0} {
		n := mustPlay(t, &script{accounts: both, resources: map[wallet.Address]*tronpb.AccountResourceMessage{alice: {FreeNetLimit: free}}}, nil)
		p, err := n.Plan(t.Context(), raw, 1)
		if err != nil {
			t.Fatal(err)
		}
		if free < p.Size {
			want = wallet.Sun(p.Size) * 1000
		}
		if p.Burn() != want || p.Value != 5 {
			t.Errorf("with %d bytes free: burns %s, want %s", free, p.Burn(), want)
		}
	}
}

func TestPlanContract(t *testing.T) {
	raw := rawOfContract(t, tronpb.Transaction_Contract_TriggerSmartContract, &tronpb.TriggerSmartContract{OwnerAddress: alice[:], ContractAddress: bob[:], Data: []byte{1, 2, 3, 4}}, "")
	s := &script{
		accounts: map[wallet.Address]*tronpb.Account{alice: {Address: alice[:], Balance: 6_000_000}},
		resources: map[wallet.Address]*tronpb.AccountResourceMessage{
			alice: {FreeNetLimit: 600, EnergyLimit: 1000}, carol: {EnergyLimit: 500},
		},
		contract: &tronpb.SmartContractDataWrapper{SmartContract: &tronpb.SmartContract{
			OriginAddress: carol[:], ConsumeUserResourcePercent: 90, OriginEnergyLimit: 10_000,
		}},
		constant: &tronpb.TransactionExtention{Result: &tronpb.Return{Result: true}, ConstantResult: [][]byte{{}}, EnergyUsed: 10_000, EnergyPenalty: 100},
	}
	p, err := mustPlay(t, s, nil).Plan(t.Context(), raw, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.EnergyByDeployer != 500 || p.EnergyByStake != 1000 || p.EnergyFee != 850_000 || p.FeeLimit != 1_300_000 || p.EnergyPenalty != 100 {
		t.Errorf("got %+v", p)
	}
}

func TestBroadcast(t *testing.T) {
	signed, id := signedTransfer(t)
	say := func(code tronpb.ReturnResponseCode, text string) func() (*tronpb.Return, error) {
		return func() (*tronpb.Return, error) {
			return &tronpb.Return{Result: code == 0, Code: code, Message: []byte(text)}, nil
		}
	}
	away := func() (*tronpb.Return, error) { return nil, status.Error(codes.Unavailable, "gone") }
	held := &tronpb.Transaction{}
	if err := proto.Unmarshal(signed, held); err != nil {
		t.Fatal(err)
	}
	type answers = []func() (*tronpb.Return, error)
	cases := map[string]struct {
		answers answers
		known   *tronpb.Transaction
		want    error
		code    Code
	}{
		"accepted":               {answers: answers{say(0, "")}},
		"duplicate that it has":  {answers: answers{say(tronpb.Return_DUP_TRANSACTION_ERROR, "Dup transaction.")}, known: held},
		"duplicate it refused":   {answers: answers{say(tronpb.Return_DUP_TRANSACTION_ERROR, "Dup transaction.")}, code: CodeDuplicate},
		"busy, then accepted":    {answers: answers{say(tronpb.Return_SERVER_BUSY, "Server busy."), say(0, "")}},
		"signature":              {answers: answers{say(tronpb.Return_SIGERROR, "Validate signature error: sig error")}, code: CodeSignature},
		"away, then duplicate":   {answers: answers{away, say(tronpb.Return_DUP_TRANSACTION_ERROR, "Dup transaction.")}, known: held},
		"away":                   {answers: answers{away, away, away, away}, want: ErrOutcomeUnknown},
		"away, then a signature": {answers: answers{away, say(tronpb.Return_SIGERROR, "")}, want: ErrOutcomeUnknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			n := mustPlay(t, &script{broadcast: c.answers, known: c.known}, nil)
			got, err := n.Broadcast(t.Context(), signed)
			if got != id {
				t.Errorf("id %s, want %s", got, id)
			}
			var refused *RefusedError
			switch {
			case c.want != nil:
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			case c.code != 0:
				if !errors.As(err, &refused) || refused.Code != c.code {
					t.Errorf("got %v, want %s", err, c.code)
				}
			case err != nil:
				t.Error(err)
			}
		})
	}
}

func TestBroadcastRefusesGarbage(t *testing.T) {
	n := mustPlay(t, &script{}, nil)
	for name, bytes := range map[string][]byte{
		"nothing": nil, "no raw data": {0x12, 0x00}, "cut": {0x0a, 0x05, 0x00}, "two raw data": {0x0a, 0x00, 0x0a, 0x00},
		"unusual order": {0x0a, 0x04, 0x70, 0x01, 0x40, 0x01}, // timestamp before expiration
	} {
		if _, err := n.Broadcast(t.Context(), bytes); !errors.Is(err, ErrNotTransaction) {
			t.Errorf("%s: %v, want ErrNotTransaction", name, err)
		}
	}
}

func TestStatus(t *testing.T) {
	signed, id := signedTransfer(t)
	held := &tronpb.Transaction{}
	if err := proto.Unmarshal(signed, held); err != nil {
		t.Fatal(err)
	}
	good := &tronpb.TransactionInfo{Id: id[:], BlockNumber: 7, Receipt: &tronpb.ResourceReceipt{Result: tronpb.Transaction_Result_SUCCESS}}
	bad := &tronpb.TransactionInfo{Id: id[:], Result: tronpb.TransactionInfo_FAILED, ResMessage: []byte("REVERT opcode executed"), Receipt: &tronpb.ResourceReceipt{Result: tronpb.Transaction_Result_REVERT}}
	expiration := time.UnixMilli(60_000)
	cases := map[string]struct {
		head, solid *tronpb.TransactionInfo
		known       *tronpb.Transaction
		solidTime   int64
		want        State
		failed      bool
	}{
		"nobody knows it":            {solidTime: 59_999, want: Unknown},
		"waiting":                    {known: held, solidTime: 59_999, want: Submitted},
		"in a block":                 {head: good, known: held, want: InBlock},
		"solid":                      {head: good, solid: good, solidTime: 90_000, want: Final},
		"failed":                     {head: bad, solid: bad, want: Final, failed: true},
		"expired":                    {solidTime: 60_000, want: Expired},
		"expired but in a block yet": {head: good, solidTime: 60_000, want: InBlock},
		"expired and still waiting":  {known: held, solidTime: 60_000, want: Expired},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			head := &tronpb.BlockExtention{Blockid: make([]byte, 32), BlockHeader: &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{Timestamp: c.solidTime}}}
			n := mustPlay(t, &script{known: c.known, mined: c.head}, &scriptSolid{head: head, mined: c.solid})
			status, err := n.Status(t.Context(), id, expiration)
			if err != nil || status.State != c.want {
				t.Fatalf("got %s, %v, want %s", status.State, err, c.want)
			}
			if failed := status.Failed() != nil; failed != c.failed {
				t.Errorf("failed %v, want %v", failed, c.failed)
			}
		})
	}
}

func TestWait(t *testing.T) {
	_, id := signedTransfer(t)
	head := &tronpb.BlockExtention{Blockid: make([]byte, 32), BlockHeader: &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{Timestamp: 60_000}}}
	n := mustPlay(t, &script{}, &scriptSolid{head: head})
	if _, err := n.Wait(t.Context(), id, time.UnixMilli(60_000), Final); !errors.Is(err, ErrExpired) {
		t.Errorf("got %v, want ErrExpired", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Wait(ctx, id, time.UnixMilli(70_000), Final); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	bad := &tronpb.TransactionInfo{Id: id[:], Result: tronpb.TransactionInfo_FAILED, Receipt: &tronpb.ResourceReceipt{Result: tronpb.Transaction_Result_OUT_OF_ENERGY}}
	n = mustPlay(t, &script{mined: bad}, &scriptSolid{head: head, mined: bad})
	receipt, err := n.Wait(t.Context(), id, time.Time{}, InBlock)
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Result != "OUT_OF_ENERGY" || receipt == nil {
		t.Errorf("got %v, %v", receipt, err)
	}
}

func TestBlock(t *testing.T) {
	signed, id := signedTransfer(t)
	message := &tronpb.Transaction{}
	if err := proto.Unmarshal(signed, message); err != nil {
		t.Fatal(err)
	}
	blockID := [32]byte{7: 5}
	s := &script{
		heads: []*tronpb.BlockExtention{{
			Blockid: blockID[:], BlockHeader: &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{Number: 5, Timestamp: 3000, WitnessAddress: bob[:]}},
			Transactions: []*tronpb.TransactionExtention{{Transaction: message, Txid: id[:]}},
		}},
		mined: &tronpb.TransactionInfo{Id: id[:], BlockNumber: 5, Log: []*tronpb.TransactionInfo_Log{{Address: bob[1:], Topics: [][]byte{make([]byte, 32)}}}},
	}
	n := mustPlay(t, s, nil)
	b, err := n.Block(t.Context(), Head, 5)
	if err != nil {
		t.Fatal(err)
	}
	if b.Number != 5 || b.ID != tx.BlockID(blockID) || b.Witness != bob || len(b.Transactions) != 1 {
		t.Fatalf("got %+v", b)
	}
	if got := b.Transactions[0]; got.ID != id || got.Receipt.Logs[0].Contract != bob {
		t.Errorf("got %+v", got)
	}
	if _, err := n.Block(t.Context(), Head, 6); !errors.Is(err, ErrNotFound) {
		t.Errorf("a block to come: %v, want ErrNotFound", err)
	}
	s.mined = nil
	if _, err := n.Block(t.Context(), Head, 5); !errors.Is(err, ErrAnswer) {
		t.Errorf("a transaction without outcome: %v, want ErrAnswer", err)
	}
}

func rawOfContract(t *testing.T, kind tronpb.Transaction_Contract_ContractType, contract proto.Message, memo string) []byte {
	t.Helper()
	parameter, err := anypb.New(contract)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(&tronpb.TransactionRaw{
		RefBlockBytes: []byte{1, 2}, RefBlockHash: make([]byte, 8), Expiration: 60_000, Data: []byte(memo),
		Contract: []*tronpb.Transaction_Contract{{Type: kind, Parameter: parameter}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func signedTransfer(t *testing.T) ([]byte, tx.ID) {
	t.Helper()
	reference := tx.Reference{Block: tx.BlockID{31: 1}, Time: time.UnixMilli(1)}
	built, err := tx.Build(&tx.Transfer{Owner: alice, To: bob, Amount: 1}, reference, tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if err := built.Sign(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	return built.Bytes(), built.ID()
}

func TestBuild(t *testing.T) {
	block := &tronpb.BlockExtention{Blockid: append(make([]byte, 31), 9), BlockHeader: &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{Number: 1, Timestamp: 3000}}}
	s := &script{
		accounts: map[wallet.Address]*tronpb.Account{alice: {Address: alice[:], Balance: 6_000_000}},
		contract: &tronpb.SmartContractDataWrapper{SmartContract: &tronpb.SmartContract{OriginAddress: alice[:]}},
		constant: &tronpb.TransactionExtention{Result: &tronpb.Return{Result: true}, ConstantResult: [][]byte{{}}, EnergyUsed: 1000},
		now:      block,
	}
	n := mustPlay(t, s, &scriptSolid{head: block})
	built, plan, err := n.Build(t.Context(), &tx.TriggerSmartContract{Owner: alice, Contract: bob}, tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := built.Body().FeeLimit; got != 130_000 || plan.Size != built.Bandwidth(1) {
		t.Errorf("fee limit %s; planned %d bytes, are %d", got, plan.Size, built.Bandwidth(1))
	}
	s.constant = &tronpb.TransactionExtention{Result: &tronpb.Return{Result: true, Message: []byte("REVERT opcode executed")}}
	var failed *FailedError
	if built, _, err = n.Build(t.Context(), &tx.TriggerSmartContract{Owner: alice, Contract: bob}, tx.Options{}); !errors.As(err, &failed) || built != nil {
		t.Errorf("a call that reverts: %v", err)
	}
}
