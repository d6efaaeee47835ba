/** The small GitHub of the search: two pull requests on one branch, three people, an agent, messages and one worker. */

import type { Account } from '../../src/core/account.ts'
import type { Action } from '../../src/core/action.ts'
import type { ObservedCheckRun } from '../../src/core/checkRun.ts'
import type { EvidenceRequest, EvidenceResult, EvidenceView } from '../../src/core/evidence.ts'
import type { FactBody } from '../../src/core/facts.ts'
import type { NativeReview, PullSnapshot } from '../../src/core/snapshot/pull.ts'
import { Policy } from '../../src/policy/schema.ts'
import type { PullVerdicts } from '../../src/subjects/pull.ts'
import * as fixture from '../support/snapshots.ts'
import { Table } from './table.ts'

export const people = {
  dana: fixture.dana,
  erik: fixture.erik,
  gus: fixture.gus,
  agent: fixture.copilot,
} as const
export type Who = keyof typeof people
export const bases = ['main', 'release'] as const
/** Commits of the branch: the agent's first, the agent's second, and a person's on top of the first. */
export const heads = ['c0', 'c1', 'c2'] as const
const lines: Record<number, number[]> = { 0: [0], 1: [0, 1], 2: [0, 2] }
export const authorOf = (commit: number): Who => (commit === 2 ? 'gus' : 'agent')
export const writersAt = (head: number): Who[] => (lines[head] ?? []).map(authorOf)

/** The policies that the default branch may hold: the same but for who its senior is. Comments may approve under both. */
export const seniors = ['dana', 'erik'] as const
const policies = seniors.map((senior) =>
  Policy.parse({
    merge: { mode: 'merge' },
    approvals: { profile: 'strict', by: ['button', 'review', 'comment'] },
    seniors: [senior],
  }),
)
export const firstPolicy = policies[0] as Policy

/** What a person asked for, as a webhook on its way. `seen` is what the page showed: the ghost of the intention. */
export interface Message {
  pull: number
  who: Who
  body: FactBody
  seen: Seen | null
  /** a, r: a button. c: an approving comment; v: one that another App wrote as its person. e: that the comment was edited. */
  letter: 'a' | 'r' | 'c' | 'v' | 'e' | 'm'
  check: 'plan' | 'review' | null
  /** Which message it was, counted over all that were sent: people's own order of acting. */
  nth: number
}
export interface Seen {
  pull: number
  head: number
  base: number
}
export interface Entry {
  who: Who | null
  body: FactBody
  /** The message it came with: the same message is recorded once. */
  message: number | null
}
/** A native review beside the base that the reviewer looked at, which GitHub does not keep. */
export interface Review {
  id: number
  who: Who
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'DISMISSED'
  head: number
  base: number
}
export interface Worker {
  pull: number
  /** What is still to be done, in order. */
  actions: Action[]
  facts: number
  /** Judged at the observation by the ghosts: may plan and review be green, may it merge, might it under the other policy. */
  justified: { plan: boolean; review: boolean; merge: boolean; underOther: boolean }
  /** More than one open pull request had the commit. */
  shared: boolean
  complete: boolean
  head: number
  base: number
}

export const tables = {
  facts: new Table<Entry[]>(),
  runs: new Table<ObservedCheckRun[]>(),
  reviews: new Table<Review[]>(),
  message: new Table<Message>(),
  worker: new Table<Worker | null>(),
}

/** A state: small numbers only, so that millions fit. Pull 0 is #34; pull 1 is #35 on the same branch, opened later. */
export interface State {
  open: readonly [number, number] // 0 absent, 1 open, 2 closed, 3 merged
  base: readonly [number, number]
  head: number
  facts: readonly [number, number]
  runs: number
  reviews: number
  /** Messages on their way, sorted. */
  flying: readonly number[]
  worker: number
  /** Whether erik still has write. */
  access: number
  /** Which policy the default branch holds. */
  policy: number
  /** How often each kind of step may still happen. */
  left: readonly number[]
}

export const keyOf = (state: State) =>
  `${state.open}|${state.base}|${state.head}|${state.facts}|${state.runs}|${state.reviews}|${state.flying}|${state.worker}|${state.access}|${state.policy}|${state.left}`

const files = [0, 1, 2].map((head) =>
  fixture.diffOf([...fixture.goodFiles(), fixture.file(`src/extra${head}.ts`)]),
)
const accountOf = (who: Who): Account => people[who]
/** A new policy is a commit on the default branch, so its tip moves. */
const tips = [[fixture.sha('main'), fixture.sha('main with the other policy')], [fixture.sha('release')]]
const tip = (base: number, held: number) => tips[base]?.[held] ?? (tips[base]?.[0] as string)
export const shaOf = (head: number) => fixture.sha(heads[head] ?? 'c0')
export const headOf = (sha: string) => heads.findIndex((_, index) => shaOf(index) === sha)
export const numberOf = (pull: number) => 34 + pull
export const keyOfPull = (pull: number) => `pull:${fixture.repository.name}#${numberOf(pull)}`

const collected = new Map(
  tips.flat().flatMap((base) =>
    [0, 1, 2].flatMap((head): [string, EvidenceResult][] => {
      const range = { base, head: shaOf(head) }
      const commits = (lines[head] ?? []).map((commit, index) =>
        fixture.commit(heads[commit] ?? '', { parents: [index === 0 ? base : shaOf(0)] }),
      )
      return [
        [`diff ${range.base} ${range.head}`, { ok: true, body: files[head] as (typeof files)[number] }],
        [`commits ${range.base} ${range.head}`, { ok: true, body: { commits } }],
        [
          `references ${range.base} ${range.head}`,
          { ok: true, body: { filesRead: 1, unresolved: [], unchecked: [] } },
        ],
      ]
    }),
  ),
)

const evidence: EvidenceView = {
  get: <R extends EvidenceRequest>(request: R) =>
    ('head' in request ? collected.get(`${request.kind} ${request.base} ${request.head}`) : undefined) as
      | EvidenceResult<R['kind']>
      | undefined,
}

const native = (review: Review): NativeReview => ({
  id: review.id,
  author: accountOf(review.who),
  state: review.state,
  sha: shaOf(review.head),
  edited: false,
})

/** The snapshot that observe would make of one pull request now. `blind` leaves reviews and siblings unread. */
export function snapshotOf(state: State, pull: number, blind = false, depth = 0): PullSnapshot<Policy> {
  const base = state.base[pull] ?? 0
  const policyNow = policies[state.policy] as Policy
  const sha = shaOf(state.head)
  const other = 1 - pull
  const siblings = depth === 0 && state.open[other] === 1 ? [snapshotOf(state, other, blind, 1)] : []
  const status = state.open[pull]
  const reading = fixture.pullReading({
    id: 3400 + pull,
    number: numberOf(pull),
    head: { sha, ref: 'copilot/one', repositoryId: fixture.repository.id, fork: false },
    base: { ref: bases[base] ?? 'main', tip: tip(base, state.policy), protected: true },
    state: status === 3 ? 'merged' : status === 2 ? 'closed' : 'open',
    // Retargeting is counted by what is left of its budget.
    baseChanges: pull === 0 ? 10 - (state.left[1] ?? 0) : 0,
    mergeCommit: status === 3 ? fixture.sha('merge') : null,
  })
  const facts = tables.facts.get(state.facts[pull] ?? 0)
  return {
    key: keyOfPull(pull),
    nowMs: 1_000_000,
    missing: blind ? ['the reviews'] : [],
    app: fixture.app,
    repository: fixture.repository,
    policy: { ok: true, policy: policyNow, sha: tip(0, state.policy), source: 'repository' },
    pull: reading,
    people: fixture.peopleOf(
      fixture.standing(people.dana),
      fixture.standing(people.erik, state.access ? 'write' : 'read'),
      fixture.standing(people.gus),
    ),
    commits: (lines[state.head] ?? []).map((commit) => ({
      sha: shaOf(commit),
      authors: [accountOf(authorOf(commit))],
      committer: accountOf(authorOf(commit)),
    })),
    pushers: (lines[state.head] ?? []).map((commit) => ({
      sha: shaOf(commit),
      by: accountOf(authorOf(commit)),
    })),
    reviews: blind ? 'unknown' : pull === 0 ? tables.reviews.get(state.reviews).map(native) : [],
    threads: [],
    runs: tables.runs.get(state.runs).filter((run) => run.sha === sha),
    // Of the commit alone, so that a changed base is left to the guards of approvals.
    ci: [fixture.greenCi(sha, { event: 'push' })],
    workflowRuns: { head: [], base: [] },
    enforcement: { rules: fixture.goodRules(), proof: null },
    proposedPolicy: null,
    siblings: blind && depth === 0 ? 'unknown' : siblings,
    ownComments: answered(facts),
    facts: facts.map(({ who, body }, seq) => ({
      subject: keyOfPull(pull),
      seq,
      actor: who && accountOf(who),
      atMs: 0,
      delivery: null,
      body,
      previousHash: '',
      hash: '',
    })),
    task: null,
    environments: [],
    evidence,
  }
}

/** Comments are taken as written at once: they decide nothing. */
function answered(facts: readonly Entry[]) {
  return facts.flatMap(({ body }) =>
    body.kind === 'settled' ? [{ id: body.of, marker: `answer:${body.of}`, body: body.sentence }] : [],
  )
}

/** What a digest shown on a page stood for, filled when pages are written. */
export const shownAs = new Map<string, Seen>()

/** Register what the pages of this snapshot show, so that a press can tell what its person looked at. */
export function registerPages(verdicts: PullVerdicts, state: State, pull: number): void {
  const seen = { pull, head: state.head, base: state.base[pull] ?? 0 }
  for (const { shown } of [verdicts.plan, verdicts.review]) if (shown) shownAs.set(shown, seen)
}
