module github.com/piecework/piecework

go 1.26.0

// What we stand on: licence, month of the release in use, and what it is for.
require (
	github.com/BurntSushi/toml v1.6.0 // MIT, 2025-12: config.toml
	github.com/anacrolix/dht/v2 v2.23.0 // MPL-2.0, 2025-06: announces a gate's torrents to the DHT
	github.com/anacrolix/generics v0.1.1-0.20251125230353-15d98d46693b // MPL-2.0, 2025-11: optional values in the BitTorrent library's interface
	github.com/anacrolix/log v0.17.1-0.20251118025802-918f1157b7bb // MPL-2.0, 2025-11: the BitTorrent library's log goes into ours
	github.com/anacrolix/torrent v1.61.0 // MPL-2.0, 2025-12: BitTorrent: peers, pieces, trackers, encryption, bencode
	github.com/btcsuite/btcd/btcec/v2 v2.3.5 // ISC, 2025-06: secp256k1: keys, signatures, recovery
	github.com/consensys/gnark-crypto v0.18.1 // Apache-2.0, 2025-10: the TVM's pairings, as go-ethereum has them
	github.com/ethereum/go-ethereum v1.17.10 // LGPL-3.0, 2026-10: Keccak, key files, curves of precompiles; the other side of differential tests
	github.com/gofrs/flock v0.12.1 // BSD-3-Clause, 2024-07: one process a file of state
	github.com/google/uuid v1.6.0 // BSD-3-Clause, 2024-01: ids of key files
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.30.0 // BSD-3-Clause, 2026-08: the API as JSON over HTTP
	github.com/holiman/uint256 v1.3.2 // BSD-3-Clause, 2024-12: 256-bit words: token amounts, the TVM's stack
	github.com/jackc/pgx/v5 v5.12.0 // MIT, 2026-10: PostgreSQL
	github.com/mr-tron/base58 v1.2.0 // MIT, 2020-05: addresses; a finished format
	github.com/piglig/go-qr v1.1.0 // MIT, 2026-05: transactions as QR codes
	github.com/prometheus/client_golang v1.23.2 // Apache-2.0, 2025-09: /metrics
	github.com/prometheus/common v0.66.1 // Apache-2.0, 2025-09: reads /metrics in the soak
	github.com/rogpeppe/go-internal v1.14.1 // BSD-3-Clause, 2025-02: tests only: scripts of the command line
	github.com/urfave/cli/v2 v2.27.7 // MIT, 2025-06: commands, flags, help, manual pages
	golang.org/x/crypto v0.57.0 // BSD-3-Clause, 2026-09: RIPEMD-160, SHA-3
	golang.org/x/net v0.60.0 // BSD-3-Clause, 2026-10: a bound on connections
	golang.org/x/sync v0.23.0 // BSD-3-Clause, 2026-09: groups of goroutines, semaphores
	golang.org/x/term v0.46.0 // BSD-3-Clause, 2026-09: asking for a password
	golang.org/x/text v0.42.0 // BSD-3-Clause, 2026-09: Unicode normal form of seed phrases
	golang.org/x/time v0.14.0 // BSD-3-Clause, 2025-09: rate limits
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261110000943-09e21b237f2c // Apache-2.0, 2026-11: reasons inside gRPC errors
	google.golang.org/grpc v1.85.0 // Apache-2.0, 2026-10: gRPC, its health and reflection
	google.golang.org/protobuf v1.36.12 // BSD-3-Clause, 2026-08: protobuf; the wallet writes transactions by protowire
	modernc.org/sqlite v1.60.1 // BSD-3-Clause, 2026-09: SQLite without C
)

require (
	github.com/ProjectZKM/Ziren/crates/go-runtime/zkvm_runtime v0.0.0-20251001021608-1fe7b43fc4d6 // indirect
	github.com/RoaringBitmap/roaring v1.2.3 // indirect
	github.com/StackExchange/wmi v1.2.1 // indirect
	github.com/VictoriaMetrics/fastcache v1.13.0 // indirect
	github.com/alecthomas/atomic v0.1.0-alpha2 // indirect
	github.com/anacrolix/btree v0.0.0-20251201064447-d86c3fa41bd8 // indirect
	github.com/anacrolix/chansync v0.7.0 // indirect
	github.com/anacrolix/envpprof v1.4.0 // indirect
	github.com/anacrolix/go-libutp v1.3.2 // indirect
	github.com/anacrolix/missinggo v1.3.0 // indirect
	github.com/anacrolix/missinggo/perf v1.0.0 // indirect
	github.com/anacrolix/missinggo/v2 v2.10.0 // indirect
	github.com/anacrolix/mmsg v1.0.1 // indirect
	github.com/anacrolix/multiless v0.4.0 // indirect
	github.com/anacrolix/stm v0.5.0 // indirect
	github.com/anacrolix/sync v0.5.5-0.20251119100342-d78dd1f686f1 // indirect
	github.com/anacrolix/upnp v0.1.4 // indirect
	github.com/anacrolix/utp v0.1.0 // indirect
	github.com/bahlo/generic-list-go v0.2.0 // indirect
	github.com/benbjohnson/immutable v0.4.1-0.20221220213129-8932b999621d // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/bits-and-blooms/bitset v1.20.0 // indirect
	github.com/bradfitz/iter v0.0.0-20191230175014-e8f45d346db8 // indirect
	github.com/cespare/xxhash v1.1.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/cpuguy83/go-md2man/v2 v2.0.7 // indirect
	github.com/crate-crypto/go-eth-kzg v1.5.0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/deckarep/golang-set/v2 v2.6.0 // indirect
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.0.1 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/edsrzf/mmap-go v1.1.0 // indirect
	github.com/emicklei/dot v1.6.2 // indirect
	github.com/ethereum/c-kzg-4844/v2 v2.1.8 // indirect
	github.com/ethereum/go-bigmodexpfix v0.0.0-20250911101455-f9e208c548ab // indirect
	github.com/ferranbt/fastssz v0.1.4 // indirect
	github.com/fsnotify/fsnotify v1.6.0 // indirect
	github.com/go-llsqlite/adapter v0.0.0-20230927005056-7f5ce7f0c916 // indirect
	github.com/go-llsqlite/crawshaw v0.5.6-0.20250312230104-194977a03421 // indirect
	github.com/go-logr/logr v1.4.4 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/go-ole/go-ole v1.3.0 // indirect
	github.com/golang/snappy v1.0.1-0.20260716114414-9ae09f520e93 // indirect
	github.com/google/btree v1.1.2 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/gorilla/websocket v1.5.0 // indirect
	github.com/holiman/bloomfilter/v2 v2.0.3 // indirect
	github.com/huandu/xstrings v1.3.2 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/minio/sha256-simd v1.0.0 // indirect
	github.com/mitchellh/mapstructure v1.4.1 // indirect
	github.com/mschoch/smat v0.2.0 // indirect
	github.com/multiformats/go-multihash v0.2.3 // indirect
	github.com/multiformats/go-varint v0.0.6 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/ncruces/go-strftime v1.0.0 // indirect
	github.com/pion/datachannel v1.5.9 // indirect
	github.com/pion/dtls/v3 v3.1.5 // indirect
	github.com/pion/ice/v4 v4.0.2 // indirect
	github.com/pion/interceptor v0.1.40 // indirect
	github.com/pion/logging v0.2.4 // indirect
	github.com/pion/mdns/v2 v2.0.7 // indirect
	github.com/pion/randutil v0.1.0 // indirect
	github.com/pion/rtcp v1.2.15 // indirect
	github.com/pion/rtp v1.8.18 // indirect
	github.com/pion/sctp v1.8.33 // indirect
	github.com/pion/sdp/v3 v3.0.9 // indirect
	github.com/pion/srtp/v3 v3.0.4 // indirect
	github.com/pion/stun/v3 v3.1.7 // indirect
	github.com/pion/transport/v3 v3.0.7 // indirect
	github.com/pion/transport/v4 v4.1.0 // indirect
	github.com/pion/turn/v4 v4.0.0 // indirect
	github.com/pion/webrtc/v4 v4.0.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/prometheus/client_model v0.6.2 // indirect
	github.com/prometheus/procfs v0.16.1 // indirect
	github.com/protolambda/ctxlock v0.1.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/rs/dnscache v0.0.0-20211102005908-e0241e321417 // indirect
	github.com/russross/blackfriday/v2 v2.1.0 // indirect
	github.com/shirou/gopsutil v3.21.4-0.20210419000835-c7a38de76ee5+incompatible // indirect
	github.com/spaolacci/murmur3 v1.1.0 // indirect
	github.com/supranational/blst v0.3.16 // indirect
	github.com/tidwall/btree v1.8.1 // indirect
	github.com/tklauser/go-sysconf v0.3.16 // indirect
	github.com/tklauser/numcpus v0.11.0 // indirect
	github.com/wlynxg/anet v0.0.5 // indirect
	github.com/xrash/smetrics v0.0.0-20240521201337-686a1a2994c1 // indirect
	go.etcd.io/bbolt v1.3.6 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/otel v1.46.0 // indirect
	go.opentelemetry.io/otel/metric v1.46.0 // indirect
	go.opentelemetry.io/otel/trace v1.46.0 // indirect
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	golang.org/x/exp v0.0.0-20251113190631-e25ba8c21ef6 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/tools v0.50.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260819154853-08b0e4226688 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
	lukechampine.com/blake3 v1.1.6 // indirect
	modernc.org/libc v1.77.1 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
	zombiezen.com/go/sqlite v0.13.1 // indirect
)
