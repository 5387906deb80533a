// What the pages are made of. Everything that comes from outside goes into a page as text, never as markup.
const every = 5000
export const get = (id) => document.getElementById(id)

export function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value)
  e.append(...children)
  return e
}

export function fill(id, ...children) { get(id).replaceChildren(...children) }

// table takes columns as [heading, what to show of a row, class].
export function table(rows, columns, empty) {
  if (!rows.length) return make('p', { class: 'soft' }, empty)
  const head = make('tr', {}, ...columns.map(([name, , kind]) => make('th', { class: kind ?? '', scope: 'col' }, name)))
  const body = rows.map((row) => make('tr', {}, ...columns.map(([, show, kind]) => make('td', { class: kind ?? '' }, String(show(row) ?? '')))))
  return make('div', { class: 'scroll' }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)))
}

export const short = (id) => id.length > 20 ? id.slice(0, 8) + '…' + id.slice(-4) : id

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

export function earnings(list) {
  const assets = [...new Set(list.map((e) => e.asset))]
  if (!assets.length) return [make('p', { class: 'soft' }, 'Nothing was settled yet.')]
  return assets.map((a) => chart(a, list.filter((e) => e.asset === a)))
}

// watch reads files of this server every few seconds and shows them.
export async function watch(files, show) {
  try {
    const answers = await Promise.all(files.map((f) => fetch(f)))
    const refused = answers.some((a) => a.status === 401), whole = answers.every((a) => a.ok)
    get('login').hidden = !refused
    get('main').hidden = !whole
    if (refused) get('subtitle').textContent = 'From elsewhere than this machine the page asks for the operator’s token.'
    else if (whole) show(...await Promise.all(answers.map((a) => a.json())))
    else get('subtitle').textContent = 'The server could not answer; its log says why.'
  } catch {
    get('subtitle').textContent = 'The server does not answer.'
  }
  setTimeout(() => watch(files, show), every)
}
