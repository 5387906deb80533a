package chain

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// maxLifetime is how far ahead of the head's time a transaction may expire, in milliseconds.
const maxLifetime = 86_400_000

// being is the block that transactions are run for: its height, time and producer. The zero value is no block: a dry run.
type being struct {
	number, time int64
	producer     wallet.Address
}

// check is what a node asks of a transaction before it touches the state, in java-tron's order: one contract, reference block, size, time, duplicate.
func (n *Node) check(tx *tronpb.Transaction, id [32]byte) error {
	raw := tx.GetRawData()
	if count := len(raw.GetContract()); count != 1 {
		return actuator.Errorf(actuator.Validate, "tx %x contract size should be exactly 1, this is extend feature ,actual :%d", id, count)
	}
	if err := n.checkReference(raw); err != nil {
		return err
	}
	if size := proto.Size(tx) + 2*64; size > MaxTransactionSize {
		return actuator.Errorf(actuator.TooBig, "Too big transaction with result, TxId %x, the size is %d bytes, maxTxSize %d", id, size, MaxTransactionSize)
	}
	head := n.s.Param(state.HeadTime)
	if at := raw.GetExpiration(); at <= n.clock.late(head) || at > n.base()+maxLifetime {
		return actuator.Errorf(actuator.Expired, "Transaction expiration, transaction expiration time is %d, but headBlockTime is %d", at, head)
	}
	if _, known := n.s.Transaction(id); known {
		return actuator.Errorf(actuator.Duplicate, "dup trans : %x ", id)
	}
	return nil
}

// checkReference finds the newest block whose height ends in the transaction's two bytes and compares eight bytes of its id.
func (n *Node) checkReference(raw *tronpb.TransactionRaw) error {
	low := raw.GetRefBlockBytes()
	if len(low) != 2 {
		return actuator.Errorf(actuator.Tapos, "Tapos failed, block not found")
	}
	head := n.s.Param(state.HeadNumber)
	number := head - (head-int64(low[0])<<8-int64(low[1]))&0xffff
	b := n.s.Block(number)
	if number < 0 || b == nil || string(b.ID[8:16]) != string(raw.GetRefBlockHash()) {
		return actuator.Errorf(actuator.Tapos, "Tapos failed, different block hash")
	}
	return nil
}

// run takes a checked and signed transaction through fees and effects. An error means that it gets into no block;
// the caller reverts the state then.
func (n *Node) run(tx *tronpb.Transaction, id [32]byte, b being) (*tronpb.TransactionInfo, *tronpb.Transaction_Result, error) {
	net, err := actuator.PayBandwidth(n.s, tx, id, int64(proto.Size(tx)))
	if err != nil {
		return nil, nil, err
	}
	many, err := actuator.PayMultiSign(n.s, tx)
	if err != nil {
		return nil, nil, err
	}
	memo, err := actuator.PayMemo(n.s, tx)
	if err != nil {
		return nil, nil, err
	}
	info := &tronpb.TransactionInfo{
		Id: id[:], BlockNumber: b.number, BlockTimeStamp: b.time,
		Receipt: &tronpb.ResourceReceipt{NetUsage: net.Usage, NetFee: int64(net.Fee)},
	}
	result, err := n.act(tx, id, b, info)
	if err != nil {
		return nil, nil, err
	}
	if err := n.sound(nil); err != nil {
		return nil, nil, err
	}
	info.Fee = result.GetFee() + info.GetReceipt().GetEnergyFee() + int64(net.Fee+many+memo)
	if n.s.On(state.AllowTransactionFeePool) {
		info.PackingFee = packingFee(net, info.GetReceipt())
	}
	return info, result, nil
}

// packingFee is the part of a transaction's fee that goes to the producers.
func packingFee(net actuator.NetBill, r *tronpb.ResourceReceipt) (fee int64) {
	if net.Pooled {
		fee = int64(net.Fee)
	}
	if r.GetResult() != tronpb.Transaction_Result_OUT_OF_TIME {
		fee += r.GetEnergyFee()
	}
	return fee
}

// act makes the effects of the one contract.
func (n *Node) act(tx *tronpb.Transaction, id [32]byte, b being, info *tronpb.TransactionInfo) (*tronpb.Transaction_Result, error) {
	contract := tx.GetRawData().GetContract()[0]
	if actuator.IsSmart(contract.GetType()) {
		return n.actSmart(contract, id, tx.GetRawData().GetFeeLimit(), b, info)
	}
	a, err := actuator.Open(contract)
	if err != nil {
		return nil, err
	}
	if err := a.Validate(n.s); err != nil {
		return nil, err
	}
	r := &tronpb.Transaction_Result{}
	if err := a.Execute(n.s, r); err != nil {
		return nil, err
	}
	r.ContractRet = tronpb.Transaction_Result_SUCCESS
	info.ContractResult = [][]byte{{}}
	copyResult(info, r)
	return r, nil
}

func copyResult(info *tronpb.TransactionInfo, r *tronpb.Transaction_Result) {
	info.AssetIssueID = r.GetAssetIssueID()
	info.WithdrawAmount = r.GetWithdrawAmount()
	info.UnfreezeAmount = r.GetUnfreezeAmount()
	info.ExchangeId = r.GetExchangeId()
	info.ExchangeReceivedAmount = r.GetExchangeReceivedAmount()
	info.ExchangeInjectAnotherAmount = r.GetExchangeInjectAnotherAmount()
	info.ExchangeWithdrawAnotherAmount = r.GetExchangeWithdrawAnotherAmount()
	info.WithdrawExpireAmount = r.GetWithdrawExpireAmount()
	info.CancelUnfreezeV2Amount = r.GetCancelUnfreezeV2Amount()
	info.OrderId, info.OrderDetails = r.GetOrderId(), r.GetOrderDetails()
}

func (n *Node) actSmart(c *tronpb.Transaction_Contract, id [32]byte, feeLimit int64, b being, info *tronpb.TransactionInfo) (*tronpb.Transaction_Result, error) {
	smart, err := actuator.OpenSmart(c, id, feeLimit)
	if err != nil {
		return nil, err
	}
	out, err := smart.Run(n.s, n.env(b))
	if err != nil {
		return nil, err
	}
	info.ContractResult = [][]byte{out.Return}
	info.ContractAddress = out.Contract[:]
	r := info.GetReceipt()
	r.EnergyUsage, r.OriginEnergyUsage, r.EnergyFee = out.Staked, out.Origin, int64(out.EnergyBill.Fee)
	r.EnergyUsageTotal, r.EnergyPenaltyTotal = out.EnergyUsed, out.EnergyPenalty
	r.Result = tronpb.Transaction_ResultContractResult(out.Outcome)
	info.Log = logMessages(out.Logs)
	info.InternalTransactions = internalMessages(out.Internal, n.cfg.HideFeaturedInternal)
	if out.Failed() {
		info.Result, info.ResMessage = tronpb.TransactionInfo_FAILED, []byte(out.RuntimeError)
	}
	return &tronpb.Transaction_Result{ContractRet: r.GetResult()}, nil
}

// Deadlines of the VM. They are far beyond what energy lets an honest contract take; without them a few opcodes whose work costs no energy,
// such as hashing the data of internal transactions, could hold the node for hours.
const (
	transactionTime = 10 * time.Second
	constantTime    = 3 * time.Second
)

// env is what the VM sees around a transaction of a block.
func (n *Node) env(b being) *vm.Env {
	return &vm.Env{
		Deadline: time.Now().Add(transactionTime), Params: actuator.VMParams(n.s), GenesisID: n.s.Block(0).ID, Tracer: n.tracer,
		Block: vm.Block{Number: b.number, Time: b.time, Witness: b.producer},
	}
}

func logMessages(logs []vm.Log) []*tronpb.TransactionInfo_Log {
	var list []*tronpb.TransactionInfo_Log
	for _, l := range logs {
		evm := l.Address.EVM()
		m := &tronpb.TransactionInfo_Log{Address: evm[:], Data: l.Data}
		for i := range l.Topics {
			m.Topics = append(m.Topics, l.Topics[i][:])
		}
		list = append(list, m)
	}
	return list
}

// internalMessages are the records of internal transactions, on request without those of staking and voting.
func internalMessages(all []vm.InternalTransaction, hideFeatured bool) []*tronpb.InternalTransaction {
	var list []*tronpb.InternalTransaction
	for i := range all {
		t := &all[i]
		if hideFeatured && t.Featured() {
			continue
		}
		m := &tronpb.InternalTransaction{
			Hash: t.Hash[:], CallerAddress: t.From[:], Note: []byte(t.Note), Rejected: t.Rejected, Extra: t.Extra,
		}
		if !t.To.IsZero() {
			m.TransferToAddress = t.To[:]
		}
		for _, v := range t.Values {
			value := &tronpb.InternalTransaction_CallValueInfo{CallValue: v.Amount}
			if v.Token != 0 {
				value.TokenId = state.TokenID(v.Token).String()
			}
			m.CallValueInfo = append(m.CallValueInfo, value)
		}
		list = append(list, m)
	}
	return list
}
