import { open, check, finish } from './launch.mjs'

// A page of a real server must show every balance and every day's earnings that the test names.
const [url, ...words] = process.argv.slice(2)
const page = await open(url, {})
await page.waitForSelector('#main:not([hidden])')
const text = (await page.textContent('#balances')) + (await page.locator('#earnings title').allTextContents()).join(' ')
for (const word of words) check(`the page shows ${word}`, text.includes(word))
await finish()
