"""Makes a torrent with libtorrent. Usage: make_torrent.py FILE TORRENT hybrid|v2

The hybrid-*.torrent beside it were made by it from files of zeros or random bytes, hybrid-zeros.torrent with pieces of 16 KiB.
"""
import os
import sys

import libtorrent as lt

path, out, kind = sys.argv[1:]
files = lt.file_storage()
lt.add_files(files, path)
torrent = lt.create_torrent(files, 256 << 10, lt.create_torrent.v2_only if kind == "v2" else 0)
lt.set_piece_hashes(torrent, os.path.dirname(path))
with open(out, "wb") as file:
    file.write(lt.bencode(torrent.generate()))
