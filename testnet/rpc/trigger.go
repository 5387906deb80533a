package rpc

import (
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// triggered is a request for a contract call after it was read.
type triggered struct {
	visible bool
	call    *tronpb.TriggerSmartContract
	fields  *javajson.Object
}

// readTrigger reads what triggersmartcontract, triggerconstantcontract and estimateenergy have in common. check names what must be set.
func readTrigger(r *request, check func(*javajson.Object) error) (t triggered, err error) {
	text, visible, err := r.plain()
	if err != nil {
		return t, err
	}
	t = triggered{visible: visible, call: &tronpb.TriggerSmartContract{}}
	if t.fields, err = object(text); err != nil {
		return t, err
	}
	if err = check(t.fields); err != nil {
		return t, err
	}
	if err = javajson.Merge(text, t.call, visible); err != nil {
		return t, err
	}
	selector, _ := t.fields.Text("function_selector")
	if selector == "" {
		return t, nil
	}
	parameter, _ := t.fields.Text("parameter")
	sum := wallet.Keccak256([]byte(selector))
	t.call.Data, err = javajson.HexBytes(hexText(sum[:4])+parameter, true)
	return t, err
}

func isSet(o *javajson.Object, key string) bool {
	text, _ := o.Text(key)
	return text != ""
}

func notSet(text string) error { return javajson.Throw(javajson.InvalidParameter, text) }

// checkTrigger is TriggerSmartContractServlet.validateParameter.
func checkTrigger(o *javajson.Object) error {
	for _, key := range []string{"owner_address", "contract_address"} {
		if !isSet(o, key) {
			return notSet(key + " isn't set.")
		}
	}
	return nil
}

// checkConstant is Util.validateParameter.
func checkConstant(o *javajson.Object) error {
	switch {
	case !isSet(o, "owner_address"):
		return notSet("owner_address isn't set.")
	case !isSet(o, "contract_address") && !isSet(o, "data"):
		return notSet("At least one of contract_address and data must be set.")
	case !isSet(o, "contract_address") && isSet(o, "function_selector") && isSet(o, "data"):
		return notSet("While trying to deploy, function_selector and data can not be both set.")
	}
	return nil
}

// failed is the answer of the three when something was thrown.
func failedReturn(err error) *tronpb.Return {
	if refused := (*actuator.Error)(nil); errors.As(err, &refused) && refused.Kind == actuator.Validate {
		return &tronpb.Return{Code: tronpb.Return_CONTRACT_VALIDATE_ERROR, Message: []byte(refused.Text)}
	}
	class, text, _ := strings.Cut(thrownText(err), " : ")
	return &tronpb.Return{
		Code:    tronpb.Return_OTHER_ERROR,
		Message: []byte("class " + class + " : " + strings.ReplaceAll(text, `"`, "'")),
	}
}

// extentionText is Util.printTransactionExtention: the transaction inside is printed as elsewhere if all went well.
func extentionText(e *callAnswer, visible bool) string {
	o := javajson.ObjectOf(e.TransactionExtention, visible)
	if len(e.said) > 0 {
		list, _ := o.Get("internal_transactions").(javajson.Array)
		o.Put("internal_transactions", withConsole(list, e.said))
	}
	if e.GetResult().GetResult() {
		o.Put("transaction", txObject(e.GetTransaction(), visible).Put("visible", visible))
	}
	return o.String()
}

func triggerSmartContract(r *request) (string, error) {
	extention := newCallAnswer()
	t, err := readTrigger(r, checkTrigger)
	if err == nil {
		err = r.trigger(t, extention)
	}
	return extentionAnswer(extention, t.visible, err), nil
}

func (r *request) trigger(t triggered, extention *callAnswer) error {
	var feeLimit int64
	if err := readLongs(
		t.fields, longField{"call_token_value", &t.call.CallTokenValue}, longField{"token_id", &t.call.TokenId},
		longField{"call_value", &t.call.CallValue}, longField{"fee_limit", &feeLimit},
	); err != nil {
		return err
	}
	built, err := r.node.trigger(r.view, t.call, feeLimit, extention)
	if err != nil {
		return err
	}
	extention.Transaction, err = withPermission(built, t.fields)
	return err
}

// trigger is Wallet.triggerContract: a transaction, or the result of a constant method.
func (s *Server) trigger(v chain.View, call *tronpb.TriggerSmartContract, feeLimit int64, extention *callAnswer) (*tronpb.Transaction, error) {
	built, err := s.create(tronpb.Transaction_Contract_TriggerSmartContract, call)
	if err != nil {
		return nil, err
	}
	built.GetRawData().FeeLimit = feeLimit
	record := s.chain.Contract(v, call.GetContractAddress())
	if record == nil {
		return nil, actuator.Errorf(actuator.Validate, "No contract or not a valid smart contract")
	}
	if !isConstant(record.GetAbi(), call.GetData()) {
		return built, nil
	}
	return s.constant(v, built, call, extention)
}

// isConstant says whether the stored ABI calls the selected method constant.
func isConstant(abi *tronpb.SmartContract_ABI, data []byte) bool {
	if len(data) < 4 {
		return false
	}
	for _, e := range abi.GetEntrys() {
		if e.GetType() != tronpb.SmartContract_ABI_Entry_Function {
			continue
		}
		var types []string
		for _, p := range e.GetInputs() {
			types = append(types, p.GetType())
		}
		sum := wallet.Keccak256([]byte(e.GetName() + "(" + strings.Join(types, ",") + ")"))
		if string(sum[:4]) == string(data[:4]) {
			m := e.GetStateMutability()
			return e.GetConstant() || m == tronpb.SmartContract_ABI_Entry_View || m == tronpb.SmartContract_ABI_Entry_Pure
		}
	}
	return false
}

func triggerConstantContract(r *request) (string, error) {
	extention := newCallAnswer()
	t, err := readTrigger(r, checkConstant)
	if err == nil {
		err = r.triggerConstant(t, extention)
	}
	return extentionAnswer(extention, t.visible, err), nil
}

func (r *request) triggerConstant(t triggered, extention *callAnswer) error {
	built, err := r.node.constantCall(r.view, t.call, extention)
	if err != nil {
		return err
	}
	if built, err = withPermission(built, t.fields); err != nil {
		return err
	}
	extention.Transaction, err = withMemo(built, t.fields, t.visible)
	return err
}

// extentionAnswer prints a call's answer. A thrown error leaves out what had been filled in of the transaction only.
func extentionAnswer(e *callAnswer, visible bool, err error) string {
	if err != nil {
		message := failedReturn(err)
		e.Result = message
	} else {
		e.Result = proto.CloneOf(e.GetResult())
		if e.GetResult() == nil {
			e.Result = &tronpb.Return{}
		}
		e.Result.Result, e.Result.Code = true, tronpb.Return_SUCCESS
	}
	return extentionText(e, visible)
}

func estimateEnergy(r *request) (string, error) {
	t, err := readTrigger(r, checkConstant)
	answer := &tronpb.EstimateEnergyMessage{}
	if err == nil {
		answer, err = r.node.estimate(r.view, t.call)
	}
	if err != nil {
		answer = &tronpb.EstimateEnergyMessage{Result: failedReturn(err)}
	}
	return javajson.Print(answer, t.visible), nil
}
