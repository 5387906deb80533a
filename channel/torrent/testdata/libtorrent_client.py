"""An ordinary BitTorrent client: seeds or fetches one torrent with libtorrent. Usage: libtorrent_client.py seed|get TORRENT DIR PORT [PEER] [plain|encrypted]"""
import sys
import time

import libtorrent as lt

mode, torrent, where, port = sys.argv[1:5]
peer = sys.argv[5] if len(sys.argv) > 5 and sys.argv[5] else None
encrypted = len(sys.argv) > 6 and sys.argv[6] == "encrypted"
policy = 0 if encrypted else 1  # forced or enabled
session = lt.session({
    "listen_interfaces": "127.0.0.1:" + port,
    "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "enable_outgoing_utp": False, "enable_incoming_utp": False,
    "in_enc_policy": policy, "out_enc_policy": policy, "allowed_enc_level": 2 if encrypted else 3,
    "unchoke_slots_limit": -1, "allow_multiple_connections_per_ip": True, "user_agent": "an ordinary client",
    "alert_mask": 0,
})
handle = session.add_torrent({"ti": lt.torrent_info(torrent), "save_path": where})
handle.unset_flags(lt.torrent_flags.auto_managed)
handle.resume()
if mode == "seed":
    while not handle.status().is_seeding:
        time.sleep(0.02)
    print("seeding", session.listen_port(), flush=True)
    sys.stdin.read()  # until the parent goes
else:
    if peer:
        host, at = peer.rsplit(":", 1)
        handle.connect_peer((host, int(at)))
    end = time.time() + 40
    while not handle.status().is_seeding and time.time() < end:
        time.sleep(0.02)
        s = handle.status()
        print("progress", s.total_payload_download, s.num_peers, flush=True)
    print("done" if handle.status().is_seeding else "failed", flush=True)
