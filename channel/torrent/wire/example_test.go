package wire_test

import (
	"fmt"

	"github.com/piecework/piecework/channel/torrent/wire"
)

func ExampleMarshal() {
	fmt.Println(string(wire.Marshal(&wire.Need{Due: 16384})))
	// Output: d3:duei16384e1:ti5ee
}

func ExampleUnmarshal() {
	m, err := wire.Unmarshal([]byte("d3:duei16384e7:unknown3:yes1:ti5ee"))
	fmt.Println(m.(*wire.Need).Due, err)
	// Output: 16384 <nil>
}
