package torrent

import (
	"bytes"
	"testing"
)

// TestInfosThatAreNotWholeAreBounded: what all peers of a torrent have said takes no more than a number, and a peer that goes gives its room back.
func TestInfosThatAreNotWholeAreBounded(t *testing.T) {
	want, part := newWantedInfo(), make([]byte, infoPart)
	var peers []*infoParts
	taken, err := int64(0), error(nil)
	for err == nil {
		p := newInfoParts(want, maxInfo)
		peers = append(peers, p)
		for i := int64(0); i < maxInfo/infoPart-1 && err == nil; i++ {
			if _, err = p.take(i, maxInfo, part); err == nil {
				taken += infoPart
			}
		}
	}
	if taken != maxHeldInfo || want.held.Load() != maxHeldInfo {
		t.Errorf("%d bytes were taken, %d are counted", taken, want.held.Load())
	}
	for _, p := range peers {
		p.drop()
		p.drop()
	}
	if want.held.Load() != 0 {
		t.Errorf("%d bytes were not given back", want.held.Load())
	}
	info := bytes.Repeat([]byte("info"), infoPart/3)
	p := newInfoParts(want, int64(len(info)))
	for _, i := range []int64{1, 1} {
		if whole, err := p.take(i, int64(len(info)), info[infoPart:]); err != nil || whole != nil {
			t.Error(err)
		}
	}
	if whole, err := p.take(0, int64(len(info)), info[:infoPart]); err != nil || !bytes.Equal(whole, info) {
		t.Error("it is not whole", err)
	}
}
