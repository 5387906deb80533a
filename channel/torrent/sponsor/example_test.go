package sponsor_test

import (
	"fmt"
	"log"

	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// A sponsor's address travels in a torrent's free keys: the info hash, and so the torrent, stays what it was.
func ExampleTag() {
	film := "d4:infod6:lengthi5e4:name4:film12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee"
	tagged, err := sponsor.Tag([]byte(film), "https://sponsor.example")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sponsor.InTorrent(tagged))
	// Output: https://sponsor.example
}

// It also travels in a magnet link. What can be no sponsor's address is no address.
func ExampleInMagnet() {
	fmt.Println(sponsor.InMagnet("magnet:?xt=urn:btih:0123456789012345678901234567890123456789&x.pw=https%3A%2F%2Fsponsor.example"))
	fmt.Printf("%q\n", sponsor.InMagnet("magnet:?x.pw=file:///etc/passwd"))
	// Output:
	// https://sponsor.example
	// ""
}
