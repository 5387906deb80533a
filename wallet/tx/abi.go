package tx

// ABI is the description of a contract that Tron stores beside it.
type ABI struct{ Entries []ABIEntry }

// ABIEntry is a function, constructor, event or error.
type ABIEntry struct {
	Anonymous  bool // an event without a topic of its own
	Constant   bool // it changes nothing: the old word for view and pure
	Name       string
	Inputs     []ABIParam
	Outputs    []ABIParam
	Kind       ABIKind
	Payable    bool
	Mutability ABIMutability
}

// ABIParam is an input, an output or a field of an event. Tron keeps no components: a tuple is only its name.
type ABIParam struct {
	Indexed bool
	Name    string
	Type    string // as Solidity writes it: uint256, address[], tuple
}

// ABIKind is what an entry describes.
type ABIKind int32

// The kinds of entry.
const (
	ABIUnknown ABIKind = iota
	ABIConstructor
	ABIFunction
	ABIEvent
	ABIFallback
	ABIReceive
	ABIError
)

var abiKinds = []string{"UnknownEntryType", "Constructor", "Function", "Event", "Fallback", "Receive", "Error"}

// ABIMutability is what a function does to the state.
type ABIMutability int32

// The mutabilities.
const (
	MutabilityUnknown ABIMutability = iota
	MutabilityPure
	MutabilityView
	MutabilityNonpayable
	MutabilityPayable
)

var abiMutabilities = []string{"UnknownMutabilityType", "Pure", "View", "Nonpayable", "Payable"}

func (a *ABI) fields(f fields) { repeated(f, 1, "entrys", &a.Entries, (*ABIEntry).fields) }

func (e *ABIEntry) fields(f fields) {
	f.bool(1, "anonymous", &e.Anonymous)
	f.bool(2, "constant", &e.Constant)
	f.string(3, "name", &e.Name)
	repeated(f, 4, "inputs", &e.Inputs, (*ABIParam).fields)
	repeated(f, 5, "outputs", &e.Outputs, (*ABIParam).fields)
	enumOf(f, 6, "type", &e.Kind, abiKinds)
	f.bool(7, "payable", &e.Payable)
	enumOf(f, 8, "stateMutability", &e.Mutability, abiMutabilities)
}

func (p *ABIParam) fields(f fields) {
	f.bool(1, "indexed", &p.Indexed)
	f.string(2, "name", &p.Name)
	f.string(3, "type", &p.Type)
}
