// Package settle decides what to settle on chain, when, and whether it pays. It is pure: records, prices, policy and a time in, a ranked plan with reasons out.
// Asking for a plan is the dry run; carrying it out is somebody else's.
package settle
