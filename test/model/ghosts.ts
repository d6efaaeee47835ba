/** Ghosts: what people really meant, told from the messages they sent and not from anything Countersign concluded. */
import { type Entry, type Message, type State, seniors, tables, type Who, writersAt } from './world.ts'

const everyone: Who[] = ['dana', 'erik', 'gus']

/** The messages of a pull request that have arrived, in the order in which they were sent. */
function arrived(facts: readonly Entry[]): Message[] {
  const ids = [...new Set(facts.flatMap((entry) => (entry.message === null ? [] : [entry.message])))]
  return ids.map((id) => tables.message.get(id)).sort((a, b) => a.nth - b.nth)
}

/** People who may approve at this state, who wrote none of the change. */
function mayApprove(state: State, who: Who): boolean {
  return who !== 'agent' && !writersAt(state.head).includes(who) && (who !== 'erik' || state.access === 1)
}

/** Whether the person's latest arrived press on a check is a rejection (of this plan, or of any state of the change). */
function rejects(state: State, messages: Message[], who: Who, check: 'plan' | 'review'): boolean {
  const own = messages.filter(
    (one) =>
      one.who === who &&
      one.check === check &&
      (check === 'review' || (one.seen?.head === state.head && one.seen.base === state.base[one.pull])),
  )
  const hasAccess = who !== 'erik' || state.access === 1
  return hasAccess && own.at(-1)?.letter === 'r'
}

/** Whether the person approved exactly what is there now, on this base. */
function approves(
  state: State,
  pull: number,
  messages: Message[],
  who: Who,
  check: 'plan' | 'review',
): boolean {
  const base = state.base[pull]
  const edited = messages.flatMap(({ body }) => (body.kind === 'comment.touched' ? [body.commentId] : []))
  const stands = ({ letter, body }: Message) =>
    letter === 'a' || (letter === 'c' && body.kind === 'comment.command' && !edited.includes(body.commentId))
  const pressed = messages.some(
    (one) =>
      one.who === who &&
      one.check === check &&
      stands(one) &&
      one.seen?.pull === pull &&
      one.seen.head === state.head &&
      one.seen.base === base,
  )
  if (pressed || check === 'plan' || pull !== 0) return pressed
  const own = tables.reviews
    .get(state.reviews)
    .filter((review) => review.who === who)
    .at(-1)
  return own?.state === 'APPROVED' && own.head === state.head && own.base === base
}

/** What the people's own acts justify for one pull request at this state. */
export function justified(state: State, pull: number): { plan: boolean; review: boolean; merge: boolean } {
  const messages = arrived(tables.facts.get(state.facts[pull] ?? 0))
  const reviews = pull === 0 ? tables.reviews.get(state.reviews) : []
  const blockedByReview = everyone.some(
    (who) =>
      (who !== 'erik' || state.access === 1) &&
      reviews.filter((one) => one.who === who).at(-1)?.state === 'CHANGES_REQUESTED',
  )
  const by = (check: 'plan' | 'review') =>
    everyone.filter((who) => mayApprove(state, who) && approves(state, pull, messages, who, check))
  const blocked = (check: 'plan' | 'review') => everyone.some((who) => rejects(state, messages, who, check))
  const senior = seniors[state.policy] as Who
  const plan = by('plan').includes(senior) && !blocked('plan')
  const reviewers = by('review')
  const review = reviewers.length >= 2 && reviewers.includes(senior) && !blocked('review') && !blockedByReview
  return { plan, review, merge: plan && review }
}
