package trc20_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// chain is a testnet with a connection to it.
type chain struct {
	*testing.T
	*node.Node
	alice, bob, carol *wallet.Key
}

func startChain(t *testing.T) chain {
	t.Helper()
	network := testnettest.Start(t, testnet.Config{})
	keys := network.Accounts()
	return chain{t, testnettest.Dial(t, network), keys[0], keys[1], keys[2]}
}

// do signs a contract, sends it and waits for its block. The error is that of a failed execution.
func (c chain) do(key *wallet.Key, contract tx.Contract) (*node.Receipt, error) {
	c.Helper()
	transaction, _, err := c.Build(c.Context(), contract, tx.Options{})
	if err != nil {
		return nil, err
	}
	if err := transaction.Sign(c.Context(), key); err != nil {
		c.Fatal(err)
	}
	id, err := c.Broadcast(c.Context(), transaction.Bytes())
	if err != nil {
		c.Fatal(err)
	}
	return c.Wait(c.Context(), id, transaction.Body().Expiration, node.InBlock)
}

func (c chain) must(key *wallet.Key, contract tx.Contract, err error) *node.Receipt {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	receipt, err := c.do(key, contract)
	if err != nil {
		c.Fatal(err)
	}
	return receipt
}

// deploy makes a token of Token.sol and opens it.
func (c chain) deploy(d trc20.Deployment) *trc20.Token {
	c.Helper()
	create, err := d.Contract()
	receipt := c.must(c.alice, create, err)
	return c.open(receipt.Contract)
}

func (c chain) open(address wallet.Address) *trc20.Token {
	c.Helper()
	token, err := trc20.Open(c.Context(), c.Node, address)
	if err != nil {
		c.Fatal(err)
	}
	return token
}

func (c chain) has(token *trc20.Token, owner wallet.Address, want string) {
	c.Helper()
	units, err := token.Balance(c.Context(), owner)
	if err != nil || token.Format(units) != want {
		c.Errorf("%s has %s, %v, want %s", owner, token.Format(units), err, want)
	}
}

func amount(t testing.TB, token *trc20.Token, text string) wallet.Units {
	t.Helper()
	u, err := token.Amount(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func logsOf(r *node.Receipt) []trc20.Log {
	var logs []trc20.Log
	for _, l := range r.Logs {
		logs = append(logs, trc20.Log(l))
	}
	return logs
}

// The life of a token with all options, on a chain.
func TestTokenOnAChain(t *testing.T) {
	c := startChain(t)
	alice, bob, carol := c.alice.Address(), c.bob.Address(), c.carol.Address()
	token := c.deploy(trc20.Deployment{
		Owner: alice, Name: "Acme", Symbol: "ACM", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000),
		Options: contract.Options{Mintable: true, Burnable: true, Permit: true},
	})
	if token.Name() != "Acme" || token.Symbol() != "ACM" || token.Decimals() != 6 {
		t.Fatalf("%q %q %d", token.Name(), token.Symbol(), token.Decimals())
	}
	c.has(token, alice, "1 ACM")

	quarter := amount(t, token, "0.25")
	call, err := token.Transfer(alice, bob, quarter)
	receipt := c.must(c.alice, call, err)
	if err := trc20.ConfirmTransfer(trc20.Transfer{Token: token.Contract(), From: alice, To: bob, Amount: quarter}, logsOf(receipt)); err != nil {
		t.Error(err)
	}
	c.has(token, bob, "0.25 ACM")

	call, err = token.Mint(alice, carol, quarter)
	c.must(c.alice, call, err)
	c.has(token, carol, "0.25 ACM")
	c.must(c.carol, token.Burn(carol, amount(t, token, "0.05")), nil)
	c.has(token, carol, "0.2 ACM")
	if supply, err := token.TotalSupply(t.Context()); err != nil || token.Format(supply) != "1.2 ACM" {
		t.Errorf("supply %s %v", token.Format(supply), err)
	}

	call, err = token.Approve(bob, carol, quarter)
	receipt = c.must(c.bob, call, err)
	if a, ok := trc20.ParseApproval(logsOf(receipt)[0]); !ok || a.Amount != quarter || a.Owner != bob || a.Spender != carol {
		t.Errorf("%+v %v", a, ok)
	}
	call, err = token.TransferFrom(carol, bob, alice, amount(t, token, "0.1"))
	c.must(c.carol, call, err)
	if left, err := token.Allowance(t.Context(), bob, carol); err != nil || token.Format(left) != "0.15 ACM" {
		t.Errorf("allowance %s %v", token.Format(left), err)
	}
	c.must(c.carol, token.BurnFrom(carol, bob, amount(t, token, "0.15")), nil)
	c.has(token, bob, "0 ACM")
}

// Why a call would fail is known before it is sent.
func TestRevertReasonOnAChain(t *testing.T) {
	c := startChain(t)
	token := c.deploy(trc20.Deployment{Owner: c.alice.Address(), Name: "Acme", Symbol: "ACM", Supply: wallet.UnitsFromUint64(5)})
	call, err := token.Transfer(c.bob.Address(), c.alice.Address(), wallet.UnitsFromUint64(1))
	if err != nil {
		t.Fatal(err)
	}
	var reverted *abi.RevertError
	if err := token.Try(t.Context(), call); !errors.As(err, &reverted) || reverted.Name != "ERC20InsufficientBalance" {
		t.Errorf("%v", err)
	}
	var failed *node.FailedError
	if _, err := c.do(c.bob, call); !errors.As(err, &failed) {
		t.Errorf("%v", err)
	}
	if err := token.Try(t.Context(), token.Burn(c.alice.Address(), wallet.UnitsFromUint64(1))); !errors.As(err, &reverted) {
		t.Errorf("a token that is not burnable burns: %v", err)
	}
	if _, err := token.Permit(t.Context(), c.alice.Address(), c.bob.Address(), wallet.Units{}, trc20.Forever, 1); !errors.Is(err, trc20.ErrNoPermit) {
		t.Errorf("%v", err)
	}
}

// Alice signs and sends nothing; bob submits, pays the energy, and takes the money. The signature is good once.
func TestPermitOnAChain(t *testing.T) {
	c := startChain(t)
	alice, bob := c.alice.Address(), c.bob.Address()
	token := c.deploy(trc20.Deployment{
		Owner: alice, Name: "Acme", Symbol: "ACM", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000), Options: contract.Options{Permit: true},
	})
	genesis := c.Genesis()
	chainID := uint32(genesis[28])<<24 | uint32(genesis[29])<<16 | uint32(genesis[30])<<8 | uint32(genesis[31])
	five := wallet.UnitsFromUint64(5)
	permit, err := token.Permit(t.Context(), alice, bob, five, trc20.Forever, chainID)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := permit.TypedData().Sign(t.Context(), c.alice)
	if err != nil {
		t.Fatal(err)
	}
	call, err := permit.Submit(bob, signature)
	c.must(c.bob, call, err)
	if got, err := token.Allowance(t.Context(), alice, bob); err != nil || got != five {
		t.Errorf("allowance %s %v", got, err)
	}
	var reverted *abi.RevertError
	if err := token.Try(t.Context(), call); !errors.As(err, &reverted) || reverted.Name != "ERC2612InvalidSigner" {
		t.Errorf("used twice: %v", err)
	}
	if next, err := token.Permit(t.Context(), alice, bob, five, trc20.Forever, chainID); err != nil || next.Nonce.String() != "1" {
		t.Errorf("%v", err)
	}
	late, err := token.Permit(t.Context(), alice, bob, five, time.Unix(1, 0), chainID)
	if err != nil {
		t.Fatal(err)
	}
	signature, _ = late.TypedData().Sign(t.Context(), c.alice)
	call, err = late.Submit(bob, signature)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Try(t.Context(), call); !errors.As(err, &reverted) || reverted.Name != "ERC2612ExpiredSignature" {
		t.Errorf("late: %v", err)
	}
}

// testdata/odd.json holds two tokens as people meet them: Tether moves the money and returns false, as Tron's USDT does; FeeToken keeps one percent.
func TestOddTokensOnAChain(t *testing.T) {
	c := startChain(t)
	alice, bob := c.alice.Address(), c.bob.Address()
	million := wallet.UnitsFromUint64(1_000_000)
	tether := c.open(c.must(c.alice, oddToken(t, alice, "Tether"), nil).Contract)
	wanted := trc20.Transfer{Token: tether.Contract(), From: alice, To: bob, Amount: million}
	call, err := tether.Transfer(alice, bob, million)
	receipt := c.must(c.alice, call, err)
	if word := (wallet.Units{}).Bytes32(); string(receipt.Output) != string(word[:]) {
		t.Fatalf("Tether returned %x, the test wants false", receipt.Output)
	}
	if err := trc20.ConfirmTransfer(wanted, logsOf(receipt)); err != nil {
		t.Errorf("Tether: %v", err)
	}
	c.has(tether, bob, "1 USDT")

	fee := c.open(c.must(c.alice, oddToken(t, alice, "FeeToken"), nil).Contract)
	call, err = fee.Transfer(alice, bob, million)
	c.must(c.alice, call, err)
	call, err = fee.Transfer(bob, c.carol.Address(), amount(t, fee, "0.5"))
	receipt = c.must(c.bob, call, err)
	var moved *trc20.MovedError
	wanted = trc20.Transfer{Token: fee.Contract(), From: bob, To: c.carol.Address(), Amount: amount(t, fee, "0.5")}
	if err := trc20.ConfirmTransfer(wanted, logsOf(receipt)); !errors.As(err, &moved) || moved.Moved.Amount.String() != "495000" {
		t.Errorf("FeeToken: %v", err)
	}
}

// A plain account has no code that could tell decimals: nothing can be sent there as a token.
func TestNoTokenOnAChain(t *testing.T) {
	c := startChain(t)
	var stopped *trc20.DecimalsError
	if _, err := trc20.Open(t.Context(), c.Node, c.bob.Address()); !errors.As(err, &stopped) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trc20.Open(ctx, c.Node, c.bob.Address()); !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func oddToken(t *testing.T, owner wallet.Address, name string) *tx.CreateSmartContract {
	t.Helper()
	data, err := os.ReadFile("testdata/odd.json")
	if err != nil {
		t.Fatal(err)
	}
	var tokens map[string]string
	if err := json.Unmarshal(data, &tokens); err != nil {
		t.Fatal(err)
	}
	code, err := hex.DecodeString(tokens[name])
	if err != nil || len(code) == 0 {
		t.Fatalf("%s: %v", name, err)
	}
	arguments, err := abi.MustParams("uint256 supply").Encode(1_000_000_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return &tx.CreateSmartContract{Owner: owner, New: &tx.SmartContract{
		Origin: owner, Name: name, Bytecode: append(code, arguments...), CallerEnergyPercent: 100, OriginEnergyLimit: 1,
	}}
}

// Contracts that know decimals() and fail over every other question: by an invalid opcode, and by a loop that takes all energy.
func TestTokensWithoutNamesThatFailOtherwiseThanByReverting(t *testing.T) {
	c := startChain(t)
	for what, code := range map[string]string{
		"invalid opcode": "601b80600b6000396000f3" + "60003560e01c63313ce56714601057fe5b600660005260206000f3",
		"endless loop":   "601e80600b6000396000f3" + "60003560e01c63313ce567146013575b600f565b600660005260206000f3",
	} {
		init, err := hex.DecodeString(code)
		receipt := c.must(c.alice, &tx.CreateSmartContract{
			Owner: c.alice.Address(), New: &tx.SmartContract{Origin: c.alice.Address(), Bytecode: init, CallerEnergyPercent: 100, OriginEnergyLimit: 1},
		}, err)
		token, err := trc20.Open(t.Context(), c, receipt.Contract)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if token.Name() != "" || token.Symbol() != receipt.Contract.String()[:8]+"…" || token.Decimals() != 6 {
			t.Errorf("%s: name %q, symbol %q, %d decimals", what, token.Name(), token.Symbol(), token.Decimals())
		}
		if _, err := token.TotalSupply(t.Context()); err == nil {
			t.Errorf("%s: a supply nobody told", what)
		}
	}
}
