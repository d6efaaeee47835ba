/** What people, the agent and administrators do: press, comment, review, push, retarget, open and close, change access and policy. */
import { formatExternalId, parseExternalId } from '../../../src/core/checkRun.ts'
import type { FactBody } from '../../../src/core/facts.ts'
import {
  bases,
  headOf,
  heads,
  keyOfPull,
  type Message,
  type Seen,
  type State,
  seniors,
  shownAs,
  tables,
  type Who,
} from '../world.ts'
import { messageWords } from './network.ts'
import { budgets, may, pair, type Step, spend, step } from './step.ts'

/** Deliveries that may be on their way at once. */
const mostFlying = 2

export function peopleSteps(state: State): Step[] {
  return [
    ...sendSteps(state),
    ...commentSteps(state),
    ...reviewSteps(state),
    ...branchSteps(state),
    ...siblingSteps(state),
    ...adminSteps(state),
  ]
}

function sendSteps(state: State): Step[] {
  if (!may(state, 'send') || state.flying.length >= mostFlying) return []
  const merge = send(state, 'send', {
    pull: 0,
    who: 'dana',
    letter: 'm',
    check: null,
    seen: null,
    body: commandBody(state, 'merge', ''),
  })
  return [...(['dana', 'erik', 'gus', 'agent'] as const).flatMap((who) => pressSteps(state, who)), merge]
}

/** What a page of the head shows now, on which somebody may act; the way to us may take long. */
function pages(
  state: State,
): { run: { id: number; name: string; sha: string }; seen: Seen; external: Shown }[] {
  return tables.runs.get(state.runs).flatMap((run) => {
    const external = parseExternalId(run.externalId)
    const seen = external && shownAs.get(external.shown)
    if (!external || !seen || headOf(run.sha) !== state.head || run.status !== 'completed') return []
    return [{ run, seen, external }]
  })
}
type Shown = NonNullable<ReturnType<typeof parseExternalId>>

const checkOf = (name: string) =>
  name === 'countersign/plan' ? 'plan' : name === 'countersign/review' ? 'review' : null

function pressSteps(state: State, who: Who): Step[] {
  return pages(state).flatMap(({ run, seen, external }) => {
    const check = checkOf(run.name)
    if (!check) return []
    const letters = who === 'agent' ? (['a'] as const) : (['a', 'r'] as const)
    return letters.map((letter) => {
      const body: FactBody = {
        kind: 'button.pressed',
        checkRunId: run.id,
        checkName: `countersign/${check}`,
        sha: run.sha,
        identifier: `${letter}:${external.shown.slice(0, 16)}`,
        externalId: formatExternalId(keyOfPull(seen.pull), external.generation, external.shown),
      }
      return send(state, 'send', { pull: seen.pull, who, letter, check, seen, body })
    })
  })
}

/** Approving comments: of a person, of an App that holds the person's token, and edits of them by whoever holds a token. */
function commentSteps(state: State): Step[] {
  if (!may(state, 'comment') || state.flying.length >= mostFlying) return []
  const written = pages(state).flatMap(({ run, seen, external }) => {
    if (run.name !== 'countersign/review') return []
    return (['dana', 'erik'] as const).flatMap((who) =>
      (['c', 'v'] as const).map((letter) => {
        const rest = `review ${external.shown.slice(0, 8)}`
        const body = { ...commandBody(state, 'approve', rest), viaApp: letter === 'v' ? 999 : null }
        return send(state, 'comment', { pull: seen.pull, who, letter, check: 'review', seen, body })
      }),
    )
  })
  const edits = [...new Set(approvingComments(state))].map((commentId) =>
    send(state, 'comment', {
      pull: 0,
      who: 'agent',
      letter: 'e',
      check: null,
      seen: null,
      body: { kind: 'comment.touched', commentId, how: 'edited' },
    }),
  )
  return [...written, ...edits]
}

/** Comments of #34 that approve, arrived or on their way, and that nobody has edited yet. */
function approvingComments(state: State): number[] {
  const bodies = [
    ...tables.facts.get(state.facts[0]).map(({ body }) => body),
    ...state.flying.map((id) => tables.message.get(id).body),
  ]
  const touched = bodies.flatMap((body) => (body.kind === 'comment.touched' ? [body.commentId] : []))
  return bodies.flatMap((body) =>
    body.kind === 'comment.command' && body.verb === 'approve' && !touched.includes(body.commentId)
      ? [body.commentId]
      : [],
  )
}

function reviewSteps(state: State): Step[] {
  if (!may(state, 'review')) return []
  const given = (['dana', 'erik'] as const).flatMap((who) =>
    (['APPROVED', 'CHANGES_REQUESTED'] as const).map((verdict) => reviewStep(state, who, verdict)),
  )
  const standing = tables.reviews.get(state.reviews).filter((one) => one.state !== 'DISMISSED')
  const dismissed = standing.map((review) => {
    const reviews = tables.reviews
      .get(state.reviews)
      .map((one) => (one.id === review.id ? { ...one, state: 'DISMISSED' as const } : one))
    return step(`the review ${review.id} of ${review.who} is dismissed`, {
      ...spend(state, 'review'),
      reviews: tables.reviews.put(reviews),
    })
  })
  return [...given, ...dismissed]
}

function reviewStep(state: State, who: Who, verdict: 'APPROVED' | 'CHANGES_REQUESTED'): Step {
  const reviews = tables.reviews.get(state.reviews)
  const added = { id: reviews.length + 1, who, state: verdict, head: state.head, base: state.base[0] }
  return step(`${who} reviews ${heads[state.head]} on ${bases[state.base[0]]} as ${verdict}`, {
    ...spend(state, 'review'),
    reviews: tables.reviews.put([...reviews, added]),
  })
}

function branchSteps(state: State): Step[] {
  const pushes = may(state, 'push')
    ? [0, 1, 2]
        .filter((head) => head !== state.head)
        .map((head) =>
          step(`${head === 2 ? 'gus' : 'the agent'} pushes ${heads[head]}`, {
            ...spend(state, 'push'),
            head,
          }),
        )
    : []
  const retargets = may(state, 'retarget')
    ? [
        step(`#34 is retargeted to ${bases[1 - state.base[0]]}`, {
          ...spend(state, 'retarget'),
          base: pair(state.base, 0, 1 - state.base[0]),
        }),
      ]
    : []
  return [...pushes, ...retargets]
}

function siblingSteps(state: State): Step[] {
  if (!may(state, 'sibling')) return []
  const change = (words: string, open: number) =>
    step(words, { ...spend(state, 'sibling'), open: pair(state.open, 1, open) })
  if (state.open[1] === 1) return [change('#35 is closed', 2)]
  return state.open[1] === 0 ? [change('the agent opens #35 from the same commit to release', 1)] : []
}

function adminSteps(state: State): Step[] {
  const access =
    may(state, 'access') && state.access === 1
      ? [step('erik loses write access', { ...spend(state, 'access'), access: 0 })]
      : []
  const other = 1 - state.policy
  const policy = may(state, 'policy')
    ? [
        step(`the policy on main makes ${seniors[other]} the senior`, {
          ...spend(state, 'policy'),
          policy: other,
        }),
      ]
    : []
  return [...access, ...policy]
}

/** Messages sent so far, as a number that only grows along a trace. */
const sent = (state: State) => 100 - (state.left[budgets.send] ?? 0) - (state.left[budgets.comment] ?? 0)

function commandBody(state: State, verb: 'merge' | 'approve', rest: string) {
  return {
    kind: 'comment.command',
    commentId: 100 + sent(state),
    on: 'pull',
    verb,
    rest,
    bodyDigest: '0'.repeat(64),
    viaApp: null,
  } as const satisfies FactBody
}

function send(state: State, budget: 'send' | 'comment', message: Omit<Message, 'nth'>): Step {
  const numbered = { ...message, nth: sent(state) }
  const flying = [...state.flying, tables.message.put(numbered)].sort((a, b) => a - b)
  return step(`${messageWords(numbered).replace("'s", ' sends')}`, { ...spend(state, budget), flying })
}
