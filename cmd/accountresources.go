package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// resourcesShown is what an account can use now without burning TRX. Bandwidth is in bytes, energy in units of energy.
type resourcesShown struct {
	Address wallet.Address `json:"address"`
	Free    resourceShown  `json:"free_bandwidth"`
	Staked  resourceShown  `json:"staked_bandwidth"`
	Energy  resourceShown  `json:"energy"`
	Votes   resourceShown  `json:"votes"`
	Lend    map[string]any `json:"lendable_sun"`
	notes   []string
}

type resourceShown struct {
	Limit int64 `json:"limit"`
	Used  int64 `json:"used"`
	Left  int64 `json:"left"`
}

func (r resourcesShown) schema() string { return "piecework.resources.v1" }

func (r resourcesShown) table() table {
	t := table{heading: []string{"RESOURCE", "LEFT", "USED", "LIMIT"}, notes: r.notes}
	for _, row := range []struct {
		name string
		r    resourceShown
	}{{"free bandwidth, a day", r.Free}, {"staked bandwidth", r.Staked}, {"energy", r.Energy}, {"votes", r.Votes}} {
		t.rows = append(t.rows, []string{row.name, fmt.Sprint(row.r.Left), fmt.Sprint(row.r.Used), fmt.Sprint(row.r.Limit)})
	}
	return t
}

func accountResources(c *cli.Context) error {
	s, address, err := dialAccount(c)
	if err != nil {
		return err
	}
	defer s.close()
	r, err := s.node.Resources(c.Context, address)
	if err != nil {
		return err
	}
	params, err := s.node.Params(c.Context)
	if err != nil {
		return err
	}
	use := func(limit, used int64) resourceShown { return resourceShown{limit, used, max(0, limit-used)} }
	out := resourcesShown{
		Address: address, Free: use(r.FreeBandwidthLimit, r.FreeBandwidthUsed), Staked: use(r.BandwidthLimit, r.BandwidthUsed),
		Energy: use(r.EnergyLimit, r.EnergyUsed), Votes: use(r.VotesLimit, r.VotesUsed), Lend: map[string]any{},
	}
	for _, resource := range []node.Resource{node.Bandwidth, node.Energy} {
		lendable, err := s.node.Lendable(c.Context, address, resource)
		if err != nil {
			return err
		}
		out.Lend[resource.String()] = sunText(lendable)
		if lendable > 0 {
			out.notes = append(out.notes, fmt.Sprintf("%s TRX staked for %s can be lent: `piecework account delegate`.", lendable, resource))
		}
	}
	out.notes = append(out.notes, fmt.Sprintf("Beyond that TRX is burnt: %s TRX for a byte of bandwidth, %s TRX for an energy.", params.BandwidthFee, params.EnergyFee))
	if r.TotalEnergyWeight > 0 && r.TotalBandwidthWeight > 0 {
		out.notes = append(out.notes, fmt.Sprintf("A staked TRX gives %d energy or %d bandwidth a day now.",
			r.TotalEnergyLimit/r.TotalEnergyWeight, r.TotalBandwidthLimit/r.TotalBandwidthWeight))
	}
	return printResult(c, out)
}
