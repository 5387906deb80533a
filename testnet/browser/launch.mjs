// What every script of a page's test begins with: a page of a real Chromium, and checks that name what they looked for.
import { chromium } from 'playwright-core'

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-first-run'],
})

/** Opens a page. Whatever a page logs as an error, and every request that leaves this machine, fails the script in the end. */
export async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15000)
  page.on('pageerror', (e) => problems.push(`page error: ${e.message}`))
  page.on('console', (m) => { if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) problems.push(`console: ${m.text()}`) })
  page.on('response', (r) => { // a question may be refused, but no file may be missing and nothing may break
    if (r.status() >= (r.request().resourceType() === 'fetch' ? 500 : 400)) problems.push(`${r.status()}: ${r.url()}`)
  })
  page.on('request', (r) => {
    const { protocol, hostname } = new URL(r.url())
    if (protocol.startsWith('http') && hostname !== new URL(url).hostname) problems.push(`a request left the machine: ${r.url()}`)
  })
  await page.goto(url)
  return page
}

const problems = []

/** Fails the script when a fact is not one. */
export function check(what, fact) {
  if (!fact) problems.push(`not so: ${what}`)
}

/** Takes a picture into the folder that SCREENSHOTS names, if any. */
export async function shoot(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true })
}

/** No page may be wider than its window, on a phone least of all. */
export async function fits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  check(`${what}: nothing sticks out to the right (${over} px)`, over <= 0)
}

/** Ends the script: prints the problems and says by the exit code whether there were any. */
export async function finish() {
  await browser.close()
  for (const p of problems) console.error(p)
  if (problems.length) process.exit(1)
  console.log('ok')
}
