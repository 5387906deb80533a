package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/rpc/javajson"
)

// MaxBatch is the most calls in one JSON-RPC request.
const MaxBatch = 1000

const ethType = "application/json-rpc"

// ethError is a JSON-RPC error. java-tron's own carry the text "{}" as data, the library's none.
type ethError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// Error is the message alone.
func (e *ethError) Error() string { return e.Message }

const noData = "{}"

func invalidParams(text string) error  { return &ethError{-32602, text, noData} }
func invalidRequest(text string) error { return &ethError{-32600, text, noData} }
func internalError(text string) error  { return &ethError{-32000, text, noData} }
func tooManyResults(text string) error { return &ethError{-32005, text, noData} }
func noMethod(text string) error       { return &ethError{-32601, text, noData} }

// The errors of the library that java-tron uses.
var (
	errMethod = &ethError{Code: -32601, Message: "method not found"}
	errParams = &ethError{Code: -32602, Message: "method parameters invalid"}
	errParse  = &ethError{Code: -32700, Message: "JSON parse error"}
	errShape  = &ethError{Code: -32600, Message: "invalid request"}
)

// unexpected is how an exception of Java that nobody caught looks.
func unexpected(class, text string) error {
	return &ethError{-32001, text, map[string]string{"exceptionTypeName": class, "message": text}}
}

// ethFailure turns any error into a JSON-RPC error.
func ethFailure(err error) *ethError {
	var known *ethError
	if errors.As(err, &known) {
		return known
	}
	class, text, _ := strings.Cut(thrownText(err), " : ")
	_ = errors.As(unexpected(class, text), &known)
	return known
}

// ethAnswer is one answer; the fields are in the order of java-tron's.
type ethAnswer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result"`
}

type ethProblem struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   *ethError       `json:"error"`
}

// ethMethod is one method: how many parameters it takes, and what it does.
type ethMethod struct {
	params int
	run    func(c *ethCall) (any, error)
	later  bool // java-tron 4.8.0 does not have it: with wrong parameters there is no such method
	texts  bool // all parameters are text, a number or a boolean
}

// ethCall is one call of a method.
type ethCall struct {
	*Server
	args []json.RawMessage
}

// serveRPC answers a JSON-RPC request with a table of methods.
func (s *Server) serveRPC(w http.ResponseWriter, r *http.Request, methods map[string]ethMethod) {
	if r.Method != http.MethodPost {
		s.serve(w, r, servlet{post: nothing}, 0)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRead))
	w.Header().Set("Content-Type", ethType)
	if err != nil || len(raw) > MaxBody {
		writeJSON(w, ethProblem{"2.0", json.RawMessage(`"null"`), errShape})
		return
	}
	if answer := s.rpcBody(raw, methods); answer != nil {
		writeJSON(w, answer)
	}
}

// writeJSON sends a value, with its length however long it is.
func writeJSON(w http.ResponseWriter, v any) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	w.Header().Set("Content-Length", strconv.Itoa(text.Len()))
	_, _ = w.Write(text.Bytes())
}

// rpcBody is the answer to a body: one, a list, or nil for none. What follows the first JSON value does not count, nor does a byte order mark.
func (s *Server) rpcBody(raw []byte, methods map[string]ethMethod) any {
	var body json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\uFEFF")))).Decode(&body); err != nil {
		return ethProblem{"2.0", json.RawMessage(`"null"`), errParse}
	}
	calls := 0
	return s.rpcValue(body, methods, &calls)
}

// rpcValue answers a call, or a list of such, which may hold lists in turn. calls counts those of the whole request.
func (s *Server) rpcValue(raw json.RawMessage, methods map[string]ethMethod, calls *int) any {
	if kindOf(raw) != '[' {
		answer, _ := s.rpcCall(raw, methods)
		return answer
	}
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list) // was read before
	if *calls += len(list); *calls > MaxBatch {
		return ethProblem{"2.0", json.RawMessage(`"null"`), errShape}
	}
	answers := make([]any, len(list))
	for i, one := range list {
		var ok bool
		if kindOf(one) == '[' {
			answers[i] = s.rpcValue(one, methods, calls)
		} else if answers[i], ok = s.rpcCall(one, methods); !ok {
			answers[i] = ethProblem{"2.0", json.RawMessage(`"null"`), errParse}
		}
	}
	return answers
}

// rpcCall answers one call; nil when there is nobody to answer to. ok is false where Java throws: alone that has no answer, in a list it has.
func (s *Server) rpcCall(raw []byte, methods map[string]ethMethod) (answer any, ok bool) {
	var call struct {
		Version json.RawMessage `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  json.RawMessage `json:"method"`
		Params  json.RawMessage `json:"params"`
	}
	if kindOf(raw) != '{' || json.Unmarshal(raw, &call) != nil {
		return ethProblem{"2.0", json.RawMessage(`"null"`), errShape}, true
	}
	version := versionOf(call.Version)
	var name string
	_ = json.Unmarshal(call.Method, &name)
	id, ok := callID(call.ID)
	if !ok {
		return nil, false
	}
	method, ok := methods[name]
	if !ok {
		return ethProblem{version, id, errMethod}, true
	}
	args, ok := arguments(call.Params)
	if !ok {
		return nil, false
	}
	if method.params == 0 && hasNames(call.Params) {
		return ethProblem{version, id, errParams}, true
	}
	result, err := s.runMethod(method, args)
	if err == nil {
		if isNull(id) {
			return nil, true
		}
		return ethAnswer{version, id, result}, true
	}
	problem := ethFailure(err)
	if problem.Code == errParse.Code { // it broke while its parameters were read
		return ethProblem{"2.0", json.RawMessage(`"null"`), problem}, true
	}
	return ethProblem{version, id, problem}, true
}

// versionOf is the version that an answer repeats: any scalar as text.
func versionOf(raw json.RawMessage) string {
	switch kindOf(raw) {
	case 0, 'n':
		return "2.0"
	case '[', '{':
		return ""
	}
	text, _, _ := textArg(raw)
	return text
}

// callID is the id that an answer repeats: text or a number, of which Java keeps the low 32 bits if it has more than 64; or null.
// Anything else is no id, and its call gets no answer.
func callID(raw json.RawMessage) (id json.RawMessage, ok bool) {
	switch kindOf(raw) {
	case 0, 'n':
		return json.RawMessage("null"), true
	case '"':
		return raw, true
	case '0':
		if n, ok := new(big.Int).SetString(string(raw), 10); ok && !n.IsInt64() {
			low := new(big.Int).And(n, big.NewInt(math.MaxUint32))
			return strconv.AppendInt(nil, int64(int32(uint32(low.Uint64()))), 10), true
		}
		return raw, true
	}
	return nil, false
}

func isNull(raw json.RawMessage) bool { return kindOf(raw) == 'n' }

func (s *Server) runMethod(m ethMethod, args []json.RawMessage) (any, error) {
	if len(args) != m.params && m.params >= 0 {
		if m.later {
			return nil, errMethod
		}
		return nil, errParams
	}
	for _, arg := range args { // Java makes all of them into Strings before it calls the method
		if k := kindOf(arg); m.texts && (k == '[' || k == '{') {
			return nil, errParse
		}
	}
	return m.run(&ethCall{s, args})
}

// kindOf is the first byte of a JSON value, '0' for any number, 0 for nothing.
func kindOf(raw json.RawMessage) byte {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	switch {
	case len(raw) == 0:
		return 0
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return '0'
	}
	return raw[0]
}

// arguments reads params: a list, or nothing in any form but text and numbers.
func arguments(raw json.RawMessage) (args []json.RawMessage, ok bool) {
	switch kindOf(raw) {
	case '[':
		return args, json.Unmarshal(raw, &args) == nil
	case '{', 'n', 0:
		return nil, true
	}
	return nil, false
}

// hasNames says whether params is an object with something in it, which fits no method.
func hasNames(raw json.RawMessage) bool {
	var names map[string]json.RawMessage
	return kindOf(raw) == '{' && json.Unmarshal(raw, &names) == nil && len(names) > 0
}

// text is a String parameter as Jackson reads it: numbers and booleans become text, null is ok false.
func (c *ethCall) text(i int) (text string, ok bool, err error) { return textArg(c.args[i]) }

func textArg(raw json.RawMessage) (text string, ok bool, err error) {
	switch kindOf(raw) {
	case '"':
		return text, true, asParse(json.Unmarshal(raw, &text))
	case '0', 't', 'f':
		return string(bytes.TrimSpace(raw)), true, nil
	case 'n', 0:
		return "", false, nil
	}
	return "", false, errParse
}

func asParse(err error) error {
	if err != nil {
		return errParse
	}
	return nil
}

// needText is text where Java goes on to use it: null is a NullPointerException.
func (c *ethCall) needText(i int) (string, error) {
	text, ok, err := c.text(i)
	if err == nil && !ok {
		err = javajson.Null()
	}
	return text, err
}

// flag is a Boolean parameter; null is a NullPointerException once it is used.
func (c *ethCall) flag(i int) (flag, ok bool, err error) {
	text, ok, err := c.text(i)
	if err != nil || !ok {
		return false, false, err
	}
	return flagOf(text, kindOf(c.args[i]) == '0')
}

// flagOf is a Boolean as Jackson reads it: three spellings, the empty text for null, and whole numbers.
func flagOf(text string, isNumber bool) (flag, ok bool, err error) {
	switch text {
	case "true", "True", "TRUE":
		return true, true, nil
	case "false", "False", "FALSE":
		return false, true, nil
	case "":
		return false, false, nil
	}
	n, isWhole := new(big.Int).SetString(text, 10)
	if !isNumber || !isWhole {
		return false, false, errParse
	}
	return n.Sign() != 0, true, nil
}
