package explorer

import (
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// summary is a transaction in a list.
type summary struct {
	ID     string `json:"id"`
	Block  int64  `json:"block"` // -1: not in one yet
	Time   int64  `json:"time"`
	Type   string `json:"type"`
	From   string `json:"from"`
	To     string `json:"to"`
	Amount string `json:"amount"`
	Method string `json:"method"`
	Result string `json:"result"` // SUCCESS, or how it failed
}

func (e *Explorer) summaryOf(b *chain.Block, i int) summary {
	s := e.summaryOfTransaction(b.Block.GetTransactions()[i])
	s.ID, s.Block, s.Time, s.Result = hex.EncodeToString(b.IDs[i][:]), b.Number(), b.Time(), resultOf(b.Block.GetTransactions()[i])
	return s
}

func (e *Explorer) summaryOfTransaction(t *tronpb.Transaction) summary {
	s := summary{Block: -1, Result: "PENDING"}
	c := contractIn(t)
	if c == nil {
		return s
	}
	s.Type, s.From = c.Type().String(), c.Sender().String()
	s.To, s.Amount = e.amountOf(c)
	if trigger, ok := c.(*tx.TriggerSmartContract); ok {
		if known := e.callOf(trigger.Contract, trigger.Data); known != nil {
			s.Method = known.Method
		}
	}
	return s
}

// resultOf is what a transaction says of itself in its block.
func resultOf(t *tronpb.Transaction) string {
	if ret := t.GetRet(); len(ret) > 0 && ret[0].GetContractRet() != tronpb.Transaction_Result_DEFAULT {
		return ret[0].GetContractRet().String()
	}
	return "SUCCESS"
}

// internal is a transfer or a call inside of a contract's run.
type internal struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Kind     string   `json:"kind"`
	Amounts  []string `json:"amounts"`
	Rejected bool     `json:"rejected"`
}

// details is a transaction with all that is known of it.
type details struct {
	summary
	Solid      bool       `json:"solid"`
	Expires    int64      `json:"expires"`
	Memo       string     `json:"memo,omitempty"`
	FeeLimit   string     `json:"feeLimit,omitempty"`
	Fields     []tx.Field `json:"fields"`
	Call       *call      `json:"call,omitempty"`
	Data       string     `json:"data,omitempty"`
	Signatures int        `json:"signatures"`

	Fee       string     `json:"fee"`
	Energy    int64      `json:"energy"`
	Penalty   int64      `json:"energyPenalty,omitempty"`
	Bandwidth int64      `json:"bandwidth"`
	Burnt     string     `json:"bandwidthFee"`
	EnergyFee string     `json:"energyFee"`
	Contract  string     `json:"contract,omitempty"`
	Revert    string     `json:"revert,omitempty"`
	Returned  string     `json:"returned,omitempty"`
	Events    []event    `json:"events"`
	Internal  []internal `json:"internal"`
}

// transaction is one transaction, in a block or waiting for one.
func (e *Explorer) transaction(r *http.Request) (any, error) {
	raw, err := hex.DecodeString(r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("%q is no transaction id", wallet.Clip(r.PathValue("id")))
	}
	if b, i := e.chain.TransactionBlock(chain.Head, raw); b != nil {
		d := e.detailsOf(b.Block.GetTransactions()[i])
		d.summary = e.summaryOf(b, i)
		d.Solid = b.Number() <= e.chain.SolidNumber()
		if i < len(b.Infos) {
			e.addResult(&d, b.Infos[i])
		}
		return d, nil
	}
	if waiting := e.chain.PendingTransaction(raw); waiting != nil {
		d := e.detailsOf(waiting)
		d.ID = hex.EncodeToString(raw)
		return d, nil
	}
	return nil, fmt.Errorf(noSuchThing+": %w", "transaction "+wallet.Clip(r.PathValue("id")), errMissing)
}

// detailsOf is what a transaction asks for.
func (e *Explorer) detailsOf(t *tronpb.Transaction) details {
	raw := t.GetRawData()
	d := details{
		summary: e.summaryOfTransaction(t), Expires: raw.GetExpiration(), Memo: text(raw.GetData()), Signatures: len(t.GetSignature()),
		Fields: []tx.Field{}, Events: []event{}, Internal: []internal{},
	}
	if raw.GetFeeLimit() > 0 {
		d.FeeLimit = wallet.Sun(raw.GetFeeLimit()).String()
	}
	c := contractIn(t)
	if c == nil {
		return d
	}
	d.Fields = tx.Show(c)
	if trigger, ok := c.(*tx.TriggerSmartContract); ok {
		d.Call, d.Data = e.callOf(trigger.Contract, trigger.Data), hex.EncodeToString(trigger.Data)
	}
	return d
}

// addResult is what came of it.
func (e *Explorer) addResult(d *details, info *tronpb.TransactionInfo) {
	receipt := info.GetReceipt()
	d.Fee, d.Burnt, d.EnergyFee = wallet.Sun(info.GetFee()).String(), wallet.Sun(receipt.GetNetFee()).String(), wallet.Sun(receipt.GetEnergyFee()).String()
	d.Energy, d.Penalty, d.Bandwidth = receipt.GetEnergyUsageTotal(), receipt.GetEnergyPenaltyTotal(), receipt.GetNetUsage()
	d.Contract = addressText(info.GetContractAddress())
	for _, log := range info.GetLog() {
		d.Events = append(d.Events, e.eventOf(log))
	}
	for _, t := range info.GetInternalTransactions() {
		d.Internal = append(d.Internal, e.internalOf(t))
	}
	if output := info.GetContractResult(); len(output) > 0 && len(output[0]) > 0 {
		d.Returned = hex.EncodeToString(output[0])
		if d.Result == "REVERT" {
			d.Revert = e.reason(addressOf(info.GetContractAddress()), output[0])
		}
	}
}

func (e *Explorer) internalOf(t *tronpb.InternalTransaction) internal {
	shown := internal{From: addressText(t.GetCallerAddress()), To: addressText(t.GetTransferToAddress()), Kind: text(t.GetNote()), Amounts: []string{}, Rejected: t.GetRejected()}
	for _, v := range t.GetCallValueInfo() {
		switch {
		case v.GetCallValue() <= 0:
		case v.GetTokenId() == "":
			shown.Amounts = append(shown.Amounts, wallet.Sun(v.GetCallValue()).String()+" TRX")
		default:
			shown.Amounts = append(shown.Amounts, e.tokenAmount(v.GetTokenId(), wallet.UnitsFromUint64(uint64(v.GetCallValue()))))
		}
	}
	return shown
}
