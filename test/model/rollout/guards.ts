/** The guards that hold the promises of rollouts, each with the mutant that switches it off and the promise that must then break. */

import { parseButton, parseExternalId } from '../../../src/core/checkRun.ts'
import { digestOf } from '../../../src/core/digest.ts'
import type { EvidenceRequest, EvidenceResult } from '../../../src/core/evidence.ts'
import type { Fact, FactBody } from '../../../src/core/facts.ts'
import { requestsName } from '../../../src/core/watch.ts'
import { judge } from '../../../src/subjects/rollout.ts'
import { byAgent, dana, mergedBody } from '../../subjects/rolloutStory.ts'
import { type Commit, keyOf, type Setting, shaOf } from '../../subjects/rolloutWorld.ts'
import { gus } from '../../support/snapshots.ts'
import type { Decorate, Snapshot } from './rounds.ts'
import { type Pattern, production, sends, settingOf, staged, ways } from './starts.ts'
import type { Left } from './state.ts'

export interface Guard {
  /** What the guard holds. */
  what: string
  /** The promise its mutant breaks. */
  breaks: 'S9' | 'S11' | 'L3'
  setting: Setting
  /** What happens before the search starts, with the real rules; the search is then short. */
  from: readonly Pattern[]
  /** What may still happen after that. */
  left: Left
  decorate: Decorate
}

const { first, asked, running, breached, back, arrives, approved, runs, watches, sample } = ways
const plain = settingOf(production())

const mapFacts = (snapshot: Snapshot, change: (body: FactBody, fact: Fact) => FactBody): Snapshot => ({
  ...snapshot,
  facts: snapshot.facts.map((fact) => ({ ...fact, body: change(fact.body, fact) })),
})
const nothing: FactBody = { kind: 'incident', sentence: '' }

/** The snapshot with facts that were never recorded, after those that were. */
const withFacts = (snapshot: Snapshot, ...bodies: FactBody[]): Snapshot => ({
  ...snapshot,
  facts: [
    ...snapshot.facts,
    ...bodies.map((body, index) => ({
      subject: snapshot.key,
      seq: 9000 + index,
      actor: null,
      atMs: snapshot.nowMs,
      delivery: null,
      body,
      previousHash: '',
      hash: digestOf(body),
    })),
  ],
})

/** Evidence as the mutant believes it. */
const evidenceAs =
  (
    change: (request: EvidenceRequest, result: EvidenceResult | undefined) => EvidenceResult | undefined,
  ): Decorate =>
  (snapshot) => ({
    ...snapshot,
    evidence: {
      get: <R extends EvidenceRequest>(request: R) =>
        change(request, snapshot.evidence.get(request)) as EvidenceResult<R['kind']> | undefined,
    },
  })

/** Samples as the mutant believes them. */
const samplesAs = (change: (name: string, value: number | null) => number): Decorate =>
  evidenceAs((request, result) =>
    request.kind === 'sample' && result?.ok && 'readings' in result.body
      ? {
          ok: true,
          body: {
            readings: result.body.readings.map(({ name, reading }) => ({
              name,
              reading: { ok: true as const, value: change(name, reading.ok ? reading.value : null) },
            })),
          },
        }
      : result,
  )

const healthyEnd = (deployment: number, sha: string): FactBody => ({
  kind: 'window.ended',
  deployment,
  sha,
  outcome: 'healthy',
  sentence: '',
  means: {},
})

/** Commits of the range as the mutant believes that they came. */
const rangeAs =
  (change: (step: Exclude<Snapshot['range'], 'unknown'>[number]) => typeof step): Decorate =>
  (snapshot) => ({
    ...snapshot,
    range: snapshot.range === 'unknown' ? 'unknown' : snapshot.range.map(change),
  })

const fourEyes = settingOf(production({ four_eyes: true }))
const firstOfTwo: Pattern[] = [
  ...first.slice(0, 3),
  ...sends('dana', 'Approve'),
  'settle',
  ...sends('erik', 'Approve'),
  'settle',
  ...runs('a'),
  ...watches,
]
const askedOfTwo: Pattern[] = [...firstOfTwo, /^b is merged/, ...arrives]
const withB = (b: Partial<Commit>) =>
  settingOf(production(), { commits: { b: { parent: 'a', pull: null, ...b } } })
const good = byAgent('a', 2)
const pushed: FactBody = { kind: 'head.pushed', sha: shaOf('y'), before: null }
const pushedByGus: Commit = {
  ...good,
  pull: {
    number: 2,
    facts: [...(good.pull?.facts ?? []), { actor: gus, body: pushed }],
  },
}

export const guards: Readonly<Record<string, Guard>> = {
  breachRollsBack: {
    what: 'a breach ends a window, and not well',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, bad: 1 },
    decorate: samplesAs((name, value) => (name === requestsName ? (value ?? 0) : 0)),
  },
  unknownHolds: {
    what: 'samples that said nothing are no pass',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, none: 2 },
    decorate: samplesAs((_, value) => value ?? 0),
  },
  wholeWindow: {
    what: 'a window lasts as long as it was opened for',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 2 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (body) =>
        body.kind === 'window.opened' ? { ...body, rules: { ...body.rules, samples: 1 } } : body,
      ),
  },
  bounded: {
    what: 'a window that never comes to rest is held in the end',
    breaks: 'L3',
    setting: plain,
    from: [
      ...running,
      ...sample('good'),
      ...Array.from({ length: 6 }, (_, at) =>
        sample(at % 2 === 0 ? 'over the limit' : 'over the other limit'),
      ).flat(),
    ],
    left: { tick: 2, over: 1 },
    // Its last place is never looked at.
    decorate: (snapshot) => {
      const opened = snapshot.facts.findLast(({ body }) => body.kind === 'window.opened')?.body
      const lastMs = opened?.kind === 'window.opened' ? opened.atMs + 8 * opened.rules.intervalMs : 0
      return evidenceAs((request, result) =>
        request.kind === 'sample' && request.atMs >= lastMs ? undefined : result,
      )(snapshot)
    },
  },
  enoughRequests: {
    what: 'rates over few requests say nothing',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, none: 2 },
    decorate: samplesAs((name, value) => (name === requestsName ? 1000 : (value ?? -1))),
  },
  realNumbers: {
    what: 'less than nothing is no amount',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, none: 2 },
    decorate: (snapshot) =>
      evidenceAs((request, result) =>
        request.kind === 'sample' && result?.ok && 'readings' in result.body
          ? {
              ok: true,
              body: {
                readings: result.body.readings.map(({ name, reading }) => ({
                  name,
                  reading: reading.ok ? { ok: true as const, value: Math.max(0, reading.value) } : reading,
                })),
              },
            }
          : result,
      )(snapshot),
  },
  rollbackBound: {
    what: 'only the job of the rollback is let through at once',
    breaks: 'S11',
    setting: plain,
    from: breached,
    left: { push: 1 },
    decorate: (snapshot) => {
      const back = snapshot.facts.findLast(({ body }) => body.kind === 'deploy.intended')?.body
      return mapFacts(snapshot, (body) =>
        body.kind === 'rule.asked' && back?.kind === 'deploy.intended' ? { ...body, sha: back.sha } : body,
      )
    },
  },
  rolledBackStays: {
    what: 'what was part of a failure does not come along',
    breaks: 'S11',
    setting: plain,
    from: back,
    left: { push: 1, send: 1 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (body) => (body.kind === 'rollout.failed' ? { ...body, steps: [] } : body)),
  },
  failedStays: {
    what: 'the very commit that failed is not deployed again',
    breaks: 'S11',
    setting: plain,
    from: [
      ...first,
      /^a is delivered again/,
      ...arrives,
      ...approved('a'),
      ...runs('a'),
      ...sample('over the ceiling'),
    ],
    left: { rerun: 1, send: 1 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (body) => (body.kind === 'rollout.failed' ? { ...body, sha: shaOf('x') } : body)),
  },
  directPush: {
    what: 'what came past pull requests must be by a known person',
    breaks: 'S11',
    setting: withB({}),
    from: first,
    left: { push: 1, send: 1 },
    decorate: rangeAs((step) => ({ ...step, pusher: step.pusher ?? dana })),
  },
  knownMerge: {
    what: 'what Countersign never judged does not come along',
    breaks: 'S11',
    setting: withB({ pull: { number: 8, facts: [] } }),
    from: first,
    left: { push: 1, send: 1 },
    decorate: rangeAs((step) => ({
      ...step,
      pulls: step.pulls.map((pull) => ({
        ...pull,
        facts:
          pull.facts.length > 0
            ? pull.facts
            : [{ ...emptyFact, subject: pull.key, body: mergedBody('head 8') }],
      })),
    })),
  },
  bypassedStays: {
    what: 'what got past the gates does not come along',
    breaks: 'S11',
    setting: withB({
      pull: {
        number: 8,
        facts: [{ body: mergedBody('head 8') }, { body: { kind: 'incident', sentence: 'Bypassed.' } }],
      },
    }),
    from: first,
    left: { push: 1, send: 1 },
    decorate: rangeAs((step) => ({
      ...step,
      pulls: step.pulls.map((pull) => ({
        ...pull,
        facts: pull.facts.filter(({ body }) => body.kind !== 'incident'),
      })),
    })),
  },
  rejections: {
    what: 'a no holds until its person lifts it',
    breaks: 'S11',
    setting: plain,
    from: [...asked, ...sends('erik', 'Reject'), 'settle'],
    left: { send: 1 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (body) =>
        body.kind === 'deploy.decided' && body.verdict === 'reject' ? nothing : body,
      ),
  },
  expiry: {
    what: 'an approval lapses',
    breaks: 'S11',
    setting: fourEyes,
    from: [...askedOfTwo, ...sends('dana', 'Approve'), 'settle'],
    left: { send: 1, day: 1 },
    decorate: (snapshot) => ({
      ...snapshot,
      facts: snapshot.facts.map((fact) =>
        fact.body.kind === 'deploy.decided' || fact.body.kind === 'button.pressed'
          ? { ...fact, atMs: snapshot.nowMs }
          : fact,
      ),
    }),
  },
  writers: {
    what: 'nobody approves the deployment of own work',
    breaks: 'S11',
    setting: settingOf(production(), { commits: { b: pushedByGus } }),
    from: asked,
    left: { send: 1 },
    decorate: rangeAs((step) => ({
      ...step,
      pulls: step.pulls.map((pull) => ({
        ...pull,
        facts: pull.facts.filter(({ body }) => body.kind !== 'head.pushed'),
      })),
    })),
  },
  pageShown: {
    what: 'a press counts only for what its page showed',
    breaks: 'S11',
    setting: plain,
    from: [...running, /^c is merged/, ...arrives, ...watches],
    left: { send: 1, stale: 1 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (body) => {
        if (body.kind !== 'button.pressed') return body
        const page = parseExternalId(body.externalId)
        const button = parseButton(body.identifier)
        return page && button
          ? { ...body, identifier: `${body.identifier.slice(0, 2)}${page.shown.slice(0, 16)}` }
          : body
      }),
  },
  readWhole: {
    what: 'nothing is let through on an incomplete reading',
    breaks: 'S9',
    setting: plain,
    from: [...asked, ...sends('dana', 'Approve')],
    left: { blind: 1 },
    decorate: (snapshot) => ({
      ...snapshot,
      missing: [],
      deployments: snapshot.deployments === 'unknown' ? [] : snapshot.deployments,
    }),
  },
  approvalFirst: {
    what: 'nothing is let through before people approve',
    breaks: 'S11',
    setting: plain,
    from: asked,
    left: {},
    decorate: (snapshot) => {
      const { approval } = judge(snapshot)
      return approval
        ? withFacts(snapshot, {
            kind: 'deploy.decided',
            verdict: 'approve',
            sha: snapshot.branch.tip,
            bound: approval.bound,
            generation: 99,
            by: dana,
            request: 0,
          })
        : snapshot
    },
  },
  freeze: {
    what: 'nothing is deployed in a freeze window',
    breaks: 'S11',
    setting: settingOf(production({ freeze: [{ from: 'Mon 12:00', to: 'Tue 08:00' }] })),
    from: [/^a is delivered again/, ...arrives],
    left: { send: 1 },
    decorate: (snapshot) =>
      snapshot.policy.ok ? { ...snapshot, policy: { ...snapshot.policy, policy: plain.policy } } : snapshot,
  },
  stagingFirst: {
    what: 'a commit passes staging first',
    breaks: 'S11',
    setting: settingOf({ ...staged, production: { ...staged.production, deploy: 'observe' } }),
    from: ['settle', /^a is delivered again/, ...arrives],
    left: { send: 1 },
    decorate: (snapshot) => ({
      ...snapshot,
      before: snapshot.before && {
        ...snapshot.before,
        facts: withFacts(
          { ...snapshot, facts: snapshot.before.facts, key: keyOf('staging') },
          healthyEnd(1, snapshot.branch.tip),
        ).facts,
      },
    }),
  },
  oneAtATime: {
    what: 'one deployment at a time',
    breaks: 'S11',
    setting: plain,
    from: [...asked, ...approved('b'), /^c is merged/, ...arrives],
    left: { send: 1 },
    // What is under way is not seen.
    decorate: (snapshot) => {
      if (snapshot.deployments === 'unknown') return snapshot
      const going = snapshot.deployments.filter(({ state }) => state === 'in_progress').map(({ id }) => id)
      return {
        ...mapFacts(snapshot, (body) =>
          body.kind === 'deploy.seen' && going.includes(body.deployment) ? nothing : body,
        ),
        deployments: snapshot.deployments.filter(({ id }) => !going.includes(id)),
      }
    },
  },
  baselineFirst: {
    what: 'a window is judged against what was there before',
    breaks: 'S9',
    setting: plain,
    from: [
      ...first,
      /^b is merged/,
      ...arrives,
      ...approved('b'),
      'settle',
      /^deployment .* of b .* succeeds/,
      'settle',
      /^the high baseline/,
      'settle',
    ],
    left: { tick: 1, high: 1 },
    decorate: evidenceAs((request, result) =>
      request.kind === 'baseline' ? { ok: false, reason: 'not collected yet' } : result,
    ),
  },
  onlyHealthy: {
    what: 'only a commit that was healthy here is rolled back to',
    breaks: 'S11',
    setting: plain,
    from: [/^a is delivered again/, ...arrives, ...approved('a'), ...runs('a')],
    left: { tick: 1, bad: 1 },
    decorate: (snapshot) => withHealthyBefore(snapshot),
  },
  onlyCurrent: {
    what: 'only what stands is rolled back',
    breaks: 'S11',
    setting: plain,
    from: [
      ...running,
      /^the clock goes on/,
      /^the sample .* is over the ceiling$/,
      /^b is deployed past the rule/,
      /^deployment .* of b .* succeeds/,
    ],
    left: {},
    // The newest deployment is not seen.
    decorate: (snapshot) => {
      const newest = snapshot.deployments === 'unknown' ? undefined : snapshot.deployments[0]?.id
      return {
        ...mapFacts(snapshot, (body) =>
          body.kind === 'deploy.seen' && body.deployment === newest ? nothing : body,
        ),
        deployments:
          snapshot.deployments === 'unknown'
            ? 'unknown'
            : snapshot.deployments.filter(({ id }) => id !== newest),
      }
    },
  },
  irreversible: {
    what: 'what cannot be taken back is not taken back',
    breaks: 'S11',
    setting: settingOf(production({ irreversible: ['migrations/**'] }), {
      commits: { b: { ...good, paths: ['migrations/7.sql'] } },
    }),
    from: running,
    left: { tick: 1, bad: 1 },
    decorate: evidenceAs((request, result) =>
      request.kind === 'diff' && result?.ok && 'files' in result.body
        ? { ok: true, body: { ...result.body, files: [] } }
        : result,
    ),
  },
  deploymentsRead: {
    what: 'nothing is concluded from deployments that could not be read',
    breaks: 'S9',
    setting: plain,
    from: [...asked, ...approved('b')],
    left: { blind: 1 },
    decorate: (snapshot) => ({
      ...snapshot,
      deployments: snapshot.deployments === 'unknown' ? [] : snapshot.deployments,
    }),
  },
}

const emptyFact = { seq: 0, actor: null, atMs: 0, delivery: null, previousHash: '', hash: '' }

/** A commit that was never here counts as healthy before everything else. */
function withHealthyBefore(snapshot: Snapshot): Snapshot {
  const { facts } = withFacts(snapshot, healthyEnd(0, shaOf('c')))
  const made = facts.at(-1)
  return made ? { ...snapshot, facts: [...snapshot.facts, { ...made, seq: 0 }] } : snapshot
}
