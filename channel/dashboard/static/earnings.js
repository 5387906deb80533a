// What a seeder asks: what did I earn today, with what, what of it is safe, when does the rest come, and what will that cost?
import { earnings, fill, get, make, short, table, watch } from './parts.js'

const card = (question, answer, more) => make('div', { class: 'card' }, make('span', { class: 'soft' }, question), make('b', {}, answer), ...(more ? [make('span', { class: 'soft' }, more)] : []))
const sum = (list) => list.length ? list.join(', ') : 'nothing yet'
const money = (list, field) => sum(list.map((t) => `${t[field]} ${t.asset}`))

function cost(plan) {
  if (!plan.length) return 'nothing now'
  return plan.map((p) => `${p.cost_trx} TRX for ${p.due} ${p.asset}`).join(', ')
}

function when(status) {
  const deadlines = status.plan.map((p) => p.deadline).filter(Boolean).sort()
  if (deadlines.length) return `by ${new Date(deadlines[0]).toLocaleString()}`
  if (status.plan.length) return 'at the next look'
  return 'when it is worth its cost'
}

function show(status, sales) {
  get('subtitle').textContent = `${status.payee} · ${new Date(status.at).toLocaleTimeString()}`
  const best = sales.best.name || short(sales.best.info_hash)
  fill('glance',
    card('Earned today', sum(sales.today.earned), `${sales.today.payments} payments`),
    card('Most of it with', best || 'no torrent yet', best ? sum(sales.best.earned) : ''),
    card('Sent today', `${sales.today.paid} paid`, `${sales.today.free} free`),
    card('Safe on the chain', money(status.totals, 'settled'), 'of the channels that are open'),
    card('Still to settle', money(status.totals, 'due'), 'safe here as evidence; back up the data folder'),
    card('Settled', when(status), `costs ${cost(status.plan)}`))
  get('advice').textContent = sales.selling ? '' : 'Nothing is sold by this process: run piecework seed, gate or live with --http to see torrents here.'
  const traffic = [['paid traffic', (s) => s.paid, 'number'], ['free traffic', (s) => s.free, 'number'], ['payments', (s) => s.payments, 'number'], ['earned', (s) => sum(s.earned), 'number']]
  const name = ['torrent', (s) => s.name || short(s.info_hash), 'text']
  fill('torrents', table(sales.torrents, [name, ...traffic], 'Nothing was sent yet.'))
  fill('days', table(sales.days, [['day', (s) => s.day], name, ...traffic], 'Nothing was sent yet.'), ...(sales.more ? [make('p', { class: 'soft' }, `and ${sales.more} more`)] : []))
  fill('probes', table(sales.probes, [
    ['day', (p) => p.day], ['passed', (p) => p.passed, 'number'], ['of them fast', (p) => p.fast, 'number'], ['failed', (p) => p.failed, 'number'],
    ['last failure', (p) => p.why, 'text'], ['earned', (p) => p.earned, 'number'],
  ], 'No sponsor has probed this seeder.'))
  fill('settled', ...earnings(status.earnings))
  fill('sent', table(status.sent, [
    ['transaction', (t) => short(t.txid)], ['state', (t) => t.state], ['channels', (t) => t.channels, 'number'], ['cost, TRX', (t) => t.burnt_trx, 'number'],
    ['at', (t) => new Date(t.at).toLocaleString()],
  ], 'Nothing was settled yet.'))
}

watch(['status.json', 'sales.json'], show)
