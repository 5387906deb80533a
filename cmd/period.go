package cmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// parsePeriod reads a duration as people write it: 7d, or what time.ParseDuration reads (12h, 90m).
func parsePeriod(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of days", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no period; write 7d, 12h or 90m", text)
	}
	return d, nil
}

// formatPeriod is a duration as people write it: 30d rather than 720h0m0s.
func formatPeriod(d time.Duration) string {
	if day := 24 * time.Hour; d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

// contextFor is the command's context, ending after a while.
func contextFor(c *cli.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.Context, limit)
}
