/** The guards of merge queues, each with the mutant that switches it off and the promise that must then break. */
import type { Action } from '../../../src/core/action.ts'
import { factsOf, lastFact } from '../../../src/core/facts.ts'
import type { GroupEntry, GroupSnapshot } from '../../../src/core/snapshot/group.ts'
import type { PullSnapshot } from '../../../src/core/snapshot/pull.ts'
import type { Policy } from '../../../src/policy/schema.ts'
import { landingOf, mergeOf } from '../../../src/subjects/group/needs.ts'
import { openRequests } from '../../../src/subjects/pull/answers.ts'
import { isForFigures } from '../../../src/subjects/pull/toldFigures.ts'
import { judge as judgePull } from '../../../src/subjects/pull.ts'
import type { Mutant } from './rounds.ts'
import type { Setting } from './snapshots.ts'
import { type Pattern, settings, ways } from './starts.ts'
import { checks, type Left } from './state.ts'

type Group = GroupSnapshot<Policy>
type Entry = GroupEntry<Policy>
type Pull = PullSnapshot<Policy>

export interface QueueGuard {
  /** What the guard holds. */
  what: string
  /** The promise its mutant breaks. */
  breaks: 'S1' | 'S3' | 'S4' | 'S9' | 'S14' | 'L1'
  setting: Setting
  /** What happens before the search starts, with the real rules; the search is then short. */
  from: readonly Pattern[]
  /** What may still happen after that. */
  left: Left
  mutant: Mutant | null
  refusedStops?: false
}

const { both, queued, enqueue, asked } = ways
const { agents, headGreen } = settings

const entriesOf = ({ entries }: Group) => (entries === 'unknown' ? [] : entries)
const eachEntry = (snapshot: Group, change: (entry: Entry) => Entry): Group => ({
  ...snapshot,
  entries: snapshot.entries === 'unknown' ? 'unknown' : snapshot.entries.map(change),
})
const eachPull = (snapshot: Group, change: (pull: Pull) => Pull): Group =>
  eachEntry(snapshot, (entry) => ({ ...entry, pulls: entry.pulls.map(change) }))

/** Every step as if git had computed its very tree. */
function withTrees(snapshot: Group): Group {
  const trees = new Map(
    entriesOf(snapshot).flatMap((entry) =>
      entry.pulls.map((pull) => [JSON.stringify(mergeOf(entry, pull)), entry.step.tree] as const),
    ),
  )
  return {
    ...snapshot,
    evidence: {
      get: (request) => {
        const tree = trees.get(JSON.stringify(request))
        return tree === undefined
          ? snapshot.evidence.get(request)
          : ({ ok: true, body: { tree, mergeBase: tree } } as never)
      },
    },
  }
}

const isRun = (action: Action) => action.kind === 'checkRun'
const isNo = (action: Action) =>
  action.kind === 'checkRun' && /Put it into the queue again/.test(action.run.summary)

export const queueGuards: Readonly<Record<string, QueueGuard>> = {
  queueOfChecksMode: {
    what: 'where only Countersign may merge, a queue gets no green',
    breaks: 'S14',
    setting: agents,
    from: queued,
    left: { policy: 1 },
    mutant: {
      group: (snapshot) =>
        snapshot.policy.ok
          ? {
              ...snapshot,
              policy: {
                ...snapshot.policy,
                policy: {
                  ...snapshot.policy.policy,
                  merge: { ...snapshot.policy.policy.merge, mode: 'checks' },
                },
              },
            }
          : snapshot,
    },
  },
  groupReadWhole: {
    what: 'a group that could not be read whole turns nothing green',
    breaks: 'S9',
    setting: agents,
    from: [...both, ...enqueue(34), ...asked.slice(0, 1)],
    left: { blind: 1 },
    mutant: {
      group: (snapshot) => ({
        ...snapshot,
        missing: [],
        runs: snapshot.runs === 'unknown' ? [] : snapshot.runs,
        ci: snapshot.ci === 'unknown' ? [] : snapshot.ci,
      }),
    },
  },
  fromTheTip: {
    what: 'what lands is counted from the branch, not from what the payload calls its base',
    breaks: 'S4',
    setting: headGreen,
    from: queued,
    left: { send: 1 },
    mutant: {
      group: (snapshot) => ({
        ...snapshot,
        base: { ...snapshot.base, tip: snapshot.requested.body.base },
        entries:
          snapshot.entries === 'unknown'
            ? 'unknown'
            : snapshot.entries.filter(({ step }) => step.commit === snapshot.head),
      }),
    },
  },
  everyStep: {
    what: 'each step that would land was looked at',
    breaks: 'S9',
    setting: headGreen,
    from: [...both, ...enqueue(34), ...asked, ...enqueue(35), ...asked.slice(0, 1)],
    left: { blind: 1 },
    mutant: {
      group: (snapshot) => {
        const [oldest] = entriesOf(snapshot)
        const landing = landingOf(snapshot)
        return {
          ...snapshot,
          base: oldest ? { ...snapshot.base, tip: oldest.step.onto } : snapshot.base,
          evidence: {
            get: (request) =>
              request.kind === 'commits' && request.head === snapshot.head
                ? (snapshot.evidence.get(landing) as never)
                : snapshot.evidence.get(request),
          },
        }
      },
    },
  },
  nobodysStep: {
    what: 'each step brings in the head of an open pull request',
    breaks: 'S1',
    setting: agents,
    from: both,
    left: { enqueue: 1, forge: 1 },
    mutant: {
      // Whoever the branch of the group is named for is believed to be in it.
      judging: (snapshot, pulls) =>
        withTrees(
          eachEntry(snapshot, (entry) =>
            entry.pulls.length > 0 ? entry : { ...entry, pulls: pulls.map((pull) => told(snapshot, pull)) },
          ),
        ),
    },
  },
  plainMerge: {
    what: 'each step holds the merge of its pull request, and nothing else',
    breaks: 'S1',
    setting: agents,
    from: both,
    left: { enqueue: 1, forge: 1 },
    mutant: { group: withTrees },
  },
  noDraft: {
    what: 'what was made a draft again does not land',
    breaks: 'S1',
    setting: agents,
    from: queued,
    left: { draft: 1 },
    mutant: {
      group: (snapshot) => eachPull(snapshot, (pull) => ({ ...pull, pull: { ...pull.pull, draft: false } })),
    },
  },
  everyEntry: {
    what: 'a group passes only when each of its entries does',
    breaks: 'S4',
    setting: headGreen,
    from: queued,
    left: { send: 1 },
    mutant: {
      judging: (snapshot) => {
        const pulls = entriesOf(snapshot).flatMap((entry) => entry.pulls)
        const best = pulls.find((pull) => judgePull(pull).review.verdict.state === 'pass')
        return best ? withTrees(eachPull(snapshot, () => best)) : snapshot
      },
    },
  },
  queuesOwnCi: {
    what: 'CI counts that the queue started at the very commit that lands',
    breaks: 'S3',
    setting: agents,
    from: queued,
    left: { ci: 1 },
    mutant: {
      group: (snapshot) => ({
        ...snapshot,
        ci:
          snapshot.ci === 'unknown'
            ? 'unknown'
            : snapshot.ci.map((one) => ({ ...one, event: 'merge_group' })),
      }),
    },
  },
  asksFail: {
    what: 'what waits for a person fails the group, so that the queue goes on without it',
    breaks: 'L1',
    setting: agents,
    from: queued,
    left: { policy: 1 },
    mutant: {
      actions: (actions) =>
        actions.map((action) =>
          action.kind === 'checkRun' && isNo(action)
            ? { ...action, run: { ...action.run, state: 'in_progress' } }
            : action,
        ),
    },
  },
  joinedSeen: {
    what: 'what changed before an entry knew of the group is looked for again',
    breaks: 'S3',
    setting: agents,
    // What git knows of the merge is on record already: the first look at the new group sees everything.
    from: [...queued, /^#35 is taken out/, ...enqueue(35), ...asked.slice(0, 1)],
    left: { review: 1 },
    mutant: {
      actions: (actions, { key }) =>
        actions.filter((action) => action.kind !== 'queue' || action.subject !== key),
    },
  },
  answeredFirst: {
    what: 'a press on an entry that nobody has answered yet may be a no',
    breaks: 'S4',
    setting: agents,
    from: queued,
    left: { send: 1 },
    mutant: {
      judging: (snapshot) =>
        eachPull(snapshot, (pull) => {
          const open = openRequests(pull.facts).map(({ seq }) => seq)
          return { ...pull, facts: pull.facts.filter(({ seq }) => !open.includes(seq)) }
        }),
    },
  },
  everyGroup: {
    what: 'what changes at an entry is heard by each group that holds it, not by the last alone',
    breaks: 'S3',
    setting: agents,
    from: queued,
    left: { review: 1 },
    mutant: {
      actions: (actions, { facts }) => {
        const groups = factsOf(facts, 'group.joined').map(({ body }) => body.group)
        const last = lastFact(facts, 'group.joined')?.body.group
        return actions.filter(
          (action) => action.kind !== 'queue' || action.subject === last || !groups.includes(action.subject),
        )
      },
    },
  },
  toldEachTime: {
    what: 'of an entry that does not stand its groups hear at each look, since it may have stood in between',
    breaks: 'S3',
    setting: agents,
    from: [
      ...queued,
      /^dana reviews a0 as CHANGES_REQUESTED$/,
      /^a round of #34 observes/,
      /^a round of #34 observes/,
      /^dana reviews a0 as APPROVED$/,
    ],
    left: { review: 1 },
    mutant: {
      actions: (actions) =>
        actions.some(
          (action) => action.kind === 'checkRun' || (action.kind === 'record' && !isForFigures(action)),
        )
          ? actions
          : actions.filter(({ kind }) => kind !== 'queue'),
    },
  },
  refusedStops: {
    what: 'beside a run that GitHub refuses no other turns green',
    breaks: 'S4',
    setting: agents,
    from: queued,
    left: { review: 1, refuse: 1 },
    mutant: null,
    refusedStops: false,
  },
  greensLast: {
    what: 'a green that no longer stands is taken back before another is written',
    breaks: 'S4',
    setting: agents,
    from: queued,
    left: { review: 1 },
    mutant: {
      actions: (actions) => [
        ...actions.filter((action) => !isRun(action)),
        ...checks.flatMap((check) =>
          actions.filter(
            (action) => action.kind === 'checkRun' && action.run.name === `countersign/${check}`,
          ),
        ),
      ],
    },
  },
}

/** The pull request as if the group were on its record. */
function told(snapshot: Group, pull: Pull): Pull {
  const body = { kind: 'group.joined', group: snapshot.key, head: pull.pull.head.sha } as const
  const fact = {
    subject: pull.key,
    seq: 9000,
    actor: null,
    atMs: 0,
    delivery: null,
    body,
    previousHash: '',
    hash: '',
  }
  return { ...pull, facts: [...pull.facts, fact] }
}
