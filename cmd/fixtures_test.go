package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/piecework/piecework/trc20/contract"
)

// writeArtifacts gives every script three compiled contracts, as TronBox writes them: artifacts/token.json, our Token.sol with permit; artifacts/tether.json,
// a token shaped like Tron's USDT, whose transfer returns false and whose approve goes from one amount to another only over 0; and artifacts/fee.json, a token that
// takes 1 % of each transfer.
func writeArtifacts(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	token := contract.Of(contract.Options{Permit: true})
	if err := writeArtifact(dir, "token.json", token.Name, token.ABI, fmt.Sprintf("%x", token.Creation), fmt.Sprintf("%x", token.Runtime)); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join("..", "trc20", "testdata", "odd.json"))
	if err != nil {
		return err
	}
	var odd map[string]string
	if err := json.Unmarshal(data, &odd); err != nil {
		return err
	}
	constructor := json.RawMessage(`[{"type":"constructor","inputs":[{"name":"supply","type":"uint256"}],"stateMutability":"nonpayable"}]`)
	if err := writeArtifact(dir, "fee.json", "FeeToken", constructor, odd["FeeToken"], ""); err != nil {
		return err
	}
	return writeArtifact(dir, "tether.json", "Tether", constructor, odd["Tether"], "")
}

func writeArtifact(dir, file, name string, definitions json.RawMessage, creation, runtime string) error {
	body, err := json.Marshal(map[string]any{"contractName": name, "abi": definitions, "bytecode": "0x" + creation, "deployedBytecode": "0x" + runtime})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, file), body, 0o600)
}
