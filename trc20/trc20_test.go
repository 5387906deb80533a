package trc20

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

var (
	usdt    = wallet.AddressFromEVM([20]byte{0xcc})
	alice   = wallet.AddressFromEVM([20]byte{1})
	bob     = wallet.AddressFromEVM([20]byte{2})
	errDown = errors.New("node away")
)

// answers is what a contract says, by the signature of the function; a missing one reverts, a nil one has no node behind it.
type answers map[string]func(args []any) []byte

func (a answers) ConstantCall(_ context.Context, call *tx.TriggerSmartContract) ([]byte, bool, error) {
	for signature, answer := range a {
		m := abi.MustMethod(signature)
		if args, err := m.DecodeInput(call.Data); err == nil {
			if answer == nil {
				return nil, false, errDown
			}
			return answer(args), true, nil
		}
	}
	return nil, false, nil
}

func says(types string, values ...any) func([]any) []byte {
	return func([]any) []byte {
		data, err := abi.MustParams(types).Encode(values...)
		if err != nil {
			panic(err)
		}
		return data
	}
}

func usual() answers {
	return answers{
		"decimals()":                 says("uint8", 6),
		"name()":                     says("string", "Tether USD"),
		"symbol()":                   says("string", "USDT"),
		"balanceOf(address)":         says("uint256", 1_500_000),
		"allowance(address,address)": says("uint256", 7),
		"totalSupply()":              says("uint256", new(big.Int).Lsh(big.NewInt(1), 200)),
	}
}

func open(t *testing.T, a answers) *Token {
	t.Helper()
	token, err := Open(t.Context(), a, usdt)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestOpenAndRead(t *testing.T) {
	token := open(t, usual())
	if token.Name() != "Tether USD" || token.Symbol() != "USDT" || token.Decimals() != 6 {
		t.Errorf("%q %q %d", token.Name(), token.Symbol(), token.Decimals())
	}
	balance, err := token.Balance(t.Context(), alice)
	if err != nil || token.Format(balance) != "1.5 USDT" {
		t.Errorf("%s %v", token.Format(balance), err)
	}
	if a, err := token.Allowance(t.Context(), alice, bob); err != nil || a.String() != "7" {
		t.Errorf("%s %v", a, err)
	}
	if s, err := token.TotalSupply(t.Context()); err != nil || s.Big().BitLen() != 201 {
		t.Errorf("%s %v", s, err)
	}
}

func TestUnreadableDecimalsStop(t *testing.T) {
	for name, decimals := range map[string]func([]any) []byte{
		"no function":  nil,
		"empty":        func([]any) []byte { return nil },
		"31 bytes":     func([]any) []byte { return make([]byte, 31) },
		"78":           says("uint256", 78),
		"2^256-1":      says("int256", -1),
		"text":         says("string", "6"),
		"node is down": func([]any) []byte { return nil },
	} {
		a := usual()
		a["decimals()"] = decimals
		switch name {
		case "no function":
			delete(a, "decimals()")
		case "node is down":
			a["decimals()"] = nil
		}
		token, err := Open(t.Context(), a, usdt)
		var typed *DecimalsError
		if token != nil || !errors.As(err, &typed) || typed.Contract != usdt {
			t.Errorf("%s: %v %v", name, token, err)
		}
		if errors.Is(err, errDown) != (name == "node is down") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLabelsOfStrangers(t *testing.T) {
	for _, c := range []struct {
		answer     func([]any) []byte
		want, full string
	}{
		{says("bytes32", [32]byte{'M', 'K', 'R'}), "MKR", "MKR"},
		{says("string", "\x1b[31mUSDT\u202e\x00 \xff"), "[31mUSDT", ""},
		{says("string", strings.Repeat("x", 100)), strings.Repeat("x", 64) + "…", ""},
		{func([]any) []byte { return []byte{1, 2, 3} }, usdt.String()[:8] + "…", ""},
		{says("string", ""), usdt.String()[:8] + "…", ""},
	} {
		a := usual()
		a["symbol()"] = c.answer
		if got := open(t, a).Symbol(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	a := usual()
	delete(a, "name()")
	delete(a, "symbol()")
	if token := open(t, a); token.Name() != "" {
		t.Errorf("%q", token.Name())
	}
	a["symbol()"] = nil
	if _, err := Open(t.Context(), a, usdt); !errors.Is(err, errDown) {
		t.Errorf("%v", err)
	}
}

// The calldata of USDT transfers, as block explorers show it.
func TestCalldata(t *testing.T) {
	token := open(t, usual())
	call, err := token.Transfer(alice, bob, wallet.UnitsFromUint64(5))
	want := "a9059cbb" + "0000000000000000000000000200000000000000000000000000000000000000" + strings.Repeat("0", 63) + "5"
	if err != nil || hexOf(call.Data) != want || call.Owner != alice || call.Contract != usdt || call.CallValue != 0 {
		t.Errorf("%x %v", call.Data, err)
	}
	call, err = token.TransferFrom(bob, alice, bob, wallet.UnitsFromUint64(5))
	if err != nil || hexOf(call.Data[:4]) != "23b872dd" || call.Owner != bob || len(call.Data) != 4+96 {
		t.Errorf("%x %v", call.Data, err)
	}
	call, err = token.Approve(alice, bob, wallet.Units{})
	if err != nil || hexOf(call.Data[:4]) != "095ea7b3" {
		t.Errorf("%x %v", call.Data, err)
	}
	for _, to := range []wallet.Address{{}, wallet.AddressFromEVM([20]byte{}), usdt} {
		if _, err := token.Transfer(alice, to, wallet.UnitsFromUint64(5)); !errors.Is(err, ErrRecipient) {
			t.Errorf("%s: %v", to, err)
		}
		if _, err := token.TransferFrom(bob, alice, to, wallet.UnitsFromUint64(5)); !errors.Is(err, ErrRecipient) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if _, err := token.Approve(alice, wallet.Address{}, wallet.Units{}); !errors.Is(err, ErrRecipient) {
		t.Error(err)
	}
}

func TestChecks(t *testing.T) {
	token := open(t, usual())
	enough, more := wallet.UnitsFromUint64(1_500_000), wallet.UnitsFromUint64(1_500_001)
	if err := token.CheckBalance(t.Context(), alice, enough); err != nil {
		t.Error(err)
	}
	var balance *BalanceError
	if err := token.CheckBalance(t.Context(), alice, more); !errors.As(err, &balance) || !strings.Contains(err.Error(), "1.5 USDT, not 1.500001 USDT") {
		t.Error(err)
	}
	var allowance *AllowanceError
	if err := token.CheckAllowance(t.Context(), alice, bob, wallet.UnitsFromUint64(8)); !errors.As(err, &allowance) || allowance.Have.String() != "7" {
		t.Error(err)
	}
	var reverted *abi.RevertError
	call, _ := token.Transfer(alice, bob, more)
	if err := token.Try(t.Context(), call); !errors.As(err, &reverted) {
		t.Error(err)
	}
}

// moved is a Transfer event as a receipt has it.
func moved(token, from, to wallet.Address, amount uint64) Log {
	data := wallet.UnitsFromUint64(amount).Bytes32()
	return Log{Contract: token, Topics: [][32]byte{TransferTopic, topic(from), topic(to)}, Data: data[:]}
}

func topic(a wallet.Address) (word [32]byte) {
	copy(word[12:], a[1:])
	return word
}

func TestConfirmTransferTrustsLogsOnly(t *testing.T) {
	five := wallet.UnitsFromUint64(5)
	want := Transfer{Token: usdt, From: alice, To: bob, Amount: five}
	nft := moved(usdt, alice, bob, 5)
	nft.Topics, nft.Data = append(nft.Topics, [32]byte{31: 5}), nil
	for name, c := range map[string]struct {
		logs  []Log
		moved string // "" when confirmed
	}{
		"USDT, whatever it returned": {[]Log{moved(usdt, alice, bob, 5)}, ""},
		"two parts":                  {[]Log{moved(usdt, alice, bob, 2), moved(usdt, alice, bob, 3)}, ""},
		"with a fee to another":      {[]Log{moved(usdt, alice, bob, 4), moved(usdt, alice, usdt, 1)}, "4"},
		"nothing happened":           {nil, "0"},
		"another token's event":      {[]Log{moved(alice, alice, bob, 5)}, "0"},
		"the other way":              {[]Log{moved(usdt, bob, alice, 5)}, "0"},
		"too much":                   {[]Log{moved(usdt, alice, bob, 6)}, "6"},
		"a TRC-721":                  {[]Log{nft}, "0"},
		"cut data":                   {[]Log{{Contract: usdt, Topics: nft.Topics[:3], Data: []byte{5}}}, "0"},
	} {
		err := ConfirmTransfer(want, c.logs)
		var m *MovedError
		if c.moved == "" && err != nil || c.moved != "" && (!errors.As(err, &m) || m.Moved.Amount.String() != c.moved) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApprovalEvent(t *testing.T) {
	word := wallet.UnitsFromUint64(9).Bytes32()
	l := Log{Contract: usdt, Topics: [][32]byte{ApprovalTopic, topic(alice), topic(bob)}, Data: word[:]}
	a, ok := ParseApproval(l)
	if !ok || a.Owner != alice || a.Spender != bob || a.Amount.String() != "9" || a.Token != usdt {
		t.Errorf("%+v %v", a, ok)
	}
	if _, ok := ParseTransfer(l); ok {
		t.Error("an approval is no transfer")
	}
}

const chainID = 0x2b6653dc

// withPermit adds TIP-2612 with a domain of that version and chain.
func withPermit(a answers, version string, chain int64) answers {
	d := abi.TypedData{Domain: map[string]any{"name": "Tether USD", "version": version, "chainId": chain, "verifyingContract": usdt}}
	separator, err := d.Separator()
	if err != nil {
		panic(err)
	}
	a["DOMAIN_SEPARATOR()"] = says("bytes32", separator)
	a["nonces(address)"] = says("uint256", 3)
	return a
}

func TestPermit(t *testing.T) {
	key, _ := wallet.KeyFromBytes(append(make([]byte, 31), 1))
	thief, _ := wallet.KeyFromBytes(append(make([]byte, 31), 2))
	token := open(t, withPermit(usual(), "1", chainID))
	p, err := token.Permit(t.Context(), key.Address(), bob, wallet.UnitsFromUint64(5), time.Unix(2_000_000_000, 0), chainID)
	if err != nil {
		t.Fatal(err)
	}
	if p.Nonce.String() != "3" {
		t.Errorf("nonce %s", p.Nonce)
	}
	// What the contract computes: ERC-2612's formula written out.
	typeHash := wallet.Keccak256([]byte("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"))
	inner, _ := abi.MustParams("bytes32,address,address,uint256,uint256,uint256").Encode(typeHash, key.Address(), bob, 5, 3, 2_000_000_000)
	separator, _ := p.TypedData().Separator()
	want := abi.TypedDigest(separator, wallet.Keccak256(inner))
	if got, err := p.TypedData().Digest(); err != nil || got != want {
		t.Errorf("digest %x %v, want %x", got, err, want)
	}
	signature := key.Sign(want)
	call, err := p.Submit(bob, signature)
	if err != nil || hexOf(call.Data[:4]) != "d505accf" || call.Owner != bob {
		t.Errorf("%v %v", call, err)
	}
	signature[64] -= 27 // as some signers write it
	again, err := p.Submit(bob, signature)
	if err != nil || hexOf(again.Data) != hexOf(call.Data) {
		t.Errorf("%v", err)
	}
	if _, err := p.Submit(bob, thief.Sign(want)); !errors.Is(err, wallet.ErrSignature) {
		t.Errorf("%v", err)
	}
}

func TestPermitRefusesWhatItCannotShow(t *testing.T) {
	version2 := withPermit(usual(), "2", chainID)
	version2["version()"] = says("string", "2")
	if _, err := open(t, version2).Permit(t.Context(), alice, bob, wallet.Units{}, Forever, chainID); err != nil {
		t.Errorf("version 2: %v", err)
	}
	down := withPermit(usual(), "1", chainID)
	down["nonces(address)"] = nil
	if _, err := open(t, down).Permit(t.Context(), alice, bob, wallet.Units{}, Forever, chainID); !errors.Is(err, errDown) || errors.Is(err, ErrNoPermit) {
		t.Errorf("node down: %v", err)
	}
	for name, a := range map[string]answers{
		"no permit":     usual(),
		"other chain":   withPermit(usual(), "1", 1),
		"other version": withPermit(usual(), "9", chainID),
	} {
		if _, err := open(t, a).Permit(t.Context(), alice, bob, wallet.Units{}, Forever, chainID); !errors.Is(err, ErrNoPermit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := open(t, withPermit(usual(), "1", chainID)).Permit(t.Context(), alice, bob, wallet.Units{}, time.Time{}, chainID); err == nil {
		t.Error("no deadline")
	}
}

func hexOf(b []byte) string {
	return strings.ToLower(strings.TrimPrefix(abi.FormatValue(abi.Type{}, b), "0x"))
}
