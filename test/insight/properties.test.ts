/** What holds for the figures of any facts whatever: no share above its whole, no dependence on order, and no other repository. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Fact, FactBody } from '../../src/core/facts.ts'
import { figures } from '../../src/insight/figures.ts'
import { attemptsIn } from '../../src/insight/odds.ts'
import { phaseState } from '../../src/pipeline/attempts.ts'
import { dana, erik } from '../support/snapshots.ts'
import * as story from './story.ts'

const number = fc.integer({ min: 1, max: 3 })
const head = fc.constantFrom('a', 'b')
const phase = fc.constantFrom('plan', 'tests')
const oneOf = (...bodies: FactBody[]): fc.Arbitrary<FactBody> => fc.constantFrom(...bodies)

const ofTask: fc.Arbitrary<FactBody> = fc.oneof(
  oneOf(story.frozen(dana), story.frozen(erik), story.routed('hotfix'), story.routed('feature')),
  number.map(story.opened),
  oneOf(story.pushed('repair')),
  fc.tuple(phase, number).map(([name, attempt]) => story.started(name, attempt)),
  fc
    .tuple(phase, number, fc.integer({ min: 0, max: 9 }))
    .map(([name, attempt, usd]) => story.ended(name, attempt, { usd })),
  fc
    .tuple(
      phase,
      number,
      fc.constantFrom('code', 'validator', 'review', 'person'),
      fc.constantFrom('pass', 'objections'),
    )
    .map(([name, attempt, by, verdict]) =>
      story.judged(name, attempt, by, verdict, { accepted: verdict === 'pass', caught: ['scope'] }),
    ),
)
const ofPull: fc.Arbitrary<FactBody> = fc.oneof(
  oneOf(story.evidence(), story.fixed(), story.classified('other', 'person')),
  oneOf(story.decision('countersign/review', 'reject'), story.decision('countersign/plan', 'approve')),
  head.map(story.merged),
  fc
    .tuple(fc.constantFrom('asked', 'rejected', 'approved'), head)
    .map(([state, at]) => story.told(state, at)),
  fc
    .tuple(head, fc.constantFrom('fail', 'flag'))
    .map(([at, state]) => story.gates(at, [{ gate: 'ci', state }])),
)
const ofRollout: fc.Arbitrary<FactBody> = fc.oneof(
  fc
    .tuple(number, fc.constantFrom('healthy', 'failed', 'held', 'superseded'))
    .map(([deployment, outcome]) => story.windowEnded(deployment, outcome)),
  fc.tuple(number, fc.boolean()).map(([deployment, stood]) => story.rolloutFailed(deployment, stood)),
  number.map(story.rollback),
  oneOf(story.approvedDeploy()),
)

/** A chain whose facts come one after the other, some of them before the period. */
const chainOf = (subject: string, body: fc.Arbitrary<FactBody>): fc.Arbitrary<Fact[]> =>
  fc
    .tuple(fc.integer({ min: -20, max: 20 }), fc.array(body, { maxLength: 14 }))
    .map(([begin, bodies]) =>
      story.chain(subject, ...bodies.map((one, index): story.Entry => [begin + index / 2, one])),
    )
const ledgerOf = (repository: string): fc.Arbitrary<Fact[]> =>
  fc
    .tuple(
      ...[1, 2].map((issue) => chainOf(`task:${repository}#${issue}`, ofTask)),
      ...[1, 2, 3].map((one) => chainOf(`pull:${repository}#${one}`, ofPull)),
      ...['staging', 'production'].map((one) => chainOf(`rollout:${repository}@${one}`, ofRollout)),
    )
    .map((chains) => chains.flat())

const { repository, period } = story
const of = (facts: readonly Fact[]) => figures({ repository, facts, period, complete: true })

test('O2: no part is more than its whole, and the rows add up to what stands above them', () => {
  fc.assert(
    fc.property(ledgerOf(repository), (facts) => {
      const all = of(facts)
      const environments = all.changeFailure.environments.map(({ failed }) => failed)
      const shares = [
        all.rework.reworked,
        all.reviewTime.measured,
        all.caught.attempts,
        all.caught.pulls,
        all.changeFailure.failed ?? { part: 0, of: 0 },
        ...environments,
        ...all.caught.before.map(({ attempts }) => attempts),
        ...all.odds.flatMap(({ attempts }) =>
          attempts.flatMap(({ started, settled, accepted, takenBack }) => [
            { part: settled, of: started },
            { part: accepted + takenBack, of: settled },
          ]),
        ),
      ]
      for (const { part, of: whole } of shares) expect(part).toBeLessThanOrEqual(whole)
      const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
      expect(sum(all.rework.causes.map(({ pulls }) => pulls))).toBe(all.rework.reworked.part)
      expect(sum(all.features.weeks.map((week) => week.features))).toBe(all.features.features)
      expect(sum(all.features.people.map((one) => one.features))).toBe(all.features.features)
      expect(sum(all.cost.phases.map(({ usd }) => usd))).toBeCloseTo(all.cost.total.usd)
      expect(all.rework.merged).toBeLessThanOrEqual(all.rework.reworked.of)
    }),
    { numRuns: 300 },
  )
})

test('O2: in whatever order facts are read, and however often, the figures are the same', () => {
  fc.assert(
    fc.property(ledgerOf(repository), fc.infiniteStream(fc.nat()), (facts, random) => {
      const shuffled = facts
        .map((fact) => ({ fact, at: random.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ fact }) => fact)
      expect(of([...shuffled, ...facts.slice(0, 3)])).toEqual(of(facts))
    }),
    { numRuns: 200 },
  )
})

test('O2: another repository changes nothing, not even one whose name begins alike', () => {
  fc.assert(
    fc.property(ledgerOf(repository), ledgerOf('acme/widgets-2'), (facts, others) => {
      expect(of([...others, ...facts])).toEqual(of(facts))
    }),
    { numRuns: 100 },
  )
})

/** One attempt as the loop records it, cut off anywhere. */
const attemptStory = fc
  .record({
    end: fc.constantFrom('handed in', 'failed', 'stopped'),
    code: fc.constantFrom('pass', 'objections'),
    validator: fc.constantFrom('pass', 'objections', 'broken'),
    back: fc.constantFrom('person', 'review', null),
    cut: fc.integer({ min: 1, max: 7 }),
  })
  .map((parts) => (attempt: number, validated: boolean): FactBody[] => {
    const failed = {
      outcome: { kind: parts.end === 'stopped' ? 'stopped' : 'failed', reason: 'No.' },
    } as const
    if (parts.end !== 'handed in')
      return [story.started('plan', attempt), story.ended('plan', attempt, failed)]
    const validator: FactBody[] = [
      story.started('validate:plan', attempt),
      story.ended('validate:plan', attempt, parts.validator === 'broken' ? failed : {}),
      ...(parts.validator === 'broken'
        ? []
        : [
            story.judged('plan', attempt, 'validator', parts.validator, {
              accepted: parts.validator === 'pass',
            }),
          ]),
    ]
    const accepted = parts.code === 'pass' && (!validated || parts.validator === 'pass')
    const whole = [
      story.started('plan', attempt),
      story.ended('plan', attempt),
      story.judged('plan', attempt, 'code', parts.code, { accepted: parts.code === 'pass' && !validated }),
      ...(parts.code === 'pass' && validated ? validator : []),
      ...(accepted && parts.back ? [story.judged('plan', attempt, parts.back, 'objections')] : []),
    ]
    return whole.slice(0, parts.cut)
  })

test('O2 P3: what counts as accepted is what the pipeline goes on from', () => {
  fc.assert(
    fc.property(
      fc.array(attemptStory, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (attempts, validated) => {
        const bodies: FactBody[] = []
        for (const [index, attempt] of attempts.entries()) {
          bodies.push(...attempt(index + 1, validated))
          const facts = story.task(1, ...bodies.map((body): story.Entry => [1, body]))
          const read = attemptsIn(facts).at(-1)
          const { progress, attempts: known } = phaseState(facts, 'plan', { since: -1, cap: 10, validated })
          expect(attemptsIn(facts).map((one) => one.attempt)).toEqual(known.map((one) => one.attempt))
          expect(read?.standing === 'accepted').toBe(progress.state === 'accepted')
          const open = ['running', 'judging', 'validating'].includes(progress.state)
          expect(read?.standing === 'open').toBe(open)
        }
      },
    ),
    { numRuns: 500 },
  )
})
