// Package stream shows the files of a torrent to a player over HTTP while they are still being fetched and paid for: byte ranges, seeking, and a page that
// lists the files. A reader waits until what it asks for is verified, and moves what comes next to the front of the queue.
package stream
