// The page: which view a link names, and what a new block changes.
import { ask } from './api.js'
import { el, names } from './dom.js'
import * as views from './views.js'
import { contract } from './contract.js'

const page = document.getElementById('page')
const head = document.getElementById('head')
const routes = { '': views.home, blocks: views.blocks, block: views.block, tx: views.transaction, account: views.account, contract, tokens: views.tokens, accounts: views.accounts }

let shown = 0 // counts the views, so that a late answer does not replace a later one

/** Draws what the link names. The page's data-shows is the link of what is drawn, which until the answer is here is the one before. */
async function show(quietly) {
  const turn = ++shown
  const link = location.hash
  const [name = '', ...rest] = link.replace(/^#\//, '').split('/').map(decodeURIComponent)
  const view = routes[name]
  let content
  try {
    if (!view) throw new Error(`There is no page “${name}”.`)
    content = await view(...rest)
  } catch (e) {
    if (quietly) return
    content = [el('h1', {}, 'Not found'), el('p', { class: 'bad', role: 'alert' }, e.message)]
  }
  if (turn !== shown) return
  page.replaceChildren(...content.flat())
  page.dataset.shows = link
  if (!quietly) page.focus({ preventScroll: true })
}

/** Views that new blocks change are drawn anew, unless somebody is typing in them or another is on its way. */
function refresh() {
  if (page.dataset.shows !== location.hash) return
  const busy = page.contains(document.activeElement) && document.activeElement !== page
  const still = page.querySelector('[data-still]')
  if (!busy && !still && !getSelection().toString()) show(true)
}

let waiting
function follow() {
  const heads = new EventSource('api/live')
  heads.onmessage = (e) => {
    head.textContent = `Block ${Number(e.data).toLocaleString('en')}`
    head.className = 'good'
    clearTimeout(waiting)
    waiting = setTimeout(refresh, 50)
  }
  heads.onerror = () => {
    head.textContent = 'The testnet does not answer'
    head.className = 'bad'
  }
}

document.getElementById('search').addEventListener('submit', async (e) => {
  e.preventDefault()
  const q = new FormData(e.target).get('q').trim()
  if (!q) return
  try {
    const found = await ask(`search?q=${encodeURIComponent(q)}`)
    location.hash = `#/${found.kind}/${found.id}`
    e.target.reset()
  } catch (problem) {
    page.replaceChildren(el('h1', {}, 'Not found'), el('p', { class: 'bad', role: 'alert' }, problem.message))
  }
})

window.addEventListener('hashchange', () => { window.scrollTo(0, 0); show() })
for (const a of (await ask('accounts')).accounts) if (a.name) names.set(a.address, a.name)
await show()
follow()
