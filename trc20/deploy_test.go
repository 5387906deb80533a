package trc20

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func acme() Deployment {
	return Deployment{Owner: alice, Name: "Acme Dollar", Symbol: "ACM", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000_000_000)}
}

// A function whose option was not chosen must not exist: its selector is nowhere in the code, and it is not in the ABI.
func TestDeploymentHasExactlyWhatWasAskedFor(t *testing.T) {
	for i := range 8 {
		d := acme()
		d.Options = contract.Options{Mintable: i&1 != 0, Burnable: i&2 != 0, Permit: i&4 != 0}
		create, err := d.Contract()
		if err != nil {
			t.Fatal(err)
		}
		creation := contract.Of(d.Options).Creation
		if !bytes.HasPrefix(create.New.Bytecode, creation) || create.Owner != alice || create.New.Origin != alice || create.New.CallerEnergyPercent != 100 {
			t.Errorf("%+v: %+v", d.Options, create)
		}
		arguments, err := contract.Of(d.Options).Interface().Constructor.Decode(create.New.Bytecode[len(creation):])
		if err != nil || arguments[0] != d.Name || arguments[1] != d.Symbol {
			t.Errorf("constructor arguments %v, %v", arguments, err)
		}
		for signature, chosen := range map[string]bool{
			"transfer(address,uint256)": true, "mint(address,uint256)": d.Options.Mintable, "renounceOwnership()": d.Options.Mintable, "burn(uint256)": d.Options.Burnable,
			"burnFrom(address,uint256)": d.Options.Burnable, "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": d.Options.Permit, "nonces(address)": d.Options.Permit,
		} {
			id := abi.MustMethod(signature).Selector()
			if inCode, inABI := bytes.Contains(creation, id[:]), stores(create.New.ABI, signature); inCode != chosen || inABI != chosen {
				t.Errorf("%+v: %s in the code: %v, in the ABI: %v", d.Options, signature, inCode, inABI)
			}
		}
		if _, err := tx.EncodeContract(create); err != nil {
			t.Error(err)
		}
	}
}

func stores(stored *tx.ABI, signature string) bool {
	for _, e := range stored.Entries {
		var types []string
		for _, p := range e.Inputs {
			types = append(types, p.Type)
		}
		if e.Kind == tx.ABIFunction && e.Name+"("+strings.Join(types, ",")+")" == signature {
			return true
		}
	}
	return false
}

func TestDeploymentRefuses(t *testing.T) {
	for name, change := range map[string]func(*Deployment){
		"nobody":            func(d *Deployment) { d.Owner = wallet.Address{} },
		"no name":           func(d *Deployment) { d.Name = "" },
		"name of spaces":    func(d *Deployment) { d.Name = " " },
		"name with control": func(d *Deployment) { d.Name = "A\x1b[2J" },
		"name turned":       func(d *Deployment) { d.Name = "A\u202eB" },
		"name not UTF-8":    func(d *Deployment) { d.Name = "A\xff" },
		"long name":         func(d *Deployment) { d.Name = strings.Repeat("ä", 65) },
		"no symbol":         func(d *Deployment) { d.Symbol = "" },
		"symbol with space": func(d *Deployment) { d.Symbol = "A B" },
		"long symbol":       func(d *Deployment) { d.Symbol = strings.Repeat("A", 17) },
		"decimals":          func(d *Deployment) { d.Decimals = 19 },
		"negative decimals": func(d *Deployment) { d.Decimals = -1 },
		"nothing at all":    func(d *Deployment) { d.Supply = wallet.Units{} },
	} {
		d := acme()
		change(&d)
		if _, err := d.Contract(); !errors.Is(err, ErrDeploy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := acme()
	d.Supply, d.Options.Mintable = wallet.Units{}, true
	if _, err := d.Contract(); err != nil {
		t.Error(err)
	}
}
