package rpc

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// callArgs are CallArguments and BuildArguments of java-tron. A field that is none of theirs makes the request unreadable.
type callArgs struct {
	from, to, value, data, gas textField
	abi, name, extra           textField
	tokenID, tokenValue        int64
	percent, energyLimit       int64
	permission                 int64
	nulls                      map[string]bool // the numbers that were given as null, which Java trips over once it uses them
	visible                    bool
}

// unbox is Java's use of numbers that may be null.
func (a callArgs) unbox(names ...string) error {
	for _, name := range names {
		if a.nulls[name] {
			return javajson.Null()
		}
	}
	return nil
}

// textField is a String of Java: it may be null.
type textField struct {
	text string
	set  bool
}

func (f textField) empty() bool { return f.text == "" || f.text == "0x" }

// readArgs reads the object of eth_call and eth_estimateGas, and (build) of buildTransaction.
func (c *ethCall) readArgs(i int, build bool) (a callArgs, err error) {
	var fields map[string]json.RawMessage
	switch kindOf(c.args[i]) {
	case 'n':
		return a, javajson.Null()
	case '{':
		if err := json.Unmarshal(c.args[i], &fields); err != nil {
			return a, errParse
		}
	default:
		return a, errParse
	}
	texts := map[string]*textField{"from": &a.from, "to": &a.to, "value": &a.value, "data": &a.data, "gas": &a.gas, "gasPrice": {}, "nonce": {}}
	numbers := map[string]*int64{}
	if a.nulls = map[string]bool{}; build {
		texts["abi"], texts["name"], texts["extraData"] = &a.abi, &a.name, &a.extra
		numbers = map[string]*int64{
			"tokenId": &a.tokenID, "tokenValue": &a.tokenValue, "consumeUserResourcePercent": &a.percent,
			"originEnergyLimit": &a.energyLimit, "permissionId": &a.permission,
		}
		a.gas = textField{"0x0", true}
	} else {
		a.from = textField{zeros(20), true}
	}
	if c.config.CleanBlocks { // tools of Ethereum call it so, and so does java-tron since 4.8.2
		texts["input"] = &a.data
	}
	for name, raw := range fields {
		if err := a.readField(name, raw, texts, numbers, build); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *callArgs) readField(name string, raw json.RawMessage, texts map[string]*textField, numbers map[string]*int64, build bool) error {
	text, set, err := textArg(raw)
	if err != nil {
		return err
	}
	if into, ok := texts[name]; ok {
		*into = textField{text, set}
		return nil
	}
	if into, ok := numbers[name]; ok {
		text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' }) // as Jackson does: a blank text is none
		a.nulls[name] = text == ""
		*into, err = wholeArg(text, kindOf(raw))
		if name == "permissionId" && *into != int64(int32(*into)) {
			return errParse
		}
		return err
	}
	if name == "visible" && build {
		a.visible, _, err = flagOf(text, kindOf(raw) == '0')
		return err
	}
	return errParse
}

// wholeArg is a long as Jackson reads it: nothing is 0, a bare fraction is cut, a quoted one is none.
func wholeArg(text string, kind byte) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if kind != '0' || err != nil || !strings.ContainsAny(text, ".eE") || math.Abs(f) >= math.MaxInt64 {
		return 0, errParse
	}
	return int64(f), nil
}

// quantity is parseQuantityValue.
func (f textField) quantity() (int64, error) {
	if f.text == "" {
		return 0, nil
	}
	n, err := longArg(f.text)
	if err != nil {
		return 0, invalidParams("invalid param value: invalid hex number")
	}
	return n, nil
}

// trigger makes the message of a call.
func (a callArgs) trigger(needTo bool) (*tronpb.TriggerSmartContract, error) {
	from, err := addressArg(a.from.text, a.from.set)
	if err != nil {
		return nil, err
	}
	m := &tronpb.TriggerSmartContract{OwnerAddress: from}
	if needTo {
		if m.ContractAddress, err = addressArg(a.to.text, a.to.set); err != nil {
			return nil, err
		}
	}
	if m.CallValue, err = a.value.quantity(); err != nil {
		return nil, err
	}
	m.Data, err = javajson.HexBytes(a.data.text, a.data.set)
	return m, err
}

// ethCallContract is eth_call: the block is a tag, or an object whose block must exist; the state is the newest either way.
func ethCallContract(c *ethCall) (any, error) {
	args, err := c.readArgs(0, false)
	if errors.Is(err, errParse) {
		return nil, err
	}
	if err := c.callBlock(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	m, err := args.trigger(true)
	if err != nil {
		return nil, err
	}
	e := newCallAnswer()
	built, err := c.constantCall(chain.Head, m, e)
	if err != nil {
		return nil, callProblem(err)
	}
	output := joined(e.GetConstantResult())
	if failedRun(built) {
		return nil, reverted(string(e.GetResult().GetMessage()), output)
	}
	return ethBytes(output), nil
}

func (c *ethCall) callBlock() error {
	switch kindOf(c.args[1]) {
	case '"':
		return c.latestOnly(1)
	case '{':
		return c.callBlockObject()
	}
	return invalidRequest(requestText)
}

func (c *ethCall) callBlockObject() error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(c.args[1], &fields) != nil {
		return errParse
	}
	if raw, ok := fields["blockNumber"]; ok {
		if kindOf(raw) != '"' && !isNull(raw) {
			return invalidParams(requestText)
		}
		text, _, _ := textArg(raw)
		number, isNumber := bigArg(text)
		switch {
		case !isNumber:
			return invalidParams(numberText)
		case c.chain.BlockByNumber(chain.Head, number) == nil:
			return internalError("header not found")
		}
		return nil
	}
	if raw, ok := fields["blockHash"]; ok {
		switch kindOf(raw) {
		case '"':
		case 'n':
			return javajson.Null()
		default:
			return invalidParams(requestText)
		}
		text, _, _ := textArg(raw)
		id, err := hashArg(text)
		switch {
		case err != nil:
			return err
		case c.chain.BlockByID(chain.Head, id) == nil:
			return internalError("header for hash not found")
		}
		return nil
	}
	return invalidRequest(requestText)
}

func joined(parts [][]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func failedRun(t *tronpb.Transaction) bool {
	return len(t.GetRet()) > 0 && t.GetRet()[0].GetRet() == tronpb.Transaction_Result_FAILED
}

// callProblem is what a call's exception becomes: a refusal is an invalid request, all else internal, with the bare text.
func callProblem(err error) error {
	if refused := (*actuator.Error)(nil); errors.As(err, &refused) && refused.Kind == actuator.Validate {
		return invalidRequest(refused.Text)
	}
	_, text, _ := strings.Cut(thrownText(err), " : ")
	return internalError(strings.ReplaceAll(text, `"`, "'"))
}

// reverted is the error of a call that failed: the machine's text, and that of Error(string).
func reverted(text string, output []byte) error {
	const selector = "08c379a0"
	if len(output) <= 4 || hex.EncodeToString(output[:4]) != selector {
		return internalError(text)
	}
	said, err := stringAt(output[4:])
	if err != nil {
		return err
	}
	return internalError(text + ": " + said)
}

// maxSaid bounds what a contract can make out of a length alone. Java's memory does that elsewhere.
const maxSaid = 1 << 20

// stringAt is ContractEventParser.parseDataBytes of a first string: what its words point beyond is an exception that nobody catches, what its
// length lacks is zeros.
func stringAt(data []byte) (string, error) {
	at, err := intAt(data, 0)
	if err != nil {
		return "", err
	}
	size, err := intAt(data, at)
	if err != nil || size <= 0 {
		return "", err
	}
	if size > maxSaid || at+32 >= len(data) {
		return "", errNoString
	}
	said := make([]byte, size)
	copy(said, data[at+32:])
	return string(said), nil
}

var errNoString = unexpected("java.lang.UnsupportedOperationException", "unsupported type:string")

// intAt reads a word as an int of Java, which has a sign.
func intAt(data []byte, at int) (int, error) {
	switch {
	case at >= len(data):
		return 0, errNoString
	case at < 0:
		return 0, unexpected("java.lang.ArrayIndexOutOfBoundsException", fmt.Sprintf("arraycopy: source index %d out of bounds for byte[%d]", at, len(data)))
	}
	var word [32]byte
	copy(word[:], data[at:])
	n := int32(binary.BigEndian.Uint32(word[28:]))
	for _, b := range word[:28] {
		if b != byte(n>>31) {
			return 0, errNoString
		}
	}
	return int(n), nil
}

// contractKind tells what a call object is about (CallArguments.getContractType).
func (c *ethCall) contractKind(a callArgs, build bool) (tronpb.Transaction_Contract_ContractType, error) {
	if !build && a.from.empty() {
		return 0, invalidRequest(requestText)
	}
	if a.to.empty() {
		if a.data.empty() {
			return 0, invalidRequest(requestText)
		}
		return tronpb.Transaction_Contract_CreateSmartContract, nil
	}
	to, err := addressArg(a.to.text, a.to.set)
	switch {
	case err != nil:
		return 0, err
	case c.chain.Contract(chain.Head, to) != nil:
		return tronpb.Transaction_Contract_TriggerSmartContract, nil
	case a.nulls["tokenId"], a.tokenID > 0 && a.nulls["tokenValue"]:
		return 0, javajson.Null()
	case build && a.tokenID > 0 && a.tokenValue > 0 && (a.value.text == "" || a.value.text == "0x0"):
		return tronpb.Transaction_Contract_TransferAssetContract, nil
	case a.value.text != "":
		return tronpb.Transaction_Contract_TransferContract, nil
	case build:
		return 0, invalidRequest(requestText)
	}
	return 0, invalidRequest("invalid json request: invalid value")
}

func estimateGas(c *ethCall) (any, error) {
	args, err := c.readArgs(0, false)
	if err != nil {
		return nil, err
	}
	if _, err := addressArg(args.from.text, args.from.set); err != nil {
		return nil, err
	}
	kind, err := c.contractKind(args, false)
	if err != nil {
		return nil, err
	}
	if kind == tronpb.Transaction_Contract_TransferContract {
		if _, err := c.buildTransfer(args); err != nil {
			return nil, err
		}
		return "0x0", nil
	}
	m, err := args.trigger(kind == tronpb.Transaction_Contract_TriggerSmartContract)
	if err != nil {
		return nil, internalError(ethFailure(err).Message)
	}
	answer, err := c.estimate(chain.Head, m)
	if err != nil {
		return nil, callProblem(err)
	}
	if !answer.GetResult().GetResult() {
		e := newCallAnswer()
		_, _ = c.constantCall(chain.Head, m, e)
		return nil, reverted(string(answer.GetResult().GetMessage()), joined(e.GetConstantResult()))
	}
	return ethNumber(answer.GetEnergyRequired()), nil
}
