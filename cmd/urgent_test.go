package cmd_test

import "testing"

// TestWhatIsUrgentDoesNotWaitForThePeriod: a payer starts to close while its payee's server is away, and when it comes back it looks at what to settle every hour.
func TestWhatIsUrgentDoesNotWaitForThePeriod(t *testing.T) {
	r := newRig(t)
	id := r.run("channel", "open", "--payee", "bob", "--deposit", "100", "--from", "carol", "--contract", r.contract)["id"].(string)
	serve := r.start(r.serveArgs("127.0.0.1:0")...)
	address := r.wait("ready")
	r.run("channel", "pay", "--id", id, "--amount", "5", "--from", "carol", "--contract", r.contract, "--server", address)
	if err := serve.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = serve.Wait()
	r.run("channel", "start-close", "--id", id, "--from", "carol", "--contract", r.contract)
	r.start(r.serveArgs(address)...)
	r.until("the settlement", func() bool {
		return r.run("channel", "show", "--id", id, "--contract", r.contract)["settled_units"] == "5000000"
	})
}
