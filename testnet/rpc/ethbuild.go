package rpc

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// buildTransaction is java-tron's own method: a transaction as /wallet/ would build it.
func buildTransaction(c *ethCall) (any, error) {
	args, err := c.readArgs(0, true)
	if err != nil {
		return nil, err
	}
	if _, err := addressArg(args.from.text, args.from.set); err != nil {
		return nil, invalidRequest(requestText)
	}
	kind, err := c.contractKind(args, true)
	if err != nil {
		return nil, err
	}
	switch kind {
	case tronpb.Transaction_Contract_TransferContract:
		return c.buildTransfer(args)
	case tronpb.Transaction_Contract_TransferAssetContract:
		return c.buildAssetTransfer(args)
	case tronpb.Transaction_Contract_TriggerSmartContract:
		return c.buildTrigger(args)
	}
	return c.buildDeploy(args)
}

// builtAnswer wraps a transaction's JSON.
func builtAnswer(o *javajson.Object) any {
	return map[string]json.RawMessage{"transaction": json.RawMessage(o.String())}
}

func buildProblem(err error) error {
	if refused := (*actuator.Error)(nil); errors.As(err, &refused) && refused.Kind == actuator.Validate {
		return invalidRequest(refused.Text)
	}
	if known := (*ethError)(nil); errors.As(err, &known) {
		return known
	}
	_, text, _ := strings.Cut(thrownText(err), " : ")
	return internalError(text)
}

// finish gives a built transaction permission id and memo.
func (a callArgs) finish(t *tronpb.Transaction, err error) (any, error) {
	if err == nil {
		err = a.unbox("permissionId")
	}
	if err != nil {
		return nil, buildProblem(err)
	}
	if a.permission > 0 {
		t.GetRawData().GetContract()[0].PermissionId = int32(a.permission)
	}
	if a.extra.text != "" {
		if t, err = withMemo(t, javajson.NewObject().Put("extra_data", a.extra.text), a.visible); err != nil {
			return nil, buildProblem(err)
		}
	}
	return builtAnswer(txObject(t, a.visible).Put("visible", a.visible)), nil
}

func (c *ethCall) buildTransfer(a callArgs) (any, error) {
	m := &tronpb.TransferContract{}
	var err error
	if m.Amount, err = a.value.quantity(); err != nil {
		return nil, err
	}
	if m.OwnerAddress, err = addressArg(a.from.text, a.from.set); err != nil {
		return nil, err
	}
	if m.ToAddress, err = addressArg(a.to.text, a.to.set); err != nil {
		return nil, err
	}
	return a.finish(c.create(tronpb.Transaction_Contract_TransferContract, m))
}

func (c *ethCall) buildAssetTransfer(a callArgs) (any, error) {
	m := &tronpb.TransferAssetContract{AssetName: []byte(state.TokenID(a.tokenID).String()), Amount: a.tokenValue}
	var err error
	if m.OwnerAddress, err = addressArg(a.from.text, a.from.set); err != nil {
		return nil, err
	}
	if m.ToAddress, err = addressArg(a.to.text, a.to.set); err != nil {
		return nil, err
	}
	return a.finish(c.create(tronpb.Transaction_Contract_TransferAssetContract, m))
}

// feeLimit is the gas at the present price.
func (c *ethCall) feeLimit(a callArgs) (int64, error) {
	gas, err := a.gas.quantity()
	return gas * c.chain.Param(state.EnergyFee), err
}

func (c *ethCall) buildTrigger(a callArgs) (any, error) {
	m, err := a.trigger(true)
	if err == nil {
		err = a.unbox("tokenValue", "tokenId")
	}
	if err != nil {
		return nil, buildProblem(err)
	}
	m.CallTokenValue, m.TokenId = a.tokenValue, a.tokenID
	limit, err := c.feeLimit(a)
	if err != nil {
		return nil, err
	}
	t, err := c.Server.trigger(chain.Head, m, limit, newCallAnswer())
	if err == nil {
		err = a.unbox("permissionId")
	}
	if err != nil {
		return nil, buildProblem(err)
	}
	if a.permission > 0 {
		t.GetRawData().GetContract()[0].PermissionId = int32(a.permission)
	}
	return builtAnswer(txObject(t, a.visible)), nil
}

func (c *ethCall) buildDeploy(a callArgs) (any, error) {
	from, err := addressArg(a.from.text, a.from.set)
	if err != nil {
		return nil, err
	}
	if err := a.unbox("tokenValue", "tokenId"); err != nil {
		return nil, buildProblem(err)
	}
	contract := &tronpb.SmartContract{
		OriginAddress: from, Abi: &tronpb.SmartContract_ABI{}, ConsumeUserResourcePercent: a.percent, OriginEnergyLimit: a.energyLimit, Name: a.name.text,
	}
	if a.abi.text != "" {
		if err := javajson.Merge(`{"entrys":`+a.abi.text+"}", contract.GetAbi(), a.visible); err != nil {
			return nil, buildProblem(err)
		}
	}
	if contract.CallValue, err = a.value.quantity(); err != nil {
		return nil, err
	}
	if err := a.unbox("consumeUserResourcePercent", "originEnergyLimit"); err != nil {
		return nil, buildProblem(err)
	}
	if contract.Bytecode, err = javajson.HexBytes(a.data.text, a.data.set); err != nil {
		return nil, buildProblem(err)
	}
	limit, err := c.feeLimit(a)
	if err != nil {
		return nil, err
	}
	m := &tronpb.CreateSmartContract{OwnerAddress: from, NewContract: contract, CallTokenValue: a.tokenValue, TokenId: a.tokenID}
	t, err := c.create(tronpb.Transaction_Contract_CreateSmartContract, m)
	if err == nil {
		err = a.unbox("permissionId")
	}
	if err != nil {
		return nil, buildProblem(err)
	}
	t.GetRawData().FeeLimit = limit
	if a.permission > 0 {
		t.GetRawData().GetContract()[0].PermissionId = int32(a.permission)
	}
	return builtAnswer(txObject(t, false).Put("visible", false)), nil
}
