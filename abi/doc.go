// Package abi is the contract ABI of the TVM: it turns Go values into calldata and back, and reads events, revert reasons and typed data (TIP-712).
//
// It is the Ethereum ABI with one more type, trcToken (the id of a TRC-10 token; a uint256 that keeps its name in signatures), and with Tron addresses.
// Definitions come from text ("transfer(address to, uint256 amount) returns (bool)", or "transfer(address,uint256)(bool)") or from a JSON ABI.
//
// # Values
//
// One mapping between types and Go values, used by every function:
//
//	type             Encode takes                                              Decode gives      DecodeInto also fills
//	uintN, intN      *big.Int; any Go integer; wallet.Units, wallet.Sun,       *big.Int          any Go integer it fits,
//	                 *uint256.Int; anything with Big() or Word()                                 wallet.Units, uint256.Int
//	trcToken         the same                                                  *big.Int          the same
//	address          wallet.Address, [20]byte                                  wallet.Address    [20]byte
//	bool             bool                                                      bool
//	string           string                                                    string
//	bytes            []byte                                                    []byte
//	bytesN, function [N]byte, or []byte of exactly N bytes                     [N]byte           []byte
//	T[], T[N]        a slice or array of what T takes                          []any             a slice or array
//	tuple            a struct, or []any with one value per component           []any             a struct
//
// Named Go types count as what they are made of. A struct's exported fields stand for the components in order; their numbers must be equal, and where
// a component has a name the field must have it too (letter case and underscores aside; a tag `abi:"name"` replaces the field's name, `abi:"-"` skips the field).
//
// # Strictness
//
// Decoding refuses what Solidity's own decoder refuses: integers wider than their type, booleans other than 0 and 1, dirty padding of bytesN, offsets and
// lengths that leave the data. One exception is Tron's: an address may have 0x41 before its 20 bytes, as old wallets put it into calldata and TVM's
// ecrecover returns it. What is decoded is bounded by the length of the data, whatever its offsets claim (see limits.go).
package abi
