package rpc

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// dialServer serves in memory, and is a client of it.
func dialServer(t *testing.T, server *grpc.Server) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:testnet", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// openStream opens a stream of reflection and waits until the server has let it in or not.
func openStream(ctx context.Context, t *testing.T, conn *grpc.ClientConn) (reflectionpb.ServerReflection_ServerReflectionInfoClient, error) {
	t.Helper()
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	list := &reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}
	_ = stream.Send(list) // Recv tells why, if it fails
	_, err = stream.Recv()
	return stream, err
}

func reflecting(limits *streams) *grpc.Server {
	server := grpc.NewServer(grpc.InTapHandle(limits.enter))
	reflection.Register(server)
	return server
}

// TestStreamsInAll: connections together have a bound, and a call that has ended makes room for another.
func TestStreamsInAll(t *testing.T) {
	limits := &streams{most: 2, time: time.Minute}
	server := reflecting(limits)
	one, other := dialServer(t, server), dialServer(t, server)
	ctx, leave := context.WithCancel(t.Context())
	if _, err := openStream(ctx, t, one); err != nil {
		t.Fatal(err)
	}
	if _, err := openStream(t.Context(), t, other); err != nil {
		t.Fatal(err)
	}
	if _, err := openStream(t.Context(), t, other); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a third: %v", err)
	}
	leave()
	for end := time.Now().Add(soon); limits.open.Load() == 2 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if _, err := openStream(t.Context(), t, other); err != nil {
		t.Errorf("after one has left: %v", err)
	}
}

// TestStreamTime: a call that its client does not go on with ends.
func TestStreamTime(t *testing.T) {
	limits := &streams{most: 1, time: 100 * time.Millisecond}
	conn := dialServer(t, reflecting(limits))
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	begun := time.Now()
	stream, err := openStream(ctx, t, conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil || time.Since(begun) > soon/2 {
		t.Errorf("still open after %s: %v", time.Since(begun), err)
	}
}

// TestStreamFault: a panic is the answer of its stream, and the process goes on.
func TestStreamFault(t *testing.T) {
	server := grpc.NewServer(newFixture(t, Config{}).grpcOptions()...)
	server.RegisterService(&grpc.ServiceDesc{ServiceName: "test", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{{
		StreamName: "Fault", ServerStreams: true, Handler: func(any, grpc.ServerStream) error { panic("a fault") },
	}}}, struct{}{})
	stream, err := dialServer(t, server).NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/test/Fault")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(&reflectionpb.ServerReflectionResponse{}); status.Code(err) != codes.Internal {
		t.Error(err)
	}
}
