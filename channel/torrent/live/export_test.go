package live

import "crypto/ed25519"

// PinForTest puts up a list that no publisher would make.
func (b *Board) PinForTest(l List, key ed25519.PrivateKey, salt []byte) { b.pin(sign(&l, key, salt)) }
