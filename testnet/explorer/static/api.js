// Questions to the testnet.

/** What a path below api/ answers; an error is the testnet's own words. */
export async function ask(path, body) {
  const answer = await fetch(`api/${path}`, body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  const value = await answer.json().catch(() => ({ error: `the testnet answered ${answer.status}` }))
  if (!answer.ok) throw new Error(value.error ?? `the testnet answered ${answer.status}`)
  return value
}
