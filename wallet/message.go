package wallet

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrMessage says that a message's signature is not that of the address, in no form.
var ErrMessage = errors.New("the signature is not from that address")

// MessageForm is a way of turning a message into the digest that is signed. Nothing in a signature says which was used.
type MessageForm string

// The forms in use on Tron.
const (
	MessageV2    MessageForm = "V2"                      // TronWeb signMessageV2: the true length
	MessageV1    MessageForm = "V1"                      // TronWeb trx.sign(hex): the bytes behind the hex, "32" as length whatever it is
	MessageV1ETH MessageForm = "V1 with Ethereum header" // trx.sign(hex, key, false)
)

// MessageForms lists the forms in the order in which VerifyMessage tries them.
func MessageForms() []MessageForm { return []MessageForm{MessageV2, MessageV1, MessageV1ETH} }

// The headers, as TronWeb has them.
const (
	tronHeader = "\x19TRON Signed Message:\n"
	ethHeader  = "\x19Ethereum Signed Message:\n"
	v1Length   = "32"
)

// Digest is what is signed for a message. V2 takes the message as it is; the V1 forms take hexadecimal text, with or without 0x, and sign the bytes behind it.
func (f MessageForm) Digest(message []byte) ([32]byte, error) {
	switch f {
	case MessageV2:
		return Keccak256([]byte(tronHeader), []byte(strconv.Itoa(len(message))), message), nil
	case MessageV1:
		return v1Digest(tronHeader, message)
	case MessageV1ETH:
		return v1Digest(ethHeader, message)
	}
	return [32]byte{}, fmt.Errorf("there is no message form %q", Clip(string(f)))
}

func v1Digest(header string, message []byte) ([32]byte, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(string(message), "0x"))
	if err != nil {
		return [32]byte{}, fmt.Errorf("a V1 message is hexadecimal text: %w", err)
	}
	return Keccak256([]byte(header), []byte(v1Length), raw), nil
}

// SignMessage signs a message in a form; V2 is the one to use.
func SignMessage(ctx context.Context, signer Signer, form MessageForm, message []byte) (Signature, error) {
	digest, err := form.Digest(message)
	if err != nil {
		return Signature{}, fmt.Errorf("signing a message: %w", err)
	}
	signature, err := signer.SignDigest(ctx, digest)
	if err != nil {
		return Signature{}, fmt.Errorf("signing a message: %w", err)
	}
	return signature, nil
}

// VerifyMessage says in which form the address signed the message: V2, V1, and V1 with Ethereum's header are tried, the V1 forms only on hexadecimal text.
// It fails with ErrMessage when none fits, naming who did sign in the form V2, and with ErrSignature for a signature that no key made.
func VerifyMessage(message []byte, signature Signature, address Address) (MessageForm, error) {
	if !signature.LowS() {
		return "", fmt.Errorf("verifying a message: %w: s is high or v is wrong", ErrSignature)
	}
	for _, form := range MessageForms() {
		digest, err := form.Digest(message)
		if err != nil {
			continue
		}
		if by, err := signature.Recover(digest); err == nil && by == address {
			return form, nil
		}
	}
	digest, err := MessageV2.Digest(message)
	if err != nil {
		return "", err
	}
	by, err := signature.Recover(digest)
	if err != nil {
		return "", fmt.Errorf("verifying a message: %w", err)
	}
	return "", fmt.Errorf("verifying a message of %s: %w (read as V2 it is from %s)", address, ErrMessage, by)
}
