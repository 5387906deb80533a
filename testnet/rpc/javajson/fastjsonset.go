package javajson

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"

	"github.com/piecework/piecework/testnet/javahash"
)

// set reads Set[1,2] and TreeSet[1,2] as lists in the order in which Java goes through them.
func (p *parser) set(depth int) (Array, error) {
	sorted := p.token == kindTreeSet
	if err := p.nextToken(); err != nil {
		return nil, err
	}
	if p.token == kindSet || p.token == kindTreeSet { // parseArray passes one, too
		if err := p.nextToken(); err != nil {
			return nil, err
		}
	}
	list, err := p.array(depth)
	if err != nil {
		return nil, err
	}
	if sorted {
		return treeSet(list)
	}
	return hashSet(list), nil
}

// hashSet keeps the first of equal values, and orders numbers and texts by their hashes; what else there is stays in its place behind them.
func hashSet(list Array) Array {
	var kept, others Array
	seen := map[any]bool{}
	for _, v := range list {
		if !isPlain(v) {
			others = append(others, v)
		} else if !seen[v] {
			seen[v] = true
			kept = append(kept, v)
		}
	}
	javahash.Sort(kept, javahash.Grown(len(list)), hashOf)
	return append(kept, others...)
}

func isPlain(v any) bool {
	switch v.(type) {
	case nil, bool, string, Number:
		return true
	}
	return false
}

// hashOf is Object.hashCode of a plain value: of Integer, Long and BigInteger by their size; fractions are taken for 0.
func hashOf(v any) uint32 {
	switch v := v.(type) {
	case string:
		return javahash.String(v)
	case bool:
		return map[bool]uint32{true: 1231, false: 1237}[v]
	case Number:
		n, _ := strconv.ParseInt(string(v), 10, 64)
		if n == int64(int32(n)) {
			return uint32(n)
		}
		return uint32(n) ^ uint32(n>>32)
	}
	return 0
}

// treeSet sorts values of one class; others do not compare.
func treeSet(list Array) (Array, error) {
	for _, v := range list {
		if v == nil {
			return nil, Null()
		}
		if class := javaClass(v); class != javaClass(list[0]) || !isPlain(v) {
			return nil, Throw(JSONException, "do not compare")
		}
	}
	slices.SortStableFunc(list, compareValues)
	return slices.CompactFunc(list, func(a, b any) bool { return compareValues(a, b) == 0 }), nil
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case bool:
		return cmp.Compare(hashOf(b), hashOf(a))
	case Number:
		x, _ := new(big.Rat).SetString(string(a)) // all of them are numbers that were read
		y, _ := new(big.Rat).SetString(string(b.(Number)))
		return x.Cmp(y)
	}
	return 0
}
