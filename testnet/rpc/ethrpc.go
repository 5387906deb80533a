package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
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
}

// ethCall is one call of a method.
type ethCall struct {
	*Server
	args []json.RawMessage
}

// serveRPC answers a JSON-RPC request with a table of methods.
func (s *Server) serveRPC(w http.ResponseWriter, r *http.Request, methods map[string]ethMethod) {
	if r.Method != http.MethodPost {
		s.serve(w, r, servlet{}, 0)
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

func writeJSON(w http.ResponseWriter, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

// rpcBody is the answer to a body: one, a list, or nil for none.
func (s *Server) rpcBody(raw []byte, methods map[string]ethMethod) any {
	var body any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return ethProblem{"2.0", json.RawMessage(`"null"`), errParse}
	}
	if _, isList := body.([]any); !isList {
		return s.rpcCall(raw, methods)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) > MaxBatch {
		return ethProblem{"2.0", json.RawMessage(`"null"`), errShape}
	}
	answers := make([]any, len(list))
	for i, one := range list {
		answers[i] = s.rpcCall(one, methods)
	}
	return answers
}

// rpcCall answers one call; nil when there is nobody to answer to.
func (s *Server) rpcCall(raw []byte, methods map[string]ethMethod) any {
	var call struct {
		Version json.RawMessage `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  json.RawMessage `json:"method"`
		Params  json.RawMessage `json:"params"`
	}
	if kindOf(raw) != '{' || json.Unmarshal(raw, &call) != nil {
		return ethProblem{"2.0", json.RawMessage(`"null"`), errShape}
	}
	version := "2.0"
	if kindOf(call.Version) == '"' {
		_ = json.Unmarshal(call.Version, &version)
	}
	var name string
	_ = json.Unmarshal(call.Method, &name)
	id := call.ID
	if len(id) == 0 {
		id = json.RawMessage("null")
	}
	method, ok := methods[name]
	if !ok {
		return ethProblem{version, id, errMethod}
	}
	args, ok := arguments(call.Params)
	if k := kindOf(call.ID); !ok || k != '"' && k != '0' {
		return nil
	}
	result, err := s.runMethod(method, args)
	if err == nil {
		return ethAnswer{version, id, result}
	}
	problem := ethFailure(err)
	if problem.Code == errParse.Code { // it broke while its parameters were read
		return ethProblem{"2.0", json.RawMessage(`"null"`), problem}
	}
	return ethProblem{version, id, problem}
}

func (s *Server) runMethod(m ethMethod, args []json.RawMessage) (any, error) {
	if len(args) != m.params && m.params >= 0 {
		if m.later {
			return nil, errMethod
		}
		return nil, errParams
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
	switch text, ok, err := c.text(i); {
	case err != nil || !ok:
		return false, false, err
	case text == "true", text == "false":
		return text == "true", true, nil
	case kindOf(c.args[i]) == '0':
		return text != "0", true, nil
	}
	return false, false, errParse
}
