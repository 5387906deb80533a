// Package actuator is what each contract type of Tron does: its checks in java-tron's order and words, its fees, its effects on the state;
// with the rules that the contracts share: bandwidth, energy, stake, votes and rewards.
package actuator
