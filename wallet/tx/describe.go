package tx

import (
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Every contract says in a sentence what it does, for plans and prompts. Show has the fields.

// String says what the contract does.
func (c *Transfer) String() string {
	return fmt.Sprintf("send %s TRX from %s to %s", c.Amount, c.Owner, c.To)
}

// String says what the contract does.
func (c *TransferAsset) String() string {
	return fmt.Sprintf("send %s units of token %s from %s to %s", c.Amount, tokenLabel(c.Asset), c.Owner, c.To)
}

// String says what the contract does.
func (c *AssetIssue) String() string {
	return fmt.Sprintf("issue the token %q of %s: %s units", wallet.Clip(c.Name), c.Owner, c.TotalSupply)
}

// String says what the contract does.
func (c *ParticipateAssetIssue) String() string {
	return fmt.Sprintf("buy token %s of %s for %s TRX from %s", tokenLabel(c.Asset), c.To, c.Amount, c.Owner)
}

// String says what the contract does.
func (c *UnfreezeAsset) String() string {
	return fmt.Sprintf("release the frozen supply of the token of %s", c.Owner)
}

// String says what the contract does.
func (c *UpdateAsset) String() string {
	return fmt.Sprintf("describe the token of %s anew: %q, %q", c.Owner, wallet.Clip(c.Description), wallet.Clip(c.URL))
}

// String says what the contract does.
func (c *AccountCreate) String() string {
	return fmt.Sprintf("create the account %s, paid by %s", c.Account, c.Owner)
}

// String says what the contract does.
func (c *AccountUpdate) String() string {
	return fmt.Sprintf("name the account %s %q", c.Owner, wallet.Clip(c.Name))
}

// String says what the contract does.
func (c *SetAccountID) String() string {
	return fmt.Sprintf("give the account %s the id %q", c.Owner, wallet.Clip(c.ID))
}

// String says what the contract does.
func (c *AccountPermissionUpdate) String() string {
	text := fmt.Sprintf("replace all permissions of %s", c.Owner)
	if c.Owners != nil {
		text += ": owner " + c.Owners.String()
	}
	if c.Witness != nil {
		text += ", witness " + c.Witness.String()
	}
	for i := range c.Actives {
		text += ", active " + c.Actives[i].String()
	}
	return text
}

// String says whose keys and how many of them.
func (p *Permission) String() string {
	keys := make([]string, len(p.Keys))
	for i, k := range p.Keys {
		keys[i] = fmt.Sprintf("%s (weight %d)", k.Address, k.Weight)
	}
	return fmt.Sprintf("%q from weight %d of %s", wallet.Clip(p.Name), p.Threshold, strings.Join(keys, ", "))
}

// String says what the contract does.
func (c *CreateSmartContract) String() string {
	if c.New == nil {
		return fmt.Sprintf("deploy nothing for %s", c.Owner)
	}
	return fmt.Sprintf("deploy the contract %q of %s: %d bytes of code%s", wallet.Clip(c.New.Name), c.Owner, len(c.New.Bytecode), sentAlong(c.New.CallValue, c.CallTokenValue, c.TokenID))
}

// String says what the contract does.
func (c *TriggerSmartContract) String() string {
	call := "without data"
	if len(c.Data) >= 4 {
		call = fmt.Sprintf("with selector %x and %d bytes of arguments", c.Data[:4], len(c.Data)-4)
	}
	return fmt.Sprintf("call the contract %s as %s %s%s", c.Contract, c.Owner, call, sentAlong(c.CallValue, c.CallTokenValue, c.TokenID))
}

func sentAlong(value wallet.Sun, amount wallet.Units, token int64) string {
	text := ""
	if value != 0 {
		text += fmt.Sprintf(", with %s TRX", value)
	}
	if !amount.IsZero() {
		text += fmt.Sprintf(", with %s units of token %d", amount, token)
	}
	return text
}

// String says what the contract does.
func (c *UpdateSetting) String() string {
	return fmt.Sprintf("let callers of %s pay %d %% of the energy, as %s", c.Contract, c.CallerEnergyPercent, c.Owner)
}

// String says what the contract does.
func (c *UpdateEnergyLimit) String() string {
	return fmt.Sprintf("give each call of %s at most %d energy of %s", c.Contract, c.OriginEnergyLimit, c.Owner)
}

// String says what the contract does.
func (c *ClearABI) String() string {
	return fmt.Sprintf("remove the ABI of %s, as %s", c.Contract, c.Owner)
}

// String says what the contract does.
func (c *FreezeBalanceV2) String() string {
	return fmt.Sprintf("stake %s TRX of %s for %s", c.Amount, c.Owner, c.Resource)
}

// String says what the contract does.
func (c *UnfreezeBalanceV2) String() string {
	return fmt.Sprintf("unstake %s TRX of %s from %s", c.Amount, c.Owner, c.Resource)
}

// String says what the contract does.
func (c *WithdrawExpireUnfreeze) String() string {
	return fmt.Sprintf("pay out what %s unstaked and whose time has come", c.Owner)
}

// String says what the contract does.
func (c *CancelAllUnfreezeV2) String() string {
	return fmt.Sprintf("stake again everything that %s is unstaking", c.Owner)
}

// String says what the contract does.
func (c *DelegateResource) String() string {
	text := fmt.Sprintf("lend the %s of %s staked TRX from %s to %s", c.Resource, c.Amount, c.Owner, c.Receiver)
	if c.Lock {
		text += fmt.Sprintf(", locked for %d blocks", c.LockPeriod)
	}
	return text
}

// String says what the contract does.
func (c *UnDelegateResource) String() string {
	return fmt.Sprintf("take back the %s of %s staked TRX of %s from %s", c.Resource, c.Amount, c.Owner, c.Receiver)
}

// String says what the contract does.
func (c *FreezeBalance) String() string {
	return fmt.Sprintf("stake %s TRX of %s for %s (before Stake 2.0)", c.Amount, c.Owner, c.Resource)
}

// String says what the contract does.
func (c *UnfreezeBalance) String() string {
	return fmt.Sprintf("unstake the TRX of %s for %s that was staked before Stake 2.0", c.Owner, c.Resource)
}
