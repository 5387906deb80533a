// Elements from values. Text is always set as text: what a stranger named a token cannot become part of the page.

/** An element with attributes (functions become listeners) and children (text, elements, lists, nothing). */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === 'function') e.addEventListener(name, value)
    else e.setAttribute(name, value === true ? '' : value)
  }
  e.append(...children.flat(3).filter((c) => c !== undefined && c !== null && c !== false))
  return e
}

/** A table of named columns: [title, cell of an entry, class]. */
export function table(columns, entries, nothing = 'Nothing yet.') {
  if (!entries.length) return el('div', { class: 'card' }, el('table', {}, el('tr', {}, el('td', { class: 'quiet' }, nothing))))
  return el('div', { class: 'card' }, el('table', {},
    el('thead', {}, el('tr', {}, columns.map(([title, , kind]) => el('th', { class: kind, scope: 'col' }, title)))),
    el('tbody', {}, entries.map((entry) => el('tr', {}, columns.map(([, cell, kind]) => el('td', { class: kind }, cell(entry))))))))
}

/** A table of facts: [name, value]; facts without a value are left out. */
export function facts(list) {
  return el('div', { class: 'card' }, el('table', { class: 'facts' }, el('tbody', {},
    list.filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([name, value]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, value))))))
}

export const short = (id) => (id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id)
export const code = (text) => el('span', { class: 'code' }, text)
export const link = (to, text, title) => el('a', { class: 'code', href: `#/${to}`, title }, text)
export const address = (a, whole) => (a ? link(`account/${a}`, whole ? a : names.get(a) ?? short(a), a) : '')
export const transaction = (id, whole) => link(`tx/${id}`, whole ? id : short(id), id)
export const block = (n) => (n < 0 ? el('span', { class: 'wait' }, 'waiting') : link(`block/${n}`, n.toLocaleString('en')))
export const count = (n) => Number(n ?? 0).toLocaleString('en')

/** The names of the funded accounts. */
export const names = new Map()

/** A moment in the reader's own time, and how long ago it was. */
export function moment(milliseconds) {
  if (!milliseconds) return ''
  const date = new Date(milliseconds)
  return el('time', { datetime: date.toISOString(), title: date.toISOString() }, date.toLocaleString())
}

export function result(text) {
  const kind = { SUCCESS: 'good', PENDING: 'wait' }[text] ?? 'bad'
  return el('span', { class: kind }, text)
}
