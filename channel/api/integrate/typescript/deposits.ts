// Follows the deposits that `piecework events tail --sse` serves, each once, also after this program or the feed was away.
// usage: node build/deposits.js FEED CURSOR_FILE
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const [feed, file] = process.argv.slice(2)
let cursor = existsSync(file) ? readFileSync(file, 'utf8') : ''

// The feed is at least once: in a database, book the amount and the cursor in one transaction, with the event's id as a unique key.
const book = (event: any) => console.log(`${event.amount} ${event.asset} from ${event.from}`)
const move = (next: string) => {
  writeFileSync(file + '.new', next)
  renameSync(file + '.new', file)
  cursor = next
}

const follow = async () => {
  const answer = await fetch(feed, { headers: cursor ? { 'Last-Event-ID': cursor } : {} })
  if (!answer.ok || !answer.body) throw new Error(`${feed}: ${answer.status}`)
  console.error('Waiting for deposits. Ctrl-C stops.')
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of answer.body as any) {
    text += decoder.decode(part, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(text.slice(0, end).split('\n').map(line => line.split(/: (.*)/s) as [string, string]))
      text = text.slice(end + 2)
      if (fields.get('event') === 'event') book(JSON.parse(fields.get('data')!)) // `undo` comes only with --head
      if (fields.has('id')) move(fields.get('id')!) // also of blocks without a deposit
    }
  }
}

while (true) {
  try { await follow() } catch (error) { console.error(String(error)) }
  await new Promise(wait => setTimeout(wait, 1000))
}
