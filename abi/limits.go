package abi

// Limits on what strangers can make this package do. Going over one is an ErrType, ErrValue, ErrData or ErrTypedData.
const (
	// MaxSignatureText is the longest signature or type in characters.
	MaxSignatureText = 16 << 10
	// MaxJSON is the largest JSON ABI in bytes.
	MaxJSON = 4 << 20
	// MaxTypedData is the largest typed-data document in bytes, and MaxStructTypes the most struct types in one.
	MaxTypedData   = 1 << 20
	MaxStructTypes = 64
	// MaxArgText is the longest text of one argument in bytes.
	MaxArgText = 1 << 20
	// MaxDepth is how deep arrays and tuples may nest in a type. Solidity's stack allows less.
	MaxDepth = 16
	// MaxParams is the most components of one tuple or parameters of one function.
	MaxParams = 256
	// MaxHeadWords is the most 32-byte words that a type, or a list of parameters, may take up without its dynamic parts. It bounds T[N].
	MaxHeadWords = 1 << 16

	// aliasing is how many times over the data may be read through offsets that point to the same place. Compilers never do that (once would do);
	// hand-written calldata shares empty arrays. Without a bound, nested offsets would make kilobytes decode to gigabytes.
	aliasing = 4
)
