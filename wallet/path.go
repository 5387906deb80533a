package wallet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrPath is wrapped by errors about derivation paths.
var ErrPath = errors.New("not a derivation path")

// CoinType is Tron's number in SLIP-44.
const CoinType = 195

// hardened is the bit that BIP-32 sets for steps that need the private key.
const hardened = 1 << 31

// maxPathDepth bounds a path; BIP-32 keeps the depth in one byte and wallets use five steps.
const maxPathDepth = 10

// Path is a BIP-32 derivation path from the master key, hardened steps with their top bit set. It is data that is stored with a key, never a default:
// programs disagree about where account i is.
type Path []uint32

// AccountPath is m/44'/195'/0'/0/i, where TronLink and TronWeb look for account i.
func AccountPath(i uint32) Path {
	return Path{44 | hardened, CoinType | hardened, hardened, 0, i}
}

// LedgerPath is m/44'/195'/i'/0/0, where Ledger Live looks for account i. It equals AccountPath at i = 0 only.
func LedgerPath(i uint32) Path {
	return Path{44 | hardened, CoinType | hardened, i | hardened, 0, 0}
}

// Usual says whether Tron's wallets look there: it is an [AccountPath] or a [LedgerPath]. A key elsewhere is found again only by who knows the path.
func (p Path) Usual() bool {
	if len(p) != len(AccountPath(0)) {
		return false
	}
	return slices.Equal(p, AccountPath(p[4])) || slices.Equal(p, LedgerPath(p[2]&^hardened))
}

// ParsePath reads "m/44'/195'/0'/0/0"; h and H stand for ' as well.
func ParsePath(s string) (Path, error) {
	steps := strings.Split(s, "/")
	if steps[0] != "m" {
		return nil, fmt.Errorf("%w: %q does not begin with m", ErrPath, Clip(s))
	}
	if len(steps)-1 > maxPathDepth {
		return nil, fmt.Errorf("%w: %q has more than %d steps", ErrPath, Clip(s), maxPathDepth)
	}
	path := make(Path, 0, len(steps)-1)
	for _, step := range steps[1:] {
		n, err := parseStep(step)
		if err != nil {
			return nil, fmt.Errorf("%w: step %q of %q", ErrPath, Clip(step), Clip(s))
		}
		path = append(path, n)
	}
	return path, nil
}

func parseStep(step string) (uint32, error) {
	digits := strings.TrimRight(step, "'hH")
	if len(step)-len(digits) > 1 || strings.HasPrefix(digits, "+") {
		return 0, ErrPath
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, err
	}
	if digits != step {
		n |= hardened
	}
	return uint32(n), nil
}

// String is the path as people write it, "m/44'/195'/0'/0/0"; "m" for the empty path.
func (p Path) String() string {
	var b strings.Builder
	b.WriteByte('m')
	for _, step := range p {
		b.WriteByte('/')
		b.WriteString(strconv.FormatUint(uint64(step&^hardened), 10))
		if step&hardened != 0 {
			b.WriteByte('\'')
		}
	}
	return b.String()
}

// MarshalText is String.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePath.
func (p *Path) UnmarshalText(text []byte) error {
	parsed, err := ParsePath(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}
