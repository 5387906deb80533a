package tx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ErrRule is wrapped by every error of Check.
var ErrRule = errors.New("the chain would refuse it")

// Limits of the chain (the actuators of java-tron 4.8.0).
const (
	maxAccountName  = 200       // bytes
	minAccountID    = 8         // characters
	maxAccountID    = 32        // characters
	maxContractName = 32        // bytes
	maxVotes        = 30        // candidates of one VoteWitness
	firstTokenID    = 1_000_001 // smaller ids name nothing
)

// Check applies the rules of the chain that can be applied without knowing its state, so that a mistake shows before anything is signed or sent.
// Nil means that only the state (balances, existing accounts, times, votes) can be in the way. The error wraps ErrRule and says what is wrong; about TRC-10 it
// is a *RuleError. The rules of TRC-10 that need the chain's clock, fees and accounts are in package trc10 (Check), which uses these.
func Check(c Contract) error {
	if _, shielded := c.(*ShieldedTransfer); c.Sender().IsZero() && !shielded {
		return refuse("it names no owner")
	}
	if ruled, ok := c.(interface{ check() error }); ok {
		if err := ruled.check(); err != nil {
			return fmt.Errorf("%s: %w", c.Type(), err)
		}
	}
	return nil
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRule, fmt.Sprintf(format, args...))
}

// first gives the first rule that is broken.
func first(rules ...error) error {
	for _, err := range rules {
		if err != nil {
			return err
		}
	}
	return nil
}

// must is a rule: nil when it holds.
func must(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return refuse(format, args...)
}

func mustRecipient(what string, owner, to wallet.Address) error {
	return first(must(!to.IsZero(), "it names no %s", what), must(to != owner, "owner and %s are the same", what))
}

func mustURL(url string) error {
	return must(url != "" && len(url) <= MaxURLBytes, "the page's address has %d bytes, want 1 to %d", len(url), MaxURLBytes)
}

func mustPercent(what string, n int64) error {
	return must(n >= 0 && n <= 100, "%s is %d, want 0 to 100", what, n)
}

// mustToken: TRC-10 sent along with a call or a deployment.
func mustToken(amount wallet.Units, id int64) error {
	return first(
		must(id == 0 || id >= firstTokenID, "there is no token %d", id),
		must(amount.IsZero() || id != 0, "%s units of no token", amount))
}

// mustAssetID: a decimal id of a TRC-10 token.
func mustAssetID(id string) error {
	return must(isAssetID(id), "%q is no token id", wallet.Clip(id))
}

func isAssetID(id string) bool {
	return len(id) >= len("1000001") && strings.Trim(id, "0123456789") == ""
}

// mustExchangeToken: a token id, or "_" for TRX.
func mustExchangeToken(id string) error {
	if id == "_" {
		return nil
	}
	return mustAssetID(id)
}

// visible says whether a text has only printable ASCII characters without spaces, and so many of them.
func visible(s string, least, most int) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) >= least && len(s) <= most
}

func (c *Transfer) check() error {
	return first(mustRecipient("recipient", c.Owner, c.To), must(c.Amount > 0, "the amount is %s TRX", c.Amount))
}

func (c *AccountCreate) check() error { return mustRecipient("new account", c.Owner, c.Account) }

func (c *AccountUpdate) check() error {
	return must(len(c.Name) <= maxAccountName, "the name has more than %d bytes", maxAccountName)
}

func (c *SetAccountID) check() error {
	return must(visible(c.ID, minAccountID, maxAccountID), "the id wants %d to %d visible ASCII characters", minAccountID, maxAccountID)
}

func (c *AccountPermissionUpdate) check() error {
	if c.Owners == nil {
		return refuse("there is no owner permission")
	}
	if err := (Permissions{Owner: *c.Owners, Witness: c.Witness, Actives: c.Actives}).Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrRule, err)
	}
	return nil
}

func (c *CreateSmartContract) check() error {
	if c.New == nil {
		return refuse("there is no contract in it")
	}
	return first(
		must(c.New.Origin == c.Owner, "the origin is %s, not the owner", c.New.Origin),
		must(len(c.New.Bytecode) > 0, "there is no code"),
		must(len(c.New.Name) <= maxContractName, "the name has more than %d bytes", maxContractName),
		mustPercent("the caller's share of the energy", c.New.CallerEnergyPercent),
		must(c.New.CallValue >= 0, "the value is %s TRX", c.New.CallValue),
		must(c.New.OriginEnergyLimit > 0, "the deployer's energy limit is %d", c.New.OriginEnergyLimit),
		mustToken(c.CallTokenValue, c.TokenID))
}

func (c *TriggerSmartContract) check() error {
	return first(must(!c.Contract.IsZero(), "it names no contract"), must(c.CallValue >= 0, "the value is %s TRX", c.CallValue), mustToken(c.CallTokenValue, c.TokenID))
}

func (c *UpdateSetting) check() error {
	return first(must(!c.Contract.IsZero(), "it names no contract"), mustPercent("the caller's share of the energy", c.CallerEnergyPercent))
}

func (c *UpdateEnergyLimit) check() error {
	return first(must(!c.Contract.IsZero(), "it names no contract"), must(c.OriginEnergyLimit > 0, "the deployer's energy limit is %d", c.OriginEnergyLimit))
}

func (c *ClearABI) check() error { return must(!c.Contract.IsZero(), "it names no contract") }
