package rpc_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/installed"
	"github.com/piecework/piecework/testnet/rpc"
)

// TestHardhat runs a Hardhat project with OpenZeppelin's plugin for Tron: its own deployment, its matchers, its cheats, its compiler's checksum.
func TestHardhat(t *testing.T) {
	need(t, "node", "npm")
	files, compiler := os.DirFS("testdata/hardhat"), t.TempDir()
	project := installed.Project(t, files, installed.Once(t, files, "package-lock.json", func(dir string) { run(t, dir, nil, "npm", "ci") }))
	version := strings.TrimSpace(run(t, project, nil, "node", "mirror.cjs", compiler))
	mirror := httptest.NewServer(http.FileServer(http.Dir(compiler)))
	t.Cleanup(mirror.Close)
	url, keys := node(t, rpc.Config{})
	env := []string{"HOME=" + t.TempDir(), "SOLC_VERSION=" + version, "SOLC_MIRROR=" + mirror.URL, "TRE_URL=" + url + "/jsonrpc", "TRE_PRIVATE_KEY=0x" + secret(keys[0])}
	out := run(t, project, env, "node", "node_modules/hardhat/internal/cli/bootstrap.js", "--config", "hardhat.config.cjs", "test", "test/bank.test.cjs")
	if !strings.Contains(out, "6 passing") || strings.Contains(out, "failing") {
		t.Errorf("test:\n%s", out)
	}
}
