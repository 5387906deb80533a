import { earnings, fill, get, make, short, table, watch } from './parts.js'

const totals = [
  ['asset', (t) => t.asset], ['channels', (t) => t.channels, 'number'], ['deposit', (t) => t.deposit, 'number'], ['paid', (t) => t.paid, 'number'],
  ['settled', (t) => t.settled, 'number'], ['due', (t) => t.due, 'number'],
]

function show(s) {
  get('subtitle').textContent = `${s.payee} · contract ${s.contract} · block ${s.head}, solid ${s.solid}${s.leads ? ' · this server settles' : ''} · ${new Date(s.at).toLocaleTimeString()}`
  fill('alarms', ...(s.alarms.length ? s.alarms.map((a) => make('li', { class: a.level === 'bad' ? 'bad' : 'warn' }, a.text)) : [make('li', { class: 'good' }, 'None: all is well.')]))
  fill('balances', ...s.balances.map((b) => make('div', { class: 'card' }, make('span', { class: 'soft' }, b.asset), make('b', {}, b.amount))))
  fill('earnings', ...earnings(s.earnings))
  fill('reserve', make('p', { class: s.reserve.enough ? 'good' : 'bad' }, `${s.reserve.needed_trx} TRX needed to settle all that is worth it, ${s.reserve.available_trx} TRX there: ` +
    (s.reserve.enough ? 'enough.' : 'not enough. No new channels are taken; send TRX or stake for energy.')))
  fill('plan', table(s.plan, [
    ['asset', (p) => p.asset], ['channels', (p) => p.channels, 'number'], ['due', (p) => p.due, 'number'], ['worth, TRX', (p) => p.worth_trx, 'number'],
    ['cost, TRX', (p) => p.cost_trx, 'number'], ['why', (p) => p.why.join('; '), 'text'], ['deadline', (p) => p.deadline],
  ], 'Nothing would be settled now.'), table(s.left, [['not now, because', (l) => l.why, 'text'], ['channels', (l) => l.channels, 'number'], ['worth, TRX', (l) => l.worth_trx, 'number']], ''))
  fill('totals', table(s.totals, totals, 'No channels yet.'))
  fill('funded', ...(s.funded.length ? [make('h3', {}, 'Funded for seeders'), table(s.funded, totals, '')] : []))
  fill('channels', table(s.channels, [
    ['channel', (c) => short(c.id)], ['payer', (c) => c.payer], ['asset', (c) => c.asset], ['state', (c) => c.state], ['deposit', (c) => c.deposit, 'number'],
    ['paid', (c) => c.paid, 'number'], ['due', (c) => c.due, 'number'],
  ], ''), ...(s.more ? [make('p', { class: 'soft' }, `and ${s.more} more: piecework channel list`)] : []))
  fill('sent', table(s.sent, [
    ['transaction', (t) => short(t.txid)], ['kind', (t) => t.kind], ['state', (t) => t.state], ['channels', (t) => t.channels, 'number'], ['burnt, TRX', (t) => t.burnt_trx, 'number'],
    ['at', (t) => new Date(t.at).toLocaleString()], ['note', (t) => t.note, 'text'],
  ], 'Nothing was sent yet.'))
}

watch(['status.json'], show)
