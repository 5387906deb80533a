// Reads status.json every few seconds and shows it. Everything that comes from outside goes into the page as text, never as markup.
const every = 5000
const get = (id) => document.getElementById(id)

function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value)
  e.append(...children)
  return e
}

function fill(id, ...children) { get(id).replaceChildren(...children) }

// table takes columns as [heading, what to show of a row, class].
function table(rows, columns, empty) {
  if (!rows.length) return make('p', { class: 'soft' }, empty)
  const head = make('tr', {}, ...columns.map(([name, , kind]) => make('th', { class: kind ?? '', scope: 'col' }, name)))
  const body = rows.map((row) => make('tr', {}, ...columns.map(([, show, kind]) => make('td', { class: kind ?? '' }, String(show(row) ?? '')))))
  return make('div', { class: 'scroll' }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)))
}

const short = (id) => id.length > 20 ? id.slice(0, 8) + '…' + id.slice(-4) : id

function svg(tag, attributes, text) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value)
  if (text !== undefined) e.textContent = text
  return e
}

// chart draws one asset's days as bars; each says its figure when it is pointed at, and to a screen reader.
function chart(asset, days) {
  const width = 720, height = 170, floor = 140, step = width / Math.max(days.length, 7)
  const picture = svg('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Earnings per day in ${asset}` })
  picture.append(svg('line', { x1: 0, y1: floor, x2: width, y2: floor }))
  days.forEach((d, i) => {
    const tall = Math.max(2, d.height * (floor - 20))
    const bar = svg('rect', { x: i * step + step * .15, y: floor - tall, width: step * .7, height: tall, rx: 2 })
    bar.append(svg('title', {}, `${d.day}: ${d.amount} ${asset}`))
    picture.append(bar)
    if (days.length < 15 || i % 7 === 0) picture.append(svg('text', { x: i * step + step * .15, y: floor + 16 }, d.day.slice(5)))
  })
  const last = days.at(-1)
  return make('div', { class: 'card' }, make('span', { class: 'soft' }, `${asset}: ${last.amount} on ${last.day}`), picture)
}

function earnings(list) {
  const assets = [...new Set(list.map((e) => e.asset))]
  if (!assets.length) return [make('p', { class: 'soft' }, 'Nothing was settled yet.')]
  return assets.map((a) => chart(a, list.filter((e) => e.asset === a)))
}

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
  fill('totals', table(s.totals, [
    ['asset', (t) => t.asset], ['channels', (t) => t.channels, 'number'], ['deposit', (t) => t.deposit, 'number'], ['paid', (t) => t.paid, 'number'],
    ['settled', (t) => t.settled, 'number'], ['due', (t) => t.due, 'number'],
  ], 'No channels yet.'))
  fill('channels', table(s.channels, [
    ['channel', (c) => short(c.id)], ['payer', (c) => c.payer], ['asset', (c) => c.asset], ['state', (c) => c.state], ['deposit', (c) => c.deposit, 'number'],
    ['paid', (c) => c.paid, 'number'], ['due', (c) => c.due, 'number'],
  ], ''), ...(s.more ? [make('p', { class: 'soft' }, `and ${s.more} more: piecework channel list`)] : []))
  fill('sent', table(s.sent, [
    ['transaction', (t) => short(t.txid)], ['kind', (t) => t.kind], ['state', (t) => t.state], ['channels', (t) => t.channels, 'number'], ['burnt, TRX', (t) => t.burnt_trx, 'number'],
    ['at', (t) => new Date(t.at).toLocaleString()], ['note', (t) => t.note, 'text'],
  ], 'Nothing was sent yet.'))
}

async function look() {
  try {
    const answer = await fetch('status.json')
    get('login').hidden = answer.status !== 401
    get('main').hidden = !answer.ok
    if (answer.status === 401) get('subtitle').textContent = 'From elsewhere than this machine the page asks for the operator’s token.'
    else if (answer.ok) show(await answer.json())
    else get('subtitle').textContent = 'The server could not answer; its log says why.'
  } catch {
    get('subtitle').textContent = 'The server does not answer.'
  }
  setTimeout(look, every)
}

look()
