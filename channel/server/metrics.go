package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/piecework/piecework/channel/settle"
)

// metrics reads the server's counters when they are scraped; nothing is counted twice.
type metrics struct{ server *Server }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("piecework_"+name, help, labels, nil)
}

var (
	descPayments  = describe("payments_total", "Vouchers and reveals by what became of them.", "outcome")
	descCommits   = describe("commits_total", "Batches that were made durable.")
	descWritten   = describe("channels_written_total", "Channels written in them.")
	descAccepting = describe("accepting", "1 while payments are accepted: the view of the chain is fresh and not in doubt.")
	descNew       = describe("takes_new_channels", "1 while first payments on new channels are taken.")
	descBlock     = describe("block", "Block number as followed.", "which")
	descReserve   = describe("challenge_reserve_sun", "What settling everything that is worth it would cost, and what there is.", "which")
	descPlanned   = describe("planned_worth_sun", "Worth of what is due, by the plan's reason.", "reason")
	descAlarms    = describe("alarms", "Closing channels that are not settled after half of their challenge.")
	descLeads     = describe("leads", "1 on the server that settles.")
)

var allDescs = []*prometheus.Desc{
	descPayments, descCommits, descWritten, descAccepting, descNew, descBlock, descReserve, descPlanned, descAlarms, descLeads,
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range allDescs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	stats, cursor := m.server.ledger.Stats(), m.server.ledger.Cursor()
	count(descPayments, stats.Accepted, "accepted")
	count(descPayments, stats.Replayed, "replayed")
	count(descPayments, stats.Refused, "refused")
	count(descCommits, stats.Commits)
	count(descWritten, stats.Written)
	gauge(descAccepting, bit(m.server.ledger.Fresh() == nil))
	gauge(descNew, bit(m.server.settler.TakesNew() == nil))
	gauge(descLeads, bit(m.server.settler.leader.holds()))
	gauge(descBlock, float64(cursor.Head.Number), "head")
	gauge(descBlock, float64(cursor.Solid.Number), "solid")
	plan := m.server.settler.Last()
	if plan == nil {
		return
	}
	gauge(descReserve, float64(plan.Reserve.Needed), "needed")
	gauge(descReserve, float64(plan.Reserve.Available), "available")
	gauge(descAlarms, float64(len(plan.Alarms())))
	for reason, worth := range worthBy(plan) {
		gauge(descPlanned, worth, string(reason))
	}
}

func worthBy(plan *settle.Plan) map[settle.Reason]float64 {
	worth := map[settle.Reason]float64{}
	for _, b := range plan.Batches {
		for _, i := range b.Items {
			worth[i.Reason] += float64(i.Worth)
		}
	}
	for _, i := range plan.Left {
		worth[i.Reason] += float64(i.Worth)
	}
	return worth
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
