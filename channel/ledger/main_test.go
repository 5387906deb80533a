package ledger_test

import (
	"testing"

	"github.com/piecework/piecework/channel/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
