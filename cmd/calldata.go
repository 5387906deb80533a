package cmd

import (
	"fmt"
	"strings"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet/tx"
)

// knownMethods are calls that a person should be able to read without a network, above all those that give money away.
var knownMethods = []string{
	"transfer(address to, uint256 amount)", "transferFrom(address from, address to, uint256 amount)", "approve(address spender, uint256 amount)",
	"increaseAllowance(address spender, uint256 added)", "increaseApproval(address spender, uint256 added)", "mint(address to, uint256 amount)",
	"burn(uint256 amount)", "burnFrom(address from, uint256 amount)", "transferOwnership(address newOwner)",
	"setApprovalForAll(address operator, bool approved)", "safeTransferFrom(address from, address to, uint256 tokenId)",
	"permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
	"deposit()", "withdraw(uint256 amount)",
}

// calldata reads a call with a well-known selector; nothing for others. Two methods can share a selector, so it says "reads as".
func calldata(c tx.Contract) []string {
	method, values, ok := knownCall(c)
	if !ok {
		return nil
	}
	return []string{"the data reads as " + method.Name + "(" + namedValues(method.Inputs, values) + ")"}
}

// knownCall is the well-known method that a contract calls, with its arguments; false when it is none.
func knownCall(c tx.Contract) (abi.Method, []any, bool) {
	call, is := c.(*tx.TriggerSmartContract)
	if !is || len(call.Data) < 4 {
		return abi.Method{}, nil, false
	}
	for _, signature := range knownMethods {
		method := abi.MustMethod(signature)
		if method.Selector() != [4]byte(call.Data[:4]) {
			continue
		}
		if values, err := method.DecodeInput(call.Data); err == nil {
			return method, values, true
		}
	}
	return abi.Method{}, nil, false
}

// inWords is what a contract does, in a line.
func inWords(c tx.Contract) string {
	lines := calldata(c)
	call, is := c.(*tx.TriggerSmartContract)
	if !is || len(lines) == 0 {
		return fmt.Sprint(c)
	}
	return fmt.Sprintf("call the contract %s as %s; %s", call.Contract, call.Owner, lines[0])
}

// namedValues writes decoded values with their names.
func namedValues(params abi.Params, values []any) string {
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = abi.FormatValue(p.Type, values[i])
		if p.Name != "" {
			parts[i] = fmt.Sprintf("%s = %s", p.Name, parts[i])
		}
	}
	return strings.Join(parts, ", ")
}
