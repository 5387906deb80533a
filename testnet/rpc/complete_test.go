package rpc

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"
)

// TestEveryPath asks each of java-tron's paths: one that nobody serves is answered 404 to GET and 405 to POST.
func TestEveryPath(t *testing.T) {
	f := newFixture(t, Config{})
	list, err := os.ReadFile("testdata/paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for path := range strings.Lines(string(list)) {
		if path = strings.TrimSpace(path); strings.HasPrefix(path, "#") {
			continue
		}
		asked++
		get, _, _ := f.ask(http.MethodGet, path, "")
		post, _, _ := f.ask(http.MethodPost, path, "{}")
		if get == http.StatusNotFound || get != http.StatusOK && post != http.StatusOK {
			t.Errorf("%s: GET %d, POST %d", path, get, post)
		}
	}
	if asked < 140 {
		t.Errorf("the list has %d paths", asked)
	}
}

// leftOut are the calls of shielded transfers, in which a node proves, and those that java-tron itself does not answer (its storage market never was).
var leftOut = []string{"Storage", "Shielded", "Spend", "Nullifier", "Diversifier", "ViewingKey", "Nsk", "Ask", "Rcm", "ZenPayment", "Note", "MerkleTreeVoucher", "ShieldTransaction", "SpendingKey"}

// TestEveryCall asks each method of the gRPC services with an empty message.
func TestEveryCall(t *testing.T) {
	f := newFixture(t, Config{})
	listener := bufconn.Listen(1 << 20)
	go func() { _ = f.GRPC().Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:testnet", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	asked := 0
	for service, info := range f.GRPC().GetServiceInfo() {
		if !strings.HasPrefix(service, "protocol.") {
			continue
		}
		for _, m := range info.Methods {
			known := false
			for _, word := range leftOut {
				known = known || strings.Contains(m.Name, word)
			}
			err := conn.Invoke(t.Context(), "/"+service+"/"+m.Name, &emptypb.Empty{}, &emptypb.Empty{})
			if missing := status.Code(err) == codes.Unimplemented; missing && !known {
				t.Errorf("%s.%s is not there", service, m.Name)
			}
			asked++
		}
	}
	if asked < 160 {
		t.Errorf("the services have %d methods", asked)
	}
}
