/** The board's only script: it asks for the page again and puts the new content in place, without a jump or a lost fold. */
export const script = `'use strict'
const seconds = Number(document.currentScript.dataset.seconds)
const folds = (root) => [...root.querySelectorAll('details')].map((one, at) => [one.id || 'fold ' + at, one])
async function renew() {
  if (document.hidden) return
  let answer
  try {
    answer = await fetch(location.href, { redirect: 'manual', headers: { accept: 'text/html' } })
  } catch {
    return
  }
  // Signed out, or gone: the page itself says it.
  if (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 404) return location.reload()
  if (!answer.ok) return
  const now = document.getElementById('main')
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main')
  if (!next) return
  const open = new Set(folds(now).flatMap(([name, one]) => (one.open ? [name] : [])))
  for (const [name, one] of folds(next)) one.open = open.has(name)
  if (next.innerHTML !== now.innerHTML && !now.contains(document.activeElement)) now.replaceWith(document.adoptNode(next))
}
setInterval(renew, seconds * 1000)
document.addEventListener('visibilitychange', renew)
`
