/** Everything that can happen around a merge queue: people, the agent, CI, administrators, the network, GitHub and the worker. */
import { formatExternalId, parseExternalId } from '../../../src/core/checkRun.ts'
import type { FactBody } from '../../../src/core/facts.ts'
import type { Step } from '../explore.ts'
import { arrived } from './arrive.ts'
import { headName, pushOnto, shaOf } from './git.ts'
import { lineSteps, movedTo } from './line.ts'
import { shownAs } from './rounds.ts'
import { keyOfSubject, numberOf, seniors } from './snapshots.ts'
import {
  type Budget,
  budgets,
  everybody,
  factsOfSubject,
  type GroupCi,
  groupAt,
  type Message,
  may,
  pullAt,
  pullSubject,
  type State,
  type Subject,
  spend,
  tables,
  type Who,
  withGroup,
  withPull,
  woken,
} from './state.ts'
import { type World, workerSteps } from './worker.ts'

/** Deliveries that may be on their way at once. */
const mostFlying = 3

const step = (words: string, next: State): Step<State> => ({ words, next, broken: null })

/** All steps of a state. Once both have landed only the worker goes on, to read back what came of it. */
export function stepsOf(world: World, state: State): Step<State>[] {
  const { setting } = world.rounds
  if ([0, 1].every((pull) => pullAt(state, pull).merged !== null)) return workerSteps(world, state)
  return [
    ...workerSteps(world, state),
    ...lineSteps(setting, state),
    ...networkSteps(state),
    ...[0, 1].filter((pull) => pullAt(state, pull).merged === null).flatMap((pull) => pullSteps(state, pull)),
    ...ciSteps(state),
    ...adminSteps(state),
  ]
}

/** Something that costs, and that a webhook without a fact tells of, unless that is lost. */
function told(
  state: State,
  budget: Budget,
  words: string,
  change: (from: State) => State,
  tells: Subject[],
): Step<State>[] {
  if (!may(state, budget)) return []
  const changed = change(spend(state, budget))
  return [
    step(words, woken(changed, tells)),
    ...(may(changed, 'lose')
      ? [step(`${words}, and nobody is told`, { ...spend(changed, 'lose'), untold: true })]
      : []),
  ]
}

function messageWords({ who, letter, check, seen, to }: Message): string {
  if (letter === 'g') return `the request of ${to}`
  const button = letter === 'a' ? 'Approve' : 'Request changes'
  return `${who}'s ${button} on countersign/${check} of ${seen ? headName(seen.pull, seen.head) : 'nothing'}`
}

function networkSteps(state: State): Step<State>[] {
  return [...new Set(state.flying)].flatMap((id) => {
    const words = messageWords(tables.message.get(id))
    const flying = state.flying.filter((_, index) => index !== state.flying.indexOf(id))
    return [
      step(`${words} arrives`, arrived({ ...state, flying }, id)),
      ...(may(state, 'lose')
        ? [step(`${words} is lost`, { ...spend(state, 'lose'), flying, untold: true })]
        : []),
      ...(may(state, 'double')
        ? [step(`${words} arrives and will come again`, arrived(spend(state, 'double'), id))]
        : []),
    ]
  })
}

function pullSteps(state: State, pull: number): Step<State>[] {
  return [
    ...(['dana', 'erik', 'agent'] as const).flatMap((who) => pressSteps(state, pull, who)),
    ...reviewSteps(state, pull),
    ...changeSteps(state, pull),
  ]
}

/** Presses on the pages that stand there now; the way to us may take long. */
function pressSteps(state: State, pull: number, who: Who): Step<State>[] {
  if (!may(state, 'send') || state.flying.length >= mostFlying) return []
  const { head, runs } = pullAt(state, pull)
  return runs.flatMap((run) => {
    const external = parseExternalId(run.externalId)
    const seen = external && shownAs.get(external.shown)
    const check =
      run.name === 'countersign/plan' ? 'plan' : run.name === 'countersign/review' ? 'review' : null
    if (!check || !seen || run.sha !== shaOf(headName(pull, head)) || run.status !== 'completed') return []
    return (who === 'agent' ? (['a'] as const) : (['a', 'r'] as const)).map((letter) => {
      const body: FactBody = {
        kind: 'button.pressed',
        checkRunId: run.id,
        checkName: `countersign/${check}`,
        sha: run.sha,
        identifier: `${letter}:${external.shown.slice(0, 16)}`,
        externalId: formatExternalId(keyOfSubject(pullSubject(pull)), external.generation, external.shown),
      }
      const nth = 100 - (state.left[budgets.send] ?? 0)
      const message = { to: pullSubject(pull), who, letter, check, seen, body, nth } as const
      const flying = [...state.flying, tables.message.put(message)].sort((a, b) => a - b)
      return step(messageWords(message).replace("'s", ' sends'), { ...spend(state, 'send'), flying })
    })
  })
}

function reviewSteps(state: State, pull: number): Step<State>[] {
  const { reviews, head } = pullAt(state, pull)
  const tells = [pullSubject(pull)]
  const given = (['dana', 'erik'] as const).flatMap((who) =>
    (['APPROVED', 'CHANGES_REQUESTED'] as const).flatMap((verdict) =>
      told(
        state,
        'review',
        `${who} reviews ${headName(pull, head)} as ${verdict}`,
        (from) =>
          withPull(from, pull, {
            reviews: [...reviews, { id: reviews.length + 1, who, state: verdict, head }],
          }),
        tells,
      ),
    ),
  )
  const dismissed = reviews
    .filter((one) => one.state !== 'DISMISSED')
    .flatMap((review) =>
      told(
        state,
        'review',
        `the review ${review.id} of ${review.who} on #${numberOf(pull)} is dismissed`,
        (from) =>
          withPull(from, pull, {
            reviews: reviews.map((one) => (one === review ? { ...one, state: 'DISMISSED' } : one)),
          }),
        tells,
      ),
    )
  return [...given, ...dismissed]
}

function changeSteps(state: State, pull: number): Step<State>[] {
  const { head, draft, ciGreen } = pullAt(state, pull)
  const number = `#${numberOf(pull)}`
  const tells = [pullSubject(pull)]
  const change = (budget: Budget, words: string, parts: Parameters<typeof withPull>[2]) =>
    told(state, budget, words, (from) => withPull(from, pull, parts), tells)
  return [
    ...(head === 0
      ? change('push', `the agent pushes ${headName(pull, 1)} to ${number}`, { head: 1, ciGreen: true })
      : []),
    ...change('draft', `${number} is ${draft ? 'ready' : 'a draft'} again`, { draft: !draft }),
    ...(ciGreen ? change('ci', `CI of ${number} is run again and fails`, { ciGreen: false }) : []),
  ]
}

/** CI of the queue's event answers once at each group; another event's is no answer, and a second run may fail. */
function ciSteps(state: State): Step<State>[] {
  return state.groups.flatMap(([name]) => {
    const ci = groupAt(state, name)?.ci
    const becomes = (now: GroupCi) => (from: State) => withGroup(from, name, { ci: now })
    // Only a group that is on record is found by its commit.
    const tells = factsOfSubject(state, name).length > 0 ? [name] : []
    const dear = (now: GroupCi) => told(state, 'ci', `CI of ${name} is ${now}`, becomes(now), tells)
    if (ci === 'green') return dear('red')
    if (ci !== 'none' && ci !== 'push') return []
    return [
      step(`CI of ${name} is green`, woken(becomes('green')(state), tells)),
      ...dear('red'),
      ...(ci === 'none' ? dear('push') : []),
    ]
  })
}

function adminSteps(state: State): Step<State>[] {
  const to = (policy: number) =>
    policy === 2 ? 'lets only Countersign merge' : `makes ${seniors[policy]} the senior`
  const others = [0, 1, 2].filter((policy) => policy !== state.policy)
  const sweep = may(state, 'sweep')
    ? [
        step(
          'the sweep visits everything',
          woken({ ...spend(state, 'sweep'), untold: false }, everybody(state)),
        ),
      ]
    : []
  const pulls: Subject[] = ['p0', 'p1']
  return [
    ...told(state, 'base', 'somebody pushes to main', (from) => movedTo(from, pushOnto(from.main)), pulls),
    ...others.flatMap((policy) =>
      told(
        state,
        'policy',
        `a push to main ${to(policy)}`,
        (from) => movedTo({ ...from, policy }, pushOnto(from.main)),
        pulls,
      ),
    ),
    // The organisation's own policy changes without any push here, and nobody is told.
    ...(may(state, 'policy')
      ? others.map((policy) =>
          step(`the organisation's policy ${to(policy)}`, {
            ...spend(state, 'policy'),
            policy,
            untold: true,
          }),
        )
      : []),
    ...sweep,
  ]
}
