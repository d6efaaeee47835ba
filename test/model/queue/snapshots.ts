/** The snapshots that observe would make now of a pull request and of a group of the merge queue's search. */
import type { Account } from '../../../src/core/account.ts'
import type { Fact } from '../../../src/core/facts.ts'
import { groupSteps } from '../../../src/core/mergeGroup.ts'
import type { GroupEntry, GroupSnapshot } from '../../../src/core/snapshot/group.ts'
import type { PullSnapshot } from '../../../src/core/snapshot/pull.ts'
import { Policy } from '../../../src/policy/schema.ts'
import * as fixture from '../../support/snapshots.ts'
import { people } from '../people.ts'
import { evidenceOf, headName, heads, shaOf } from './git.ts'
import {
  type Entry,
  groupAt,
  pullAt,
  pullOf,
  type Review,
  type State,
  type Subject,
  type Who,
} from './state.ts'

/** What does not change during a search. */
export interface Setting {
  /** #35 is a person's, and policy lets it pass. */
  person: boolean
  /** Whatever is in front of a green group lands with it, whatever its own group says. */
  headGreen: boolean
}

/** The policies: the same but for who is the senior; under the third only Countersign merges. */
export const seniors: readonly Who[] = ['dana', 'erik', 'dana']
const policies = seniors.map((senior, index) =>
  Policy.parse({
    merge: { mode: index === 2 ? 'merge' : 'checks' },
    people: 'pass',
    approvals: { profile: 'strict' },
    gates: { ci: { workflows: [{ path: '.github/workflows/ci.yml' }] } },
    seniors: [senior],
  }),
)
export const appAlone = (policy: number) => policy === 2

export const numberOf = (pull: number) => 34 + pull
export const keyOfSubject = (subject: Subject): string => {
  const pull = pullOf(subject)
  return pull === null
    ? `group:${fixture.repository.name}@${shaOf(subject)}`
    : `pull:${fixture.repository.name}#${numberOf(pull)}`
}
export const authorOf = ({ person }: Setting, pull: number, head: number): Who =>
  person && pull === 1 && head === 0 ? 'gus' : 'agent'

const policyNow = (state: State) =>
  ({
    ok: true,
    policy: policies[state.policy] as Policy,
    sha: shaOf(state.main),
    source: 'repository',
  }) as const

const factsFrom = (subject: Subject, entries: readonly Entry[]): Fact[] =>
  entries.map(({ who, body }, seq) => ({
    subject: keyOfSubject(subject),
    seq,
    actor: who && people[who],
    atMs: 0,
    delivery: null,
    body,
    previousHash: '',
    hash: '',
  }))

const native = ({ id, who, state, head }: Review, pull: number) => ({
  id,
  author: people[who],
  state,
  sha: shaOf(headName(pull, head)),
  edited: false,
})

export function pullSnapshot(setting: Setting, state: State, pull: number): PullSnapshot<Policy> {
  const { merged, head, draft, ciGreen, reviews, facts, runs } = pullAt(state, pull)
  const sha = shaOf(headName(pull, head))
  const written = (heads[pull] ?? []).slice(0, head + 1).map((name, at) => {
    const by: Account = people[authorOf(setting, pull, at)]
    return { sha: shaOf(name), by }
  })
  return {
    ...fixture.pullSnapshot(),
    key: keyOfSubject(`p${pull}`),
    policy: policyNow(state),
    pull: fixture.pullReading({
      id: 3400 + pull,
      number: numberOf(pull),
      title: `Add ${pull}`,
      author: people[authorOf(setting, pull, 0)],
      head: {
        sha,
        ref: authorOf(setting, pull, 0) === 'agent' ? `copilot/${pull}` : `topic-${pull}`,
        repositoryId: fixture.repository.id,
        fork: false,
      },
      base: { ref: 'main', tip: shaOf(state.main), protected: true },
      state: merged === null ? 'open' : 'merged',
      draft,
      mergeCommit: merged === null ? null : shaOf(merged),
      baseChanges: 0,
    }),
    people: fixture.peopleOf(...[people.dana, people.erik, people.gus].map((one) => fixture.standing(one))),
    commits: written.map(({ sha: at, by }) => ({ sha: at, authors: [by], committer: by })),
    pushers: written,
    reviews: reviews.map((review) => native(review, pull)),
    runs: runs.filter((run) => run.sha === sha),
    ci: [fixture.greenCi(sha, ciGreen ? {} : { conclusion: 'failure' })],
    enforcement: { rules: fixture.goodRules({ mergeQueue: true }), proof: null },
    ownComments: [],
    facts: factsFrom(`p${pull}`, facts),
    evidence: evidenceOf(state),
  }
}

/** How a round may come to see less of a group than there is. `late`: git was read between two looks; `short`: the last entry alone. */
export type Sight = 'whole' | 'entries' | 'checks' | 'reviews' | 'late' | 'short'

/** The snapshot of a group that GitHub has asked about; null of any other. */
export function groupSnapshot(
  setting: Setting,
  state: State,
  commit: string,
  sight: Sight,
): GroupSnapshot<Policy> | null {
  const group = groupAt(state, commit)
  if (!group) return null
  const facts = factsFrom(commit, group.facts)
  const requested = facts.find(({ body }) => body.kind === 'group.requested')
  if (!requested) return null
  const [tip, head] = [shaOf(state.main), shaOf(commit)]
  const evidence = evidenceOf(state)
  const landing = evidence.get({ kind: 'commits', base: tip, head })
  const walked = landing?.ok ? groupSteps(landing.body.commits, tip, head) : null
  const entries = (walked?.ok ? walked.steps : []).map((step): GroupEntry<Policy> => {
    const fitting = [0, 1].filter((pull) => shaOf(headName(pull, pullAt(state, pull).head)) === step.merges)
    const open = fitting.filter((pull) => pullAt(state, pull).merged === null)
    const pulls = open.map((pull) => pullSnapshot(setting, state, pull))
    const seen = sight === 'reviews' ? pulls.map((one) => ({ ...one, reviews: 'unknown' as const })) : pulls
    return { step, pulls: seen, landed: open.length === 0 && fitting.length > 0 }
  })
  const ci = {
    none: [],
    green: [fixture.greenCi(head, { event: 'merge_group' })],
    red: [fixture.greenCi(head, { event: 'merge_group', conclusion: 'failure' })],
    push: [fixture.greenCi(head, { event: 'push' })],
  }[group.ci]
  return {
    key: keyOfSubject(commit),
    nowMs: 10_000,
    missing: sight === 'entries' ? ["The group's pull requests"] : sight === 'checks' ? ['The checks'] : [],
    app: fixture.app,
    repository: fixture.repository,
    policy: policyNow(state),
    head,
    requested: requested as GroupSnapshot['requested'],
    destroyed: false,
    base: { ref: 'main', tip },
    entries:
      sight === 'entries'
        ? 'unknown'
        : entries.slice(sight === 'late' ? entries.length : sight === 'short' ? -1 : 0),
    runs: sight === 'checks' ? 'unknown' : group.runs,
    ci: sight === 'checks' ? 'unknown' : ci,
    facts,
    evidence,
  }
}
