package actuator

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

func transactionOf(t *testing.T, kind ContractType, m proto.Message, signatures int) *tronpb.Transaction {
	t.Helper()
	parameter, err := anypb.New(m)
	if err != nil {
		t.Fatal(err)
	}
	tx := &tronpb.Transaction{RawData: &tronpb.TransactionRaw{Contract: []*tronpb.Transaction_Contract{{Type: kind, Parameter: parameter}}}}
	for range signatures {
		tx.Signature = append(tx.Signature, make([]byte, 65))
	}
	return tx
}

// TestNewAccountSize measures a transaction for a new account without 65 bytes for each signature; the wire format around them counts.
func TestNewAccountSize(t *testing.T) {
	s, _, rich := governed(t)
	to := wallet.AddressFromEVM([20]byte{9})
	tx := transactionOf(t, 1, &tronpb.TransferContract{OwnerAddress: rich[:], ToAddress: to[:], Amount: 1}, 3)
	size := int64(proto.Size(tx))
	s.SetParam(state.MaxCreateAccountTxSize, size-3*65)
	_, err := PayBandwidth(s, tx, [32]byte{}, size)
	wants(t, err, "")
	s.SetParam(state.MaxCreateAccountTxSize, size-3*65-1)
	if _, err := PayBandwidth(s, tx, [32]byte{}, size); err == nil || AsError(err).Kind != TooBig {
		t.Errorf("a byte too many: %v", err)
	}
}

// TestIssuerPaysForItself: the issuer's own transfer uses the issuer's stake, and only that is written.
func TestIssuerPaysForItself(t *testing.T) {
	s, witness, rich := governed(t)
	s.PutToken(1_000_001, &tronpb.AssetIssueContract{OwnerAddress: rich[:], FreeAssetNetLimit: 1000, PublicFreeAssetNetLimit: 1000})
	Freeze(s, rich, state.Bandwidth, 100*wallet.TRX)
	s.SetParam(state.HeadTime, 30_000)
	tx := transactionOf(t, 2, &tronpb.TransferAssetContract{OwnerAddress: rich[:], ToAddress: witness[:], AssetName: []byte("1000001"), Amount: 1}, 1)
	bill, err := PayBandwidth(s, tx, [32]byte{}, 100)
	wants(t, err, "")
	a := s.Account(rich)
	if bill.Usage != 164 || a.Used[state.Bandwidth].Amount != 164 || len(a.TokensUsed) != 0 || a.LastOperation != 0 {
		t.Errorf("billed %d, used %d, of the token %v, last operation %d", bill.Usage, a.Used[state.Bandwidth].Amount, a.TokensUsed, a.LastOperation)
	}
	if used := s.Token(1_000_001).GetPublicFreeAssetNetUsage(); used != 164 {
		t.Errorf("the token's public use is %d", used)
	}
}

// TestMaxLendable below the least that can be lent is nothing.
func TestMaxLendable(t *testing.T) {
	s, _, rich := governed(t)
	Freeze(s, rich, state.Bandwidth, wallet.TRX)
	Freeze(s, rich, state.Energy, wallet.TRX)
	s.SetParam(state.NetWeight, 1_000_000)
	a := s.Account(rich)
	if got := MaxLendable(s, a, state.Bandwidth); got != 0 {
		t.Errorf("bandwidth: %d, want 0 since the delegation itself needs some", got)
	}
	if got := MaxLendable(s, a, state.Energy); got != wallet.TRX {
		t.Errorf("energy: %d, want 1 TRX", got)
	}
}
