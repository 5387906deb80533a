package settle

import (
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
)

// Bounds of a batch. The contract accepts 32 items; 16 have never timed out within the 80 ms that a transaction has on mainnet, 32 sometimes nearly do.
const (
	DefaultBatch = 16
	MaxBatch     = 32
)

// Policy is when the operator wants to settle. The zero Policy is the default one.
type Policy struct {
	Minimum    wallet.Sun    // nothing worth less is settled for its value alone; 0 is 10 TRX
	CostFactor int64         // nor what is worth less than this many times its cost; 0 is 100
	MaxAge     time.Duration // a batch that is not full goes out when its oldest channel has waited so long; 0 is a day
	Batch      int           // channels in one transaction; 0 is DefaultBatch
	Exposure   wallet.Sun    // a channel with more than this unsettled is settled at once; 0 is no cap
	TailLead   time.Duration // reveals are settled when their tail's expiry is nearer than this; 0 is 15 minutes
	FeeCap     wallet.Sun    // no transaction may burn more; 0 is 100 TRX
	Reserve    int64         // per cent kept above what settling everything would cost; 0 is 20
}

// Validate refuses what no contract or node would take.
func (p Policy) Validate() error {
	switch {
	case p.Batch < 0 || p.Batch > MaxBatch:
		return fmt.Errorf("settlement policy: a batch of %d, want 1 to %d", p.Batch, MaxBatch)
	case p.Minimum < 0, p.CostFactor < 0, p.MaxAge < 0, p.Exposure < 0, p.TailLead < 0, p.FeeCap < 0, p.Reserve < 0:
		return errors.New("settlement policy: a figure is negative")
	}
	return nil
}

// WithDefaults fills in what is zero.
func (p Policy) WithDefaults() Policy {
	or(&p.Minimum, 10*wallet.TRX)
	or(&p.CostFactor, 100)
	or(&p.MaxAge, 24*time.Hour)
	or(&p.Batch, DefaultBatch)
	or(&p.TailLead, 15*time.Minute)
	or(&p.FeeCap, 100*wallet.TRX)
	or(&p.Reserve, 20)
	return p
}

func or[T comparable](to *T, otherwise T) {
	var zero T
	if *to == zero {
		*to = otherwise
	}
}
