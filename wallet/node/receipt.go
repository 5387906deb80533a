package node

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// Receipt is the outcome of a transaction in a block (TransactionInfo of java-tron).
type Receipt struct {
	ID     tx.ID
	Block  int64     // its number
	Time   time.Time // of the block, UTC
	Failed bool      // it is in the block, was paid for, and had no other effect
	Result string    // SUCCESS, REVERT, OUT_OF_ENERGY …; empty for contracts of the system
	Reason string    // of a failure, the machine's words

	Contract wallet.Address // called or created; zero for contracts of the system
	Output   []byte         // what a call returned, the code of a new contract, what a revert gave as reason
	Logs     []Log
	Internal []InternalTransfer

	Fee  wallet.Sun // all TRX burnt, everything below included
	Cost Cost

	AssetID          string     // of a newly issued token
	Withdrawn        wallet.Sun // rewards taken
	Unstaked         wallet.Sun // paid out because its waiting time was over
	Unfrozen         wallet.Sun // back from a stake of the kind before Stake 2.0
	ExchangeID       int64      // of a newly opened pair
	ExchangeReceived int64      // smallest units that a trade brought
	ExchangeAnother  int64      // smallest units of the pair's other token that were put in or taken out along with the named one
}

// Cost is what an execution used: units of bandwidth and energy, and TRX burnt where they did not suffice.
type Cost struct {
	Bandwidth     int64      // bytes that the account had; 0 where TRX was burnt instead
	BandwidthFee  wallet.Sun // burnt for bandwidth
	Energy        int64      // all, penalty included
	EnergyStaked  int64      // covered by the caller's stake
	EnergyOrigin  int64      // covered by the contract's deployer
	EnergyPenalty int64      // because the contract is busy (dynamic energy)
	EnergyFee     wallet.Sun // burnt for energy
}

// Log is an event of a contract. Package abi decodes it.
type Log struct {
	Contract wallet.Address
	Topics   [][32]byte // the first is the event's, unless it is anonymous
	Data     []byte     // the ABI encoding of what is not indexed
}

// InternalTransfer is a transfer or call that a contract made. Nodes keep them only when told to.
type InternalTransfer struct {
	From, To wallet.Address
	Value    wallet.Sun       // TRX that it moved
	Tokens   map[string]int64 // token id → smallest units
	Note     string           // call, create, suicide …
	Rejected bool             // undone with its caller
}

// Receipt is the outcome of a transaction, ErrNotFound while it is in no block of the view.
func (n *Node) Receipt(ctx context.Context, at View, id tx.ID) (*Receipt, error) {
	call := n.full.GetTransactionInfoById
	if at == Solid {
		call = n.solid.GetTransactionInfoById
	}
	info, err := read(ctx, n, call, &tronpb.BytesMessage{Value: id[:]})
	if err != nil {
		return nil, fmt.Errorf("reading the outcome of %s: %w", id, err)
	}
	if len(info.GetId()) == 0 {
		return nil, fmt.Errorf("transaction %s in a %s block: %w", id, at, ErrNotFound)
	}
	return receiptOf(info)
}

// Transaction is a transaction by its id, without its receipt; ErrNotFound when the node has never seen it. At head it may be waiting still.
func (n *Node) Transaction(ctx context.Context, at View, id tx.ID) (*Transaction, error) {
	call := n.full.GetTransactionById
	if at == Solid {
		call = n.solid.GetTransactionById
	}
	message, err := read(ctx, n, call, &tronpb.BytesMessage{Value: id[:]})
	if err != nil {
		return nil, fmt.Errorf("reading transaction %s: %w", id, err)
	}
	if message.GetRawData() == nil {
		return nil, fmt.Errorf("transaction %s: %w", id, ErrNotFound)
	}
	t, err := transactionOf(message)
	if err != nil {
		return nil, err
	}
	if t.ID != id {
		return nil, fmt.Errorf("%w: asked for transaction %s, got %s", ErrAnswer, id, t.ID)
	}
	return &t, nil
}

func transactionOf(message *tronpb.Transaction) (t Transaction, err error) {
	if t.Raw, err = proto.Marshal(message.GetRawData()); err != nil {
		return t, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if t.Signed, err = proto.Marshal(message); err != nil {
		return t, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	t.ID = sha256.Sum256(t.Raw)
	return t, nil
}

func receiptOf(info *tronpb.TransactionInfo) (*Receipt, error) {
	id, err := hash32(info.GetId())
	if err != nil {
		return nil, err
	}
	paid := info.GetReceipt()
	r := &Receipt{
		ID:     id,
		Block:  info.GetBlockNumber(),
		Time:   time.UnixMilli(info.GetBlockTimeStamp()).UTC(),
		Failed: info.GetResult() == tronpb.TransactionInfo_FAILED,
		Reason: string(info.GetResMessage()),
		Fee:    wallet.Sun(info.GetFee()),
		Cost: Cost{
			Bandwidth: paid.GetNetUsage(), BandwidthFee: wallet.Sun(paid.GetNetFee()),
			Energy: paid.GetEnergyUsageTotal(), EnergyStaked: paid.GetEnergyUsage(), EnergyOrigin: paid.GetOriginEnergyUsage(),
			EnergyPenalty: paid.GetEnergyPenaltyTotal(), EnergyFee: wallet.Sun(paid.GetEnergyFee()),
		},
		AssetID: info.GetAssetIssueID(), Withdrawn: wallet.Sun(info.GetWithdrawAmount()), Unstaked: wallet.Sun(info.GetWithdrawExpireAmount()),
		Unfrozen: wallet.Sun(info.GetUnfreezeAmount()), ExchangeID: info.GetExchangeId(), ExchangeReceived: info.GetExchangeReceivedAmount(),
		ExchangeAnother: info.GetExchangeInjectAnotherAmount() + info.GetExchangeWithdrawAnotherAmount(), // a transaction does one of the two
	}
	if paid.GetResult() != tronpb.Transaction_Result_DEFAULT {
		r.Result = paid.GetResult().String()
		r.Failed = r.Failed || paid.GetResult() != tronpb.Transaction_Result_SUCCESS
	}
	if a, err := wallet.AddressFromBytes(info.GetContractAddress()); err == nil {
		r.Contract = a
	}
	if out := info.GetContractResult(); len(out) > 0 {
		r.Output = out[0]
	}
	if r.Logs, err = logsOf(info.GetLog()); err != nil {
		return nil, err
	}
	r.Internal = internalOf(info.GetInternalTransactions())
	return r, nil
}

func logsOf(messages []*tronpb.TransactionInfo_Log) ([]Log, error) {
	var logs []Log
	for _, m := range messages {
		l := Log{Data: m.GetData()}
		switch a := m.GetAddress(); len(a) {
		case 20:
			l.Contract = wallet.AddressFromEVM([20]byte(a))
		case 21:
			l.Contract = wallet.Address(a)
		default:
			return nil, fmt.Errorf("%w: a log of an address of %d bytes", ErrAnswer, len(a))
		}
		for _, topic := range m.GetTopics() {
			t, err := hash32(topic)
			if err != nil {
				return nil, err
			}
			l.Topics = append(l.Topics, t)
		}
		logs = append(logs, l)
	}
	return logs, nil
}

func internalOf(messages []*tronpb.InternalTransaction) []InternalTransfer {
	var all []InternalTransfer
	for _, m := range messages {
		t := InternalTransfer{Note: string(m.GetNote()), Rejected: m.GetRejected()}
		if a, err := wallet.AddressFromBytes(m.GetCallerAddress()); err == nil {
			t.From = a
		}
		if a, err := wallet.AddressFromBytes(m.GetTransferToAddress()); err == nil {
			t.To = a
		}
		for _, v := range m.GetCallValueInfo() {
			if v.GetTokenId() == "" {
				t.Value += wallet.Sun(v.GetCallValue())
				continue
			}
			if t.Tokens == nil {
				t.Tokens = make(map[string]int64)
			}
			t.Tokens[v.GetTokenId()] += v.GetCallValue()
		}
		all = append(all, t)
	}
	return all
}
