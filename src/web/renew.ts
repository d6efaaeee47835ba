/** The board's only script: it asks for the page again and puts the new content in place, without a jump or a lost fold. */
export const script = `'use strict'
const seconds = Number(document.currentScript.dataset.seconds)
const folds = (root) => [...root.querySelectorAll('details')].map((one, at) => [one.id || 'fold ' + at, one])
const reached = (root) => [...root.querySelectorAll('a, summary, button')]
async function renew() {
  // Nobody looks, or somebody is marking text.
  if (document.hidden || !getSelection().isCollapsed) return
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
  if (next.innerHTML === now.innerHTML) return
  const focused = reached(now).indexOf(document.activeElement)
  now.replaceWith(document.adoptNode(next))
  if (focused >= 0) reached(next)[focused]?.focus({ preventScroll: true })
}
setInterval(renew, seconds * 1000)
document.addEventListener('visibilitychange', renew)
`
