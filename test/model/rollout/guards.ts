/** The guards that hold the promises of rollouts, each with the mutant that switches it off and the promise that must then break. */
import { parseButton, parseExternalId } from '../../../src/core/checkRun.ts'
import type { Fact, FactBody } from '../../../src/core/facts.ts'
import { judge } from '../../../src/subjects/rollout.ts'
import { byAgent, dana, mergedBody } from '../../subjects/rolloutStory.ts'
import { type Commit, keyOf, shaOf } from '../../subjects/rolloutWorld.ts'
import { gus } from '../../support/snapshots.ts'
import {
  emptyFact,
  evidenceAs,
  type Guard,
  healthyEnd,
  mapFacts,
  nothing,
  plain,
  pullFactsAs,
  rangeAs,
  withFacts,
  withHealthyBefore,
} from './mutants.ts'
import { type Pattern, production, revertOfB, sends, settingOf, staged, ways } from './starts.ts'
import { windowGuards } from './windowGuards.ts'

const { first, asked, running, breached, back, arrives, approved, runs, watches, sample } = ways

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

/** `/agent retry` by Dana, accepted. */
function saidRetry(subject: string, atMs: number): Fact[] {
  const command: FactBody = {
    kind: 'comment.command',
    commentId: 900,
    on: 'pull',
    verb: 'retry',
    rest: '',
    bodyDigest: '0'.repeat(64),
    viaApp: null,
  }
  const settled: FactBody = { kind: 'settled', of: 900, outcome: 'accepted', sentence: '' }
  return [
    { ...emptyFact, subject, seq: 900, atMs, actor: dana, body: command },
    { ...emptyFact, subject, seq: 901, atMs, body: settled },
  ]
}

export const guards: Readonly<Record<string, Guard>> = {
  ...windowGuards,
  rollbackBound: {
    what: 'only the job of the rollback is let through at once',
    breaks: 'S11',
    setting: plain,
    from: breached,
    left: { push: 1 },
    decorate: (snapshot) => {
      const back = snapshot.facts.findLast(({ body }) => body.kind === 'deploy.intended')?.body
      return mapFacts(snapshot, (body) =>
        body.kind === 'rule.asked' && back?.kind === 'deploy.intended'
          ? { ...body, sha: back.sha, event: 'deployment' }
          : body,
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
  trueRevert: {
    what: 'what only says that it takes back a failed change takes nothing back',
    breaks: 'S11',
    setting: settingOf(production(), { commits: { c: revertOfB } }),
    from: back,
    left: { push: 1, send: 1 },
    decorate: evidenceAs((request, result) =>
      request.kind === 'revert' ? { ok: true, body: { strangers: [], settled: [], other: [] } } : result,
    ),
  },
  againByWord: {
    what: 'what was tried in vain is not tried again by itself',
    breaks: 'S7',
    setting: settingOf(staged, { ruled: [] }),
    from: ['settle', /^deployment .* of a .* fails/, 'settle'],
    left: { tick: 1 },
    decorate: (snapshot) =>
      pullFactsAs((facts, { key }) => [...facts, ...saidRetry(key, snapshot.nowMs + 1)])(snapshot),
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
    decorate: pullFactsAs((facts, { key, sha }) =>
      facts.length > 0 ? facts : [{ ...emptyFact, subject: key, body: mergedBody('head 8', sha) }],
    ),
  },
  wholePull: {
    what: 'of what was merged, only what it was merged as comes along',
    breaks: 'S11',
    setting: withB({ ...good, mergedAs: 'elsewhere' }),
    from: first,
    left: { push: 1, send: 1 },
    decorate: pullFactsAs((facts, { sha }) =>
      facts.map((fact) =>
        fact.body.kind === 'merged' ? { ...fact, body: { ...fact.body, merge: sha } } : fact,
      ),
    ),
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
    decorate: pullFactsAs((facts) => facts.filter(({ body }) => body.kind !== 'incident')),
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
    decorate: pullFactsAs((facts) => facts.filter(({ body }) => body.kind !== 'head.pushed')),
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
