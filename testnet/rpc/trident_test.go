package rpc_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/installed"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
)

// TestTrident runs Tron's Java SDK, from Maven Central, over gRPC.
func TestTrident(t *testing.T) {
	need(t, "java", "mvn")
	dir := installed.Once(t, os.DirFS("testdata/trident"), "pom.xml", func(dir string) {
		run(t, dir, nil, "mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath")
	})
	classpath, err := os.ReadFile(filepath.Join(dir, "classpath"))
	if err != nil {
		t.Fatal(err)
	}
	network := testnettest.Start(t, testnet.Config{})
	token := contract.Of(contract.Options{})
	code, err := token.InitCode("Acme", "ACM", 6, wallet.UnitsFromUint64(1_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	for name, text := range map[string]string{"abi": string(token.ABI), "code": hex.EncodeToString(code)} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := run(t, "testdata/trident", nil, "java", "-cp", strings.TrimSpace(string(classpath)), "Calls.java", network.GRPC(),
		secret(network.Accounts()[0]), secret(network.Accounts()[1]), filepath.Join(files, "abi"), filepath.Join(files, "code"))
	t.Log(strings.TrimSpace(out))
}
