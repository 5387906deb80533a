package rpc

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Limits of a trace: what is beyond is left out and said so.
const (
	MaxTraceSteps  = 100_000
	MaxTraceFrames = 10_000
	MaxTraceBytes  = 64 << 20 // of stack and memory
)

// traceOptions are those of debug_traceTransaction that Ethereum's tools know.
type traceOptions struct {
	Tracer         string `json:"tracer"` // callTracer, or nothing for struct logs
	DisableStack   bool   `json:"disableStack"`
	DisableMemory  bool   `json:"disableMemory"`
	EnableMemory   bool   `json:"enableMemory"`
	DisableStorage bool   `json:"disableStorage"`
}

// structLog is one opcode of a trace.
type structLog struct {
	PC      int               `json:"pc"`
	Op      string            `json:"op"`
	Gas     int64             `json:"gas"`
	GasCost int64             `json:"gasCost"`
	Depth   int               `json:"depth"`
	Error   string            `json:"error,omitempty"`
	Stack   []string          `json:"stack,omitempty"`
	Memory  []string          `json:"memory,omitempty"`
	Storage map[string]string `json:"storage,omitempty"`
}

// structTrace is debug_traceTransaction's answer without a tracer.
type structTrace struct {
	Gas         int64       `json:"gas"`
	Failed      bool        `json:"failed"`
	ReturnValue string      `json:"returnValue"`
	StructLogs  []structLog `json:"structLogs"`
	Truncated   bool        `json:"truncated,omitempty"`
}

// frameTrace is a call of callTracer.
type frameTrace struct {
	Type       string        `json:"type"`
	From       string        `json:"from"`
	To         string        `json:"to"`
	Value      string        `json:"value,omitempty"`
	TokenID    int64         `json:"tokenId,omitempty"`
	TokenValue int64         `json:"tokenValue,omitempty"`
	Gas        string        `json:"gas"`
	GasUsed    string        `json:"gasUsed"`
	Input      string        `json:"input"`
	Output     string        `json:"output,omitempty"`
	Error      string        `json:"error,omitempty"`
	Calls      []*frameTrace `json:"calls,omitempty"`
}

// recorder is a vm.Tracer that keeps frames and, if wanted, steps.
type recorder struct {
	options traceOptions
	steps   bool
	logs    []structLog
	bytes   int
	cut     bool
	root    *frameTrace
	open    []*frameTrace
	frames  int
	rows    map[wallet.Address]map[string]string // what each contract's rows were seen to hold
}

// Enter opens a frame.
func (r *recorder) Enter(_ int, f vm.FrameInfo) {
	frame := &frameTrace{
		Type: f.Kind, From: ethBytes(f.From[1:]), To: ethBytes(f.To[1:]), Gas: ethNumber(f.Energy), Input: ethBytes(f.Input),
		TokenID: int64(f.TokenID), TokenValue: int64(f.TokenValue),
	}
	if f.Value != 0 {
		frame.Value = ethNumber(int64(f.Value))
	}
	r.frames++
	switch {
	case len(r.open) == 0:
		r.root = frame
	case r.frames <= MaxTraceFrames:
		parent := r.open[len(r.open)-1]
		parent.Calls = append(parent.Calls, frame)
	default:
		r.cut = true
	}
	r.open = append(r.open, frame)
}

// Exit closes it.
func (r *recorder) Exit(_ int, output []byte, used int64, err error) {
	if len(r.open) == 0 {
		return
	}
	frame := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	frame.GasUsed, frame.Output = ethNumber(used), ethBytes(output)
	if err != nil {
		frame.Error = err.Error()
	}
}

// Steps says whether opcodes are wanted.
func (r *recorder) Steps() bool { return r.steps }

// Step keeps an opcode.
func (r *recorder) Step(s *vm.Step) {
	if len(r.logs) == MaxTraceSteps || r.bytes > MaxTraceBytes {
		r.cut = true
		return
	}
	l := structLog{PC: s.PC, Op: vm.OpName(s.Op), Gas: s.Energy, GasCost: s.Cost, Depth: s.Depth + 1}
	if s.Err != nil {
		l.Error = s.Err.Error()
	}
	if !r.options.DisableStack {
		for i := range s.Stack {
			l.Stack = append(l.Stack, s.Stack[i].Hex())
		}
		r.bytes += 80 * len(s.Stack)
	}
	if r.options.EnableMemory && !r.options.DisableMemory {
		for chunk := range slices.Chunk(s.Memory, 32) {
			l.Memory = append(l.Memory, hexText(chunk))
		}
		r.bytes += 2 * len(s.Memory)
	}
	r.noteRow(s, &l)
	r.logs = append(r.logs, l)
}

// noteRow shows what a contract writes to its storage.
func (r *recorder) noteRow(s *vm.Step, l *structLog) {
	const sstore = 0x55
	if r.options.DisableStorage || s.Op != sstore || len(s.Stack) < 2 || s.Err != nil {
		return
	}
	if r.rows == nil {
		r.rows = map[wallet.Address]map[string]string{}
	}
	if r.rows[s.Address] == nil {
		r.rows[s.Address] = map[string]string{}
	}
	key, value := s.Stack[len(s.Stack)-1].Bytes32(), s.Stack[len(s.Stack)-2].Bytes32()
	r.rows[s.Address][hexText(key[:])] = hexText(value[:])
	l.Storage = map[string]string{}
	for k, v := range r.rows[s.Address] {
		l.Storage[k] = v
	}
	r.bytes += 128 * len(l.Storage)
}

// traceTransaction takes a transaction's id and, optionally, an object with options.
func traceTransaction(c *ethCall) (any, error) {
	if len(c.args) < 1 || len(c.args) > 2 {
		return nil, errParams
	}
	id, err := c.hash(0)
	if err != nil {
		return nil, err
	}
	var options traceOptions
	if len(c.args) == 2 && json.Unmarshal(c.args[1], &options) != nil {
		return nil, invalidParams("the options are no object")
	}
	calls := strings.EqualFold(options.Tracer, "callTracer")
	if options.Tracer != "" && !calls {
		return nil, invalidParams("there is no tracer " + wallet.Clip(options.Tracer) + ", only callTracer")
	}
	r := &recorder{options: options, steps: !calls}
	info, err := c.chain.Trace([32]byte(id), r)
	if errors.Is(err, chain.ErrNoTrace) {
		return nil, internalError(err.Error())
	}
	if err != nil {
		return nil, err
	}
	if calls {
		return r.root, nil
	}
	trace := structTrace{
		Gas: info.GetReceipt().GetEnergyUsageTotal(), Failed: info.GetReceipt().GetResult() > tronpb.Transaction_Result_SUCCESS,
		StructLogs: r.logs, Truncated: r.cut,
	}
	if trace.StructLogs == nil {
		trace.StructLogs = []structLog{}
	}
	if out := info.GetContractResult(); len(out) > 0 {
		trace.ReturnValue = hexText(out[0])
	}
	return trace, nil
}
