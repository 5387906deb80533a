// Package javahash gives the order in which Java's HashMap walks over its keys: by bucket, and within a bucket by age. java-tron shows that order
// where it keeps votes and token amounts in such maps.
package javahash

import (
	"cmp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// String is String.hashCode.
func String(s string) (h uint32) {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return units(s)
		}
		h = 31*h + uint32(s[i])
	}
	return h
}

func units(s string) (h uint32) {
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	return h
}

// Bytes is the hashCode of protobuf's ByteString.
func Bytes(b []byte) uint32 {
	h := uint32(len(b))
	for _, c := range b {
		h = 31*h + uint32(int8(c))
	}
	return max(h, 1) // 0 stands for a hash not computed yet
}

// Array is the hashCode of Arrays for an array of bytes.
func Array(b []byte) uint32 {
	h := uint32(1)
	for _, c := range b {
		h = 31*h + uint32(int8(c))
	}
	return h
}

// leastCapacity is the buckets that a map has unless it was told better.
const leastCapacity = 16

// Grown is the number of buckets of a map that n keys were put into, one by one.
func Grown(n int) int { return capacity(leastCapacity, func(c int) bool { return 4*n <= 3*c }) }

// Copied is the number of buckets of an empty map that n keys were put into at once.
func Copied(n int) int { return capacity(1, func(c int) bool { return 4*n/3+1 <= c }) }

func capacity(least int, enough func(int) bool) int {
	for !enough(least) {
		least *= 2
	}
	return least
}

// Sort puts keys, which come by age, into the order of a map of so many buckets.
func Sort[K any](keys []K, buckets int, hash func(K) uint32) {
	bucket := func(k K) uint32 {
		h := hash(k)
		return (h ^ h>>16) & uint32(buckets-1)
	}
	slices.SortStableFunc(keys, func(a, b K) int { return cmp.Compare(bucket(a), bucket(b)) })
}
