package wallet_test

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// The vector was made with TronWeb's signMessageV2.
func TestMessageV2Vector(t *testing.T) {
	const want = "1eb45a12a27653b832e450d0fc72b86e70b899fe7bcd2c573144f96d8c84aec72ad5057fa7ab80054ee06851b8209ce1957b45f6668c753247976cecad05109c1b"
	key := testKey(t, 1)
	signature, err := wallet.SignMessage(t.Context(), key, wallet.MessageV2, []byte("hello"))
	if err != nil || signature.String() != want {
		t.Errorf("signature %s, %v, want %s", signature, err, want)
	}
	if form, err := wallet.VerifyMessage([]byte("hello"), signature, key.Address()); err != nil || form != wallet.MessageV2 {
		t.Errorf("verified as %q, %v", form, err)
	}
}

func TestEveryMessageFormIsFound(t *testing.T) {
	key := testKey(t, 1)
	for _, message := range []string{"68656c6c6f", "0x68656c6c6f", ""} {
		for _, form := range wallet.MessageForms() {
			signature, err := wallet.SignMessage(t.Context(), key, form, []byte(message))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := wallet.VerifyMessage([]byte(message), signature, key.Address()); err != nil || got != form {
				t.Errorf("%q signed as %s verifies as %q, %v", message, form, got, err)
			}
		}
	}
}

func TestMessagesThatDoNotVerify(t *testing.T) {
	key := testKey(t, 1)
	signature, err := wallet.SignMessage(t.Context(), key, wallet.MessageV2, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wallet.VerifyMessage([]byte("hello!"), signature, key.Address()); !errors.Is(err, wallet.ErrMessage) {
		t.Errorf("another message: %v", err)
	}
	if _, err := wallet.VerifyMessage([]byte("hello"), signature, testKey(t, 2).Address()); !errors.Is(err, wallet.ErrMessage) {
		t.Errorf("another address: %v", err)
	}
	if _, err := wallet.VerifyMessage([]byte("hello"), twin(signature), key.Address()); !errors.Is(err, wallet.ErrSignature) {
		t.Errorf("high s: %v", err)
	}
	if _, err := wallet.VerifyMessage([]byte("hello"), wallet.Signature{}, key.Address()); !errors.Is(err, wallet.ErrSignature) {
		t.Errorf("zeros: %v", err)
	}
	if _, err := wallet.SignMessage(t.Context(), key, wallet.MessageV1, []byte("hello")); err == nil {
		t.Error("V1 signs text that is no hex")
	}
	if _, err := wallet.SignMessage(t.Context(), key, "V3", []byte("hello")); err == nil {
		t.Error("there is no V3")
	}
}
