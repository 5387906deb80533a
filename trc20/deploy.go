package trc20

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Limits of what a new token may say. The contract has none on texts; wallets and explorers cut them.
const (
	MaxNameRunes   = 64
	MaxSymbolRunes = 16
	// MaxNewDecimals is what every wallet can show: 2^256 has 78 digits, TRX has 6 decimals, Ether 18.
	MaxNewDecimals = 18
)

// ErrDeploy is wrapped by errors about a token that should not be deployed as asked.
var ErrDeploy = errors.New("not a token to deploy")

// Deployment is a new token of Token.sol.
type Deployment struct {
	Owner    wallet.Address // deploys it, gets the supply, and may mint when Options.Mintable
	Name     string         // 1–64 printable characters
	Symbol   string         // 1–16 printable characters, no spaces
	Decimals int            // 0–18
	Supply   wallet.Units   // smallest units; may be 0 only when Options.Mintable
	Options  contract.Options
}

// Callers pay all energy of their calls: the deployer's share is nothing, and the chain wants a positive limit for it all the same.
const (
	callerEnergyPercent = 100
	originEnergyLimit   = 1
)

// Contract is the deployment as a transaction's contract, with the ABI in it, where explorers and wallets look for it. Errors wrap ErrDeploy.
// The token's address depends on the transaction: Transaction.ContractAddress.
func (d Deployment) Contract() (*tx.CreateSmartContract, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	artifact := contract.Of(d.Options)
	code, err := artifact.InitCode(d.Name, d.Symbol, uint8(d.Decimals), d.Supply)
	if err != nil {
		return nil, err
	}
	stored, err := tx.ParseABI(artifact.ABI)
	if err != nil {
		return nil, err
	}
	return &tx.CreateSmartContract{Owner: d.Owner, New: &tx.SmartContract{
		Origin:              d.Owner,
		ABI:                 stored,
		Bytecode:            code,
		CallerEnergyPercent: callerEnergyPercent,
		Name:                artifact.Name,
		OriginEnergyLimit:   originEnergyLimit,
	}}, nil
}

func (d Deployment) check() error {
	switch {
	case d.Owner.IsZero():
		return fmt.Errorf("%w: nobody deploys it", ErrDeploy)
	case !label(d.Name, MaxNameRunes, true):
		return fmt.Errorf("%w: the name %q is not 1 to %d printable characters", ErrDeploy, d.Name, MaxNameRunes)
	case !label(d.Symbol, MaxSymbolRunes, false):
		return fmt.Errorf("%w: the symbol %q is not 1 to %d printable characters without spaces", ErrDeploy, d.Symbol, MaxSymbolRunes)
	case d.Decimals < 0 || d.Decimals > MaxNewDecimals:
		return fmt.Errorf("%w: %d decimals, want 0 to %d", ErrDeploy, d.Decimals, MaxNewDecimals)
	case d.Supply.IsZero() && !d.Options.Mintable:
		return fmt.Errorf("%w: a fixed supply of nothing", ErrDeploy)
	}
	return nil
}

// label says whether a text is what a person would take for a name.
func label(s string, most int, spaces bool) bool {
	n := 0
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError || r == ' ' && (!spaces || n == 0) {
			return false
		}
		n++
	}
	return n >= 1 && n <= most && s[len(s)-1] != ' '
}
