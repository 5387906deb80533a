// Package wallet holds what every other part speaks: addresses, exact amounts, keys and signatures, networks.
//
//   - Address, Sun and Units: parsed exactly or refused, printed in one form.
//   - Key, Signature, PublicKey, Signer: secp256k1 with low s; a secret never prints.
//   - Mnemonic, HDKey, Path: BIP-39 in ten languages, BIP-32, and both paths that Tron wallets use.
//   - KeyFile, Keystore, Book: encrypted keys and known addresses in files.
//   - Network: named networks, each pinned by its genesis block.
//   - MessageForm: signed messages as TronWeb makes them.
//
// It imports nothing else of Piecework, does no I/O but for the files of Keystore and Book, and keeps no package state.
package wallet
