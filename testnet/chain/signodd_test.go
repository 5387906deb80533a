package chain

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestOddSignatures compares with what a running java-tron said of these signatures.
func TestOddSignatures(t *testing.T) {
	for sig, want := range map[string]error{
		"00*32 11*32 00": errPoint, "11*32 00*32 00": errPoint, "11*32 ff*32 01": errPoint, "11*64 04": errPoint, "00*31 05 11*32 00": errPoint,
		"ff*15 fe baaedce6af48a03bbfd25e8cd0364141 11*32 00": errInverse, "ff*32 11*32 00": errNoKey, "ff*64 1b": errNoKey, "11*64 02": errNoKey, "11*64 03": errNoKey, "11*64 07": errNoKey,
	} {
		if _, err := signerOf(signature(t, sig), [32]byte{1}); err == nil || err.Text != want.Error() {
			t.Errorf("%s: %v, want %s", sig, err, want)
		}
	}
}

// TestOddWeights: what gives no key is a SignatureException, whatever was thrown within (SignUtils.java:35), and getsignweight and getapprovedlist
// tell its whole text (TransactionUtil.java:240, Wallet.java:663).
func TestOddWeights(t *testing.T) {
	n, alice, _ := newTestNode(t, Config{})
	owner := alice.Address()
	tx, err := n.Build(tronpb.Transaction_Contract_AccountUpdateContract, &tronpb.AccountUpdateContract{OwnerAddress: owner[:]})
	if err != nil {
		t.Fatal(err)
	}
	for sig, want := range map[string]string{
		"00*65":    "java.lang.IllegalArgumentException: Invalid point compression",
		"11*64 23": "java.security.SignatureException: Header byte out of range: 35",
		"11*64 02": "java.security.SignatureException: Could not recover public key from signature",
	} {
		tx.Signature = [][]byte{signature(t, sig)}
		weight, approved := n.SignWeight(tx).GetResult(), n.ApprovedList(tx).GetResult()
		if weight.GetCode() != tronpb.TransactionSignWeight_Result_COMPUTE_ADDRESS_ERROR || weight.GetMessage() != want {
			t.Errorf("%s: weight %v, want %s", sig, weight, want)
		}
		if approved.GetCode() != tronpb.TransactionApprovedList_Result_COMPUTE_ADDRESS_ERROR || approved.GetMessage() != want {
			t.Errorf("%s: approved %v, want %s", sig, approved, want)
		}
	}
}

// signature reads hex in which ff*32 stands for 32 bytes.
func signature(t *testing.T, text string) []byte {
	t.Helper()
	var b []byte
	for _, part := range strings.Fields(text) {
		digits, times, _ := strings.Cut(part, "*")
		n := 1
		if times != "" {
			var err error
			if n, err = strconv.Atoi(times); err != nil {
				t.Fatal(err)
			}
		}
		b = append(b, bytes.Repeat(unhex(t, digits), n)...)
	}
	return b
}

// TestRecoverOdd gives the same key as the library where that gives one, and one where it does not.
func TestRecoverOdd(t *testing.T) {
	id := [32]byte{7}
	for i := range uint32(20) {
		sig := derived("odd", i).Sign(id)
		compact := append(append([]byte(nil), sig[:64]...), sig[64]-27)
		want, err := crypto.Ecrecover(id[:], compact)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := recoverOdd(compact, id); err != nil || !bytes.Equal(got, want) {
			t.Errorf("recovers %x, %v, want %x", got, err, want)
		}
		clear(compact[32:64])
		if _, err := crypto.Ecrecover(id[:], compact); err == nil {
			t.Fatal("the library takes s = 0")
		}
		if got, err := recoverOdd(compact, id); err != nil || len(got) != 65 {
			t.Errorf("s = 0: %x, %v", got, err)
		}
	}
}

// TestShielded contracts are refused as by a node that never opened them.
func TestShielded(t *testing.T) {
	n, _, _ := newTestNode(t, Config{})
	tx, err := n.wrap(actuator.Shielded, &tronpb.ShieldedTransferContract{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(n.Broadcast(tx).GetMessage()); got != "Contract validate error : Not support Shielded Transaction, need to be opened by the committee" {
		t.Error(got)
	}
	tx.Signature = [][]byte{make([]byte, 65)}
	if got := string(n.Broadcast(tx).GetMessage()); got != "Validate signature error: there should be no signatures signed by transparent address when transfer from shielded address" {
		t.Error(got)
	}
}
