/** Ghosts of the merge queue's search: what people and machines really meant, apart from anything that Countersign concluded. */
import { headName, isPlain, lineTo } from './git.ts'
import { appAlone, authorOf, numberOf, type Setting, seniors } from './snapshots.ts'
import { type Check, groupAt, type Message, pullAt, type State, tables, type Who } from './state.ts'

const everyone: readonly Who[] = ['dana', 'erik', 'gus']

/** The presses on a pull request that have arrived, in the order in which they were sent. */
function arrived(state: State, pull: number): Message[] {
  const ids = new Set(pullAt(state, pull).facts.flatMap(({ message }) => message ?? []))
  return [...ids].map((id) => tables.message.get(id)).sort((a, b) => a.nth - b.nth)
}

/** Everybody who wrote a commit of the head. */
const wrote = (setting: Setting, pull: number, head: number, who: Who) =>
  [0, 1].slice(0, head + 1).some((at) => authorOf(setting, pull, at) === who)

/** The person's last word is no: on this plan, or on any state of the change. */
function rejects(state: State, pull: number, who: Who, check: 'plan' | 'review'): boolean {
  const { head } = pullAt(state, pull)
  const own = arrived(state, pull).filter(
    (one) => one.who === who && one.check === check && (check === 'review' || one.seen?.head === head),
  )
  return own.at(-1)?.letter === 'r'
}

function approves(state: State, pull: number, who: Who, check: 'plan' | 'review'): boolean {
  const { head, reviews } = pullAt(state, pull)
  const pressed = arrived(state, pull).some(
    (one) =>
      one.who === who &&
      one.check === check &&
      one.letter === 'a' &&
      one.seen?.pull === pull &&
      one.seen.head === head,
  )
  if (pressed || check === 'plan') return pressed
  const latest = reviews.filter((review) => review.who === who).at(-1)
  return latest?.state === 'APPROVED' && latest.head === head
}

/** People who really stand behind the very head that is there now, with nobody who asks for changes. */
function approved(setting: Setting, state: State, pull: number, check: 'plan' | 'review'): boolean {
  const { head, reviews } = pullAt(state, pull)
  const asks = (who: Who) =>
    check === 'review' && reviews.filter((review) => review.who === who).at(-1)?.state === 'CHANGES_REQUESTED'
  if (everyone.some((who) => rejects(state, pull, who, check) || asks(who))) return false
  const by = everyone.filter((who) => !wrote(setting, pull, head, who) && approves(state, pull, who, check))
  const senior = seniors[state.policy] as Who
  return by.includes(senior) && (check === 'plan' || by.length >= 2)
}

/** A person's pull request that no agent has touched passes by itself; once an agent pushed to it, it is an agent's. */
const passes = ({ person }: Setting, state: State, pull: number) =>
  person && pull === 1 && pullAt(state, pull).head === 0

/** Why this check of an entry may not be green now, whether at its own head or for its group. */
export function pullBreak(setting: Setting, state: State, pull: number, check: Check): string | null {
  const number = `#${numberOf(pull)}`
  const { ciGreen } = pullAt(state, pull)
  if (passes(setting, state, pull)) return null
  if (check === 'gates') return ciGreen ? null : `S3: green although the gates of ${number} are red`
  if (approved(setting, state, pull, check)) return null
  const otherwise = { ...state, policy: 1 - (state.policy % 2) }
  return approved(setting, otherwise, pull, check)
    ? `S14: green for ${number} by another policy than main holds`
    : `S4: green without the approvals of this very commit of ${number}`
}

/** Why this check of a group may not be green now, beginning with the promise; null where it may. */
export function notJustified(setting: Setting, state: State, commit: string, check: Check): string | null {
  if (appAlone(state.policy)) return 'S14: green although only Countersign may merge'
  const line = lineTo(commit, state.main)
  if (!line) return 'S1: green for what is not built on the branch'
  for (const { name, merges } of line) {
    if (!isPlain(name)) return 'S1: green for a commit that holds something else than a merge'
    const pull = [0, 1].find((one) => headName(one, pullAt(state, one).head) === merges)
    const stale = [0, 1].some((one) => [0, 1].some((head) => headName(one, head) === merges))
    if (pull === undefined)
      return stale
        ? 'S4: green for a head that its pull request has left'
        : 'S1: green for a commit of nobody'
    if (pullAt(state, pull).merged !== null) return 'S1: green for what has landed already'
    if (pullAt(state, pull).draft) return `S1: green although #${numberOf(pull)} is a draft`
    const broken = pullBreak(setting, state, pull, check)
    if (broken) return broken
  }
  return check === 'gates' && groupAt(state, commit)?.ci !== 'green'
    ? 'S3: green without the CI that the queue started at this very commit'
    : null
}

/** True where nothing but a person's deed could turn the check green, though machines are done. */
export const asksAPerson = (state: State, commit: string) => {
  const ci = groupAt(state, commit)?.ci
  return ci === 'green' || ci === 'red'
}
