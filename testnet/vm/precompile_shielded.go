package vm

// shieldedPrecompiles are the four of shielded TRC-20 contracts. The three proofs need the Sapling parameters, 770 MB that a local network
// does not have: they answer as a node without them does, with a word of zeros, for every input.
var shieldedPrecompiles = [4]precompile{
	{flat(150000), noProof},
	{flat(200000), noProof},
	{flat(150000), noProof},
	{flat(500), func(c *precompileCall) ([]byte, bool, *fault) { return nil, false, nil }},
}

func noProof(*precompileCall) ([]byte, bool, *fault) { return longWord(0), true, nil }
