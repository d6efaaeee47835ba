/** The guards that hold the promises, each with the mutant that switches it off and the promise that must then break. */

import { formatExternalId, parseButton } from '../../src/core/checkRun.ts'
import { digestOf } from '../../src/core/digest.ts'
import type { Fact, FactOf } from '../../src/core/facts.ts'
import type { PullSnapshot } from '../../src/core/snapshot/pull.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { judge } from '../../src/subjects/pull.ts'
import type { Decorate } from './rounds.ts'
import { approvals, type Pattern, sends } from './starts.ts'
import type { Budget } from './steps.ts'
import { firstPolicy } from './world.ts'

type Snapshot = PullSnapshot<Policy>

export interface Guard {
  /** Where the guard stands in the code, so that a reader finds it. */
  where: string
  what: string
  /** The promise its mutant breaks. */
  breaks: 'S1' | 'S3' | 'S4' | 'S5' | 'S6' | 'S7' | 'S8' | 'S14'
  /** What happens before the search starts, with the real rules; the search is then short. */
  from: Pattern[]
  /** What may still happen after that. */
  left?: Partial<Record<Budget, number>>
  decorate?: Decorate
  expectedSha?: false
  expectedLength?: false
}

/** Decorate the siblings too, as production would read them by the same code. */
function everywhere(change: Decorate): Decorate {
  return (snapshot) =>
    change({
      ...snapshot,
      siblings: snapshot.siblings === 'unknown' ? 'unknown' : snapshot.siblings.map(change),
    })
}

const mapFacts = (snapshot: Snapshot, change: (fact: Fact) => Fact | null): Snapshot => ({
  ...snapshot,
  facts: snapshot.facts.flatMap((fact) => change(fact) ?? []),
})

/** What the checks ask for now, by the unchanged judge. */
const askedNow = (snapshot: Snapshot) => judge({ ...snapshot, siblings: [] }).asked

/** Decisions as if they had been made on what is asked now; `only` says which. */
const rebound = (only: (fact: FactOf<'decision'>, snapshot: Snapshot) => boolean): Decorate =>
  everywhere((snapshot) => {
    const asked = askedNow(snapshot)
    return mapFacts(snapshot, (fact) => {
      if (fact.body.kind !== 'decision' || !only({ ...fact, body: fact.body }, snapshot)) return fact
      const bound = asked.get(fact.body.check)?.bound ?? fact.body.bound
      return {
        ...fact,
        body: { ...fact.body, bound, baseRef: snapshot.pull.base.ref, sha: snapshot.pull.head.sha },
      }
    })
  })

export const guards: Readonly<Record<string, Guard>> = {
  completeOnly: {
    where: 'subjects/pull/judge.ts complete()',
    what: 'an incomplete observation turns nothing green',
    breaks: 'S3',
    from: ['settle'],
    left: { blind: 1, sibling: 1 },
    decorate: (snapshot) => ({
      ...snapshot,
      missing: [],
      siblings: snapshot.siblings === 'unknown' ? [] : snapshot.siblings,
      reviews: snapshot.reviews === 'unknown' ? [] : snapshot.reviews,
    }),
  },
  expectedSha: {
    where: 'act: merge with the observed SHA',
    what: 'GitHub merges only the head that was observed',
    breaks: 'S1',
    from: [...approvals.second, ...sends('dana', '/agent merge')],
    left: { push: 1 },
    expectedSha: false,
  },
  expectedLength: {
    where: 'act: append only onto the observed facts',
    what: 'a rejection that came meanwhile stops the round',
    breaks: 'S1',
    from: [
      ...approvals.second,
      ...sends('dana', '/agent merge'),
      /^dana sends Request changes on countersign.review/,
    ],
    expectedLength: false,
  },
  boundToCommit: {
    where: 'approvals/standing.ts digests',
    what: 'an approval counts only for the commit it was given on',
    breaks: 'S4',
    from: approvals.second,
    left: { push: 1 },
    decorate: rebound(({ body }, { pull }) => body.baseRef === pull.base.ref),
  },
  boundToBase: {
    where: 'approvals/standing.ts baseRef',
    what: 'an approval counts only for the base it was given on',
    breaks: 'S4',
    from: approvals.second,
    left: { retarget: 1 },
    decorate: rebound(({ body }, { pull }) => body.sha === pull.head.sha),
  },
  pageShown: {
    where: 'approvals/press.ts external.shown',
    what: 'a press counts only for what its page showed',
    breaks: 'S4',
    from: ['settle', /^dana sends Approve on countersign.plan/],
    left: { push: 1 },
    decorate: everywhere((snapshot) => {
      const asked = askedNow(snapshot)
      return mapFacts(snapshot, (fact) => {
        if (fact.body.kind !== 'button.pressed') return fact
        const shown = asked.get(fact.body.checkName)?.shown
        const button = parseButton(fact.body.identifier)
        if (!shown || button?.intent !== 'approve') return fact
        return {
          ...fact,
          body: {
            ...fact.body,
            identifier: `a:${shown.slice(0, 16)}`,
            externalId: formatExternalId(snapshot.key, 0, shown),
          },
        }
      })
    }),
  },
  reviewCommit: {
    where: 'approvals/standing.ts judgeReview() shas',
    what: 'a native review counts only for its commit',
    breaks: 'S4',
    from: ['settle', /^dana reviews c0 on main as APPROVED/, /^erik reviews c0 on main as APPROVED/],
    left: { push: 1 },
    decorate: everywhere((snapshot) => ({
      ...snapshot,
      reviews:
        snapshot.reviews === 'unknown'
          ? 'unknown'
          : snapshot.reviews.map((one) => ({ ...one, sha: snapshot.pull.head.sha })),
    })),
  },
  reviewBase: {
    where: 'approvals/standing.ts reviewsUpTo',
    what: 'a native review from before a base change does not count',
    breaks: 'S4',
    from: ['settle', /^dana reviews c0 on main as APPROVED/, /^erik reviews c0 on main as APPROVED/],
    left: { retarget: 1 },
    decorate: everywhere((snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'base.seen' ? { ...fact, body: { ...fact.body, reviewsUpTo: 0 } } : fact,
      ),
    ),
  },
  reviewDismissed: {
    where: 'approvals/standing.ts latestReviews()',
    what: 'a dismissed review does not count',
    breaks: 'S4',
    from: ['settle', /^dana reviews c0 on main as APPROVED/, /^erik reviews c0 on main as APPROVED/],
    left: { review: 1 },
    decorate: everywhere((snapshot) => ({
      ...snapshot,
      reviews:
        snapshot.reviews === 'unknown'
          ? 'unknown'
          : snapshot.reviews.map((one) =>
              one.state === 'DISMISSED' ? { ...one, state: 'APPROVED' as const } : one,
            ),
    })),
  },
  siblings: {
    where: 'subjects/pull/judge.ts conjunction()',
    what: 'a commit is green only when every open pull request with it is',
    breaks: 'S5',
    from: approvals.second,
    left: { sibling: 1 },
    decorate: (snapshot) => ({ ...snapshot, siblings: [] }),
  },
  writers: {
    where: 'approvals/writers.ts',
    what: 'nobody approves a change they wrote or pushed',
    breaks: 'S4',
    from: [
      'settle',
      /^gus pushes c2/,
      'settle',
      ...sends('dana', 'Approve on countersign/review'),
      'settle',
      ...sends('gus', 'Approve on countersign/review'),
    ],
    decorate: everywhere((snapshot) => {
      const by = snapshot.pull.author
      return {
        ...snapshot,
        commits:
          snapshot.commits === 'unknown'
            ? 'unknown'
            : snapshot.commits.map((one) => ({ ...one, authors: [by], committer: by })),
        pushers: snapshot.pushers === 'unknown' ? 'unknown' : snapshot.pushers.map((one) => ({ ...one, by })),
      }
    }),
  },
  peopleOnly: {
    where: 'approvals/eligible.ts',
    what: 'bots and agents decide nothing',
    breaks: 'S6',
    from: ['settle'],
    left: { send: 1 },
    decorate: everywhere((snapshot) => {
      const { author } = snapshot.pull
      const people = new Map(snapshot.people).set(author.id, {
        account: { ...author, type: 'User' },
        role: 'write',
        teams: [],
      })
      const other = { ...author, id: 999_999 }
      return {
        ...mapFacts(snapshot, (fact) =>
          fact.actor?.id === author.id ? { ...fact, actor: { ...author, type: 'User' } } : fact,
        ),
        people,
        pull: { ...snapshot.pull, author: other },
        commits: [],
        pushers: [],
        evidence: withoutWriters(snapshot),
      }
    }),
  },
  accessNow: {
    where: 'approvals/eligible.ts, looked up each round',
    what: 'lost access lapses an approval',
    breaks: 'S1',
    from: approvals.second,
    left: { access: 1, double: 1, send: 1 },
    decorate: everywhere((snapshot) => ({
      ...snapshot,
      people: new Map([...snapshot.people].map(([id, one]) => [id, { ...one, role: 'write' as const }])),
    })),
  },
  rejections: {
    where: 'approvals/standing.ts speaking()',
    what: 'a request for changes blocks until its person lifts it',
    breaks: 'S4',
    from: [...approvals.second, ...sends('dana', 'Request changes on countersign/review'), 'settle'],
    decorate: everywhere((snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'decision' && fact.body.verdict === 'reject' ? null : fact,
      ),
    ),
  },
  planApproved: {
    where: 'subjects/pull/mergeReady.ts',
    what: 'nothing is green or merged before the plan is approved',
    breaks: 'S4',
    from: [],
    decorate: everywhere((snapshot) => {
      const plan = askedNow(snapshot).get('countersign/plan')
      const by = [...snapshot.people.values()][0]?.account
      if (!plan?.bound || !by) return snapshot
      const body = {
        kind: 'decision',
        check: 'countersign/plan',
        verdict: 'approve',
        sha: snapshot.pull.head.sha,
        baseRef: snapshot.pull.base.ref,
        bound: plan.bound,
        generation: 99,
        by,
        reason: null,
        source: 'button',
        commentId: null,
        request: 0,
      } as const
      return {
        ...snapshot,
        facts: [
          ...snapshot.facts,
          {
            subject: snapshot.key,
            seq: 9999,
            actor: by,
            atMs: 0,
            delivery: null,
            body,
            previousHash: '',
            hash: digestOf(body),
          },
        ],
      }
    }),
  },
  policyFromBase: {
    where: 'observe/policy.ts readPolicy()',
    what: 'the policy that the default branch holds now decides, not one read earlier',
    breaks: 'S14',
    from: approvals.second,
    left: { policy: 1, send: 1 },
    decorate: everywhere((snapshot) => ({
      ...snapshot,
      policy: snapshot.policy.ok ? { ...snapshot.policy, policy: firstPolicy } : snapshot.policy,
    })),
  },
  ownHand: {
    where: 'subjects/pull/commands.ts noComment()',
    what: "a comment that an App wrote with a person's token approves nothing",
    breaks: 'S4',
    from: [...approvals.first, /^erik sends approving comment by another App on countersign.review/],
    decorate: everywhere((snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'comment.command' ? { ...fact, body: { ...fact.body, viaApp: null } } : fact,
      ),
    ),
  },
  untouched: {
    where: 'approvals/standing.ts judgeDecision() touched',
    what: 'an approval in a comment that was edited since does not count',
    breaks: 'S3',
    from: [...approvals.first, ...sends('erik', 'approving comment on countersign/review'), 'settle'],
    left: { comment: 1 },
    decorate: everywhere((snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'comment.touched'
          ? { ...fact, body: { ...fact.body, commentId: fact.body.commentId + 1000 } }
          : fact,
      ),
    ),
  },
  landedWhere: {
    where: 'subjects/pull/merge.ts mergedActions()',
    what: 'the branch that a merge landed on is compared with the one it was decided for',
    breaks: 'S1',
    from: [...approvals.second, ...sends('dana', '/agent merge')],
    left: { retarget: 1 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'merge.intended'
          ? { ...fact, body: { ...fact.body, baseRef: snapshot.pull.base.ref } }
          : fact,
      ),
  },
  mergedOnce: {
    where: 'subjects/pull/merge.ts mergedActions()',
    what: 'a merge is put on record once',
    breaks: 'S7',
    from: [...approvals.second, ...sends('dana', '/agent merge')],
    decorate: (snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'merged' ? { ...fact, body: { kind: 'incident', sentence: '' } } : fact,
      ),
  },
  answeredOnce: {
    where: 'subjects/pull/answers.ts settledBySeq',
    what: 'each request is settled once',
    breaks: 'S7',
    from: ['settle', ...sends('dana', 'Approve on countersign/plan')],
    decorate: (snapshot) =>
      mapFacts(snapshot, (fact) =>
        fact.body.kind === 'settled' ? { ...fact, body: { kind: 'incident', sentence: '' } } : fact,
      ),
  },
  arrivalOrder: {
    where: 'approvals/standing.ts lifts()',
    what: 'the order of arrival decides nothing',
    breaks: 'S8',
    from: ['settle', /^dana sends Approve on countersign.plan/],
    left: { send: 1 },
    // The last to arrive of each person wins.
    decorate: everywhere((snapshot) => {
      const last = new Map<string, number>()
      for (const fact of snapshot.facts)
        if (fact.body.kind === 'decision') last.set(`${fact.body.by.id}:${fact.body.check}`, fact.seq)
      return mapFacts(snapshot, (fact) =>
        fact.body.kind !== 'decision' || last.get(`${fact.body.by.id}:${fact.body.check}`) === fact.seq
          ? fact
          : { ...fact, body: { kind: 'incident', sentence: '' } },
      )
    }),
  },
}

/** Commits that nobody is known to have written, so that only the account's kind is left to refuse. */
function withoutWriters(snapshot: Snapshot): Snapshot['evidence'] {
  return {
    get: (request) =>
      request.kind === 'commits'
        ? ({ ok: true, body: { commits: [] } } as never)
        : snapshot.evidence.get(request),
  }
}
