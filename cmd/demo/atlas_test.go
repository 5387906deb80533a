package demo_test

import (
	"testing"

	"github.com/piecework/piecework/cmd/demo"
)

// TestAtlas: ten viewers of six nodes, and every unit of BTT is explained.
func TestAtlas(t *testing.T) {
	report, err := demo.Atlas(t.Context(), demo.Config{Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if !c.OK {
			t.Errorf("%s: %s", c.Name, c.Detail)
		}
	}
	if !report.OK || len(report.Nodes) != 6 || len(report.Viewers) != 10 || len(report.Checks) < 30 {
		t.Errorf("%d nodes, %d viewers, %d checks", len(report.Nodes), len(report.Viewers), len(report.Checks))
	}
	passed, failed := 0, 0
	for _, n := range report.Nodes {
		if passed += n.Passed; n.Left {
			failed += n.Failed
		}
	}
	if passed == 0 || failed == 0 {
		t.Errorf("%d probes passed; %d failed of the node that left", passed, failed)
	}
}
