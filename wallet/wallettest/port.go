package wallettest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

var ports sync.Map // that were given

// Port is a TCP port of this machine for a program that has to be told one, and that can come back to it after a restart: nobody listens on it, nobody else in this process is given it, and it
// lies below those that a system gives to who asks for any (from 32768 on Linux, 49152 elsewhere), which the connections of other tests are taken from.
func Port(t interface{ Fatalf(string, ...any) }) string {
	for range 1000 {
		port := strconv.Itoa(15_000 + rand.IntN(17_000))
		if _, given := ports.LoadOrStore(port, true); given {
			continue
		}
		if free, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = free.Close()
			return port
		}
	}
	t.Fatalf("no port is free")
	return ""
}
