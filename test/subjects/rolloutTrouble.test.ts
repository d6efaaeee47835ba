/** Rollouts when things go wrong around them: lost readings, deleted environments, rules that ask strange questions (S7, S9, T19). */
import { describe, expect, test } from '@jest/globals'
import type { FactBody } from '../../src/core/facts.ts'
import { isOver, needs } from '../../src/subjects/rollout.ts'
import { finishes } from './rolloutEffects.ts'
import { byAgent, dana, environment, erik, line, RolloutStory, ruled, standsHealthy } from './rolloutStory.ts'
import { says } from './rolloutWords.ts'
import { type Commit, placeOf, shaOf, within } from './rolloutWorld.ts'

const bad = { errors: 0.02 }
const workflow = '.github/workflows/deploy.yml'

function standing(parts: object = {}, more: object = {}): RolloutStory {
  const story = standsHealthy(new RolloutStory(ruled(parts, more)))
  story.town = { ...story.town, tip: 'b' }
  return story
}
/** By workflow, after `b` was approved and showed itself bad. */
function rollingBack(): RolloutStory {
  const story = standing({ workflow })
  story.deliver('production', 'b')
  story.press('b', 'a', erik)
  story.weather = { b: () => bad }
  story.finish('production')
  story.pass(2)
  return story
}
const asked = (sha: string, runId: number): FactBody => ({
  kind: 'rule.asked',
  environment: 'production',
  sha,
  runId,
  deploymentId: null,
  event: 'push',
})

/** Announces a rollback of what stands, as a failure does, and starts nothing. */
function rollbackOf(story: RolloutStory): { seq: number; id: number } {
  const { id } = story.last('production')
  const failed = { deployment: id, sha: shaOf('b'), from: shaOf('a') }
  story.record('production', {
    kind: 'rollout.failed',
    ...failed,
    steps: [shaOf('b')],
    sentence: 'It failed.',
    keeps: null,
  })
  story.record('production', {
    kind: 'deploy.intended',
    purpose: 'rollback',
    sha: shaOf('a'),
    from: shaOf('b'),
    replaces: id,
    way: 'dispatch',
    workflow,
    bound: null,
  })
  return { seq: story.kinds('production').lastIndexOf('deploy.intended'), id }
}

describe('deployments', () => {
  test('R1: one that waited while others went ahead is watched as the newest', () => {
    const story = standing()
    story.deliver('production', 'b')
    const waiting = story.last('production').id
    // A rollback-like deployment of ours past it: created later, done earlier.
    story.setting = { ...story.setting, ruled: [] }
    story.deliver('production', 'a')
    story.finish('production')
    story.pass(20)
    story.press('b', 'a', erik)
    expect(placeOf(story.town, 'production').deployments.find(({ id }) => id === waiting)?.state).toBe(
      'in_progress',
    )
    story.weather = { b: () => bad }
    story.finish('production', 'success', waiting)
    story.pass(2)
    expect(story.facts('production', 'rollout.failed')).toMatchObject([
      { deployment: waiting, sha: shaOf('b') },
    ])
    expect(story.last('production').real).toBe('a')
  })

  test('R1: one that waited for a reviewer on GitHub while others went ahead is watched as well', () => {
    const story = standing()
    story.setting = { ...story.setting, ruled: [] }
    const waiting = story.deliver('production', 'b')
    story.town = finishes(story.town, 'production', waiting, 'waiting')
    story.town = within(story.town, 'production', {
      facts: placeOf(story.town, 'production').facts.filter(
        ({ body }) => body.kind !== 'deploy.seen' || body.deployment !== waiting,
      ),
    })
    story.ship('production', 'c')
    story.finish('production', 'in_progress', waiting)
    story.finish('production', 'success', waiting)
    expect(story.verdicts('production').watched?.seen.id).toBe(waiting)
  })

  test('R1: two at once: the one that began last stands, the other one was superseded', () => {
    const story = standing()
    story.setting = { ...story.setting, ruled: [] }
    const first = story.deliver('production', 'b')
    const later = story.deliver('production', 'c')
    story.finish('production', 'success', first)
    expect(story.verdicts('production').watched?.seen.id).toBe(first)
    story.finish('production', 'success', later)
    expect(story.outcomes('production').at(-1)).toBe('b superseded')
    story.pass(20)
    expect(story.outcomes('production').at(-1)).toBe('c healthy')
  })

  test('S9: nothing is concluded from deployments that cannot be read', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.finish('production')
    const before = story.kinds('production')
    story.weather = { b: () => bad }
    story.town = { ...story.town, deploymentsUnknown: true }
    story.pass(500)
    expect(story.kinds('production')).toEqual(before)
    story.town = { ...story.town, deploymentsUnknown: false }
    story.settle()
    expect(story.last('production').real).toBe('a')
  })

  test('S7: a deployment whose record was lost is found by its marker, and made once', () => {
    const story = new RolloutStory({
      environments: { production: environment({ deploy: 'create', approval: 'none' }) },
    })
    const crash = placeOf(story.town, 'production')
    story.round('production')
    const [deploy] = story.decide('production').filter(({ kind }) => kind === 'deploy')
    if (!deploy) throw new Error('nothing is deployed')
    const facts = placeOf(story.town, 'production').facts
    story.apply('production', deploy)
    story.town = within(story.town, 'production', { facts })
    expect(crash.deployments).toEqual([])
    story.settle()
    expect(placeOf(story.town, 'production').deployments).toHaveLength(1)
    expect(story.facts('production', 'deploy.seen')).toMatchObject([{ intent: 0 }])
  })

  test('S7, R4: a rollback by a workflow whose start was not recorded is still known as ours', () => {
    const story = new RolloutStory({
      environments: { production: environment({ approval: 'none', workflow }) },
    })
    story.ship('production', 'a')
    story.town = { ...story.town, tip: 'b' }
    story.weather = { b: () => bad }
    story.deliver('production', 'b')
    story.finish('production')
    story.pass(1.1)
    // The run began, and the process died before it could say so.
    const announced = story.kinds('production').lastIndexOf('deploy.intended')
    expect(story.last('production')).toMatchObject({ sha: 'b', real: 'a' })
    const facts = placeOf(story.town, 'production').facts.slice(0, announced + 1)
    story.town = within(story.town, 'production', { facts })
    story.settle()
    story.finish('production')
    expect(story.facts('production', 'rollback.ended')).toMatchObject([{ ok: true }])
    expect(story.facts('production', 'window.opened').map(({ sha }) => story.nameOf(sha))).toEqual(['a', 'b'])
  })

  test('R3: what was measured since a deployment began is no time before it, however late a round sees it', () => {
    const story = standing()
    story.setting = { ...story.setting, ruled: [] }
    const beganMs = story.town.nowMs + 60_000
    story.town = { ...story.town, nowMs: beganMs + 3_600_000 }
    story.deliver('production', 'b', { beganMs, state: 'success', succeeded: true })
    const baselines = needs(story.snapshot('production')).filter(({ kind }) => kind === 'baseline')
    expect(baselines).toMatchObject([{ fromMs: beganMs - 5 * 60_000, toMs: beganMs }])
    // A clock of GitHub's that goes ahead moves nothing into the time after.
    story.deliver('production', 'c', { beganMs: story.town.nowMs + 9000, state: 'success', succeeded: true })
    expect(needs(story.snapshot('production')).find(({ kind }) => kind === 'baseline')).toMatchObject({
      toMs: story.town.nowMs,
    })
  })

  test('R4: any number of newer deployments hide none that is under way, and it is rolled back', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    const { id } = story.last('production')
    story.setting = { ...story.setting, ruled: [] }
    for (let nth = 0; nth < 25; nth++) story.deliver('production', 'a')
    expect(story.facts('production', 'rollout.failed')).toEqual([])
    story.weather = { b: () => bad }
    story.finish('production', 'success', id)
    story.pass(2)
    expect(story.facts('production', 'rollout.failed')).toMatchObject([{ deployment: id, keeps: null }])
    expect(story.last('production')).toMatchObject({ real: 'a', purpose: 'rollback' })
  })

  test('T19: an environment that is deleted midway is failed, and its rollback ends', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.weather = { b: () => bad }
    story.finish('production')
    story.pass(2)
    expect(story.verdicts('production').state.rollingBack).not.toBeNull()
    story.town = within(story.town, 'production', { deployments: [] })
    story.settle()
    expect(story.facts('production', 'rollback.ended')).toMatchObject([{ ok: false }])
    expect(story.alerts('production').join('\n')).toMatch(/no longer listed/)
  })

  test.each<[string, (story: RolloutStory) => void]>([
    ['cannot be used', (story) => Object.assign(story, { town: { ...story.town, policyBroken: true } })],
    ['no longer names the environment', (story) => story.amend({})],
  ])('R4: it is taken back in the way that was known, though policy %s', (_, breaks) => {
    const failing = (parts: object, commits = line) => {
      const story = standing({ workflow, ...parts }, { commits })
      story.deliver('production', 'b')
      story.press('b', 'a', erik)
      story.weather = { b: () => bad }
      story.finish('production')
      breaks(story)
      story.pass(2)
      return story
    }
    expect(failing({}).last('production')).toMatchObject({ real: 'a', purpose: 'rollback', marker: null })
    const migrating = { ...line, b: byAgent('a', 2, { paths: ['migrations/1.sql'] }) }
    const kept = failing({ irreversible: ['migrations/**'] }, migrating)
    expect(kept.running('production')).toBe('b')
    expect(kept.facts('production', 'rollout.held').at(-1)?.sentence).toMatch(/cannot be taken back/)
  })

  test('L3: a rollback ends although the policy breaks meanwhile', () => {
    const canary = { probes: [{ name: 'alive', path: '/' }] }
    const story = standing({ canary }, { url: 'https://x.example' })
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.weather = { b: () => bad }
    story.finish('production')
    story.pass(2)
    story.town = { ...story.town, policyBroken: true }
    story.finish('production')
    expect(story.verdicts('production').state.rollingBack).not.toBeNull()
    story.pass(80)
    expect(story.facts('production', 'rollback.ended')).toMatchObject([{ ok: false }])
  })

  const created = () => standing({ deploy: 'create' }, { ruled: [] as string[] })

  /** Some time after it failed. */
  function retries(story: RolloutStory): void {
    story.pass(1)
    says(story, erik, 'retry', '')
  }

  test('R1, O4: what GitHub calls failed never stood: it is tried again when somebody says so, once', () => {
    const story = created()
    story.settle()
    story.press('b', 'a', dana)
    const tries = () =>
      placeOf(story.town, 'production').deployments.filter(({ real }) => real === 'b').length
    expect(tries()).toBe(1)
    story.finish('production', 'failure')
    story.pass(60)
    expect(tries()).toBe(1)
    expect(story.page('b').run.title).toMatch(/did not come up: \/agent retry/)
    expect(story.alerts('production').join()).toMatch(/failed in production/)
    retries(story)
    expect(tries()).toBe(2)
    story.finish('production', 'failure')
    story.pass(60)
    expect(tries()).toBe(2)
    retries(story)
    story.finish('production')
    story.pass(20)
    expect(story.outcomes('production').at(-1)).toBe('b healthy')
    expect(story.alerts('production').at(-1)).toMatch(/^recovered/)
  })

  test('R1: a commit that failed to come up does not hold up the next one', () => {
    const story = created()
    story.settle()
    story.press('b', 'a', dana)
    story.finish('production', 'failure')
    story.town = { ...story.town, tip: 'c' }
    story.settle()
    expect(story.page('c').run.summary).toMatch(/What comes along/)
    story.press('c', 'a', dana)
    story.finish('production')
    story.pass(20)
    expect(story.outcomes('production').at(-1)).toBe('c healthy')
  })

  test('R1, R4: a failed job that is run again on GitHub brings up the same deployment, which is watched like any', () => {
    const story = created()
    story.settle()
    story.press('b', 'a', dana)
    const { id } = story.last('production')
    story.finish('production', 'failure')
    story.pass(10)
    story.weather = { b: () => bad }
    story.finish('production', 'success', id)
    expect(story.page('b').run.title).toMatch(/Watched/)
    story.pass(3)
    story.finish('production')
    expect(story.running('production')).toBe('a')
    // Now it stood, and failed.
    retries(story)
    story.pass(60)
    expect(story.running('production')).toBe('a')
    expect(story.page('b').run.conclusion).toBe('failure')
  })

  test('R1: a deployment that could not be started is told, and not forgotten', () => {
    const story = new RolloutStory({
      environments: { production: environment({ deploy: 'dispatch', workflow, approval: 'none' }) },
    })
    story.round('production')
    const intent = story.kinds('production').indexOf('deploy.intended')
    // Its workflow was started, and no job of it names the environment.
    story.record('production', {
      kind: 'deploy.made',
      intent,
      deployment: null,
      runId: 4242,
    })
    story.settle()
    story.pass(61)
    expect(story.alerts('production')).toMatchObject([
      expect.stringMatching(/did not begin.*No deployment of/),
    ])
    expect(story.verdicts('production').go.sentence).toMatch(/\/agent retry/)
  })
})

describe('questions', () => {
  test('R2: a rule asked for an environment that policy does not name is refused', () => {
    const story = standing()
    for (const name of ['preview', 'constructor', '__proto__x']) {
      story.setting = { ...story.setting, ruled: [...story.setting.ruled, name] }
      story.deliver(name, 'b')
      expect(story.last(name).state).toBe('failure')
      expect(story.facts(name, 'rule.answered')[0]?.sentence).toMatch(/names no environment/)
    }
  })

  test('T41: a commit that Countersign never judged is refused', () => {
    const commits = { ...line, x: { parent: 'a', pull: { number: 8, facts: [] } } satisfies Commit }
    const story = standing({}, { commits })
    story.deliver('production', 'x')
    expect(story.last('production').state).toBe('failure')
    expect(story.facts('production', 'rule.answered').at(-1)?.sentence).toMatch(/never judged #8/)
  })

  test('R2: a question about a job that is gone is put away', () => {
    const story = standing()
    story.record('production', asked(shaOf('b'), 4242))
    story.settle()
    expect(story.facts('production', 'rule.answered').at(-1)).toMatchObject({ state: 'gone' })
    expect(story.verdicts('production').questions.candidate).toBeNull()
  })

  test('R4, S7: the job of a rollback that asks before its run is known to be ours is not turned away', () => {
    const story = standing({ workflow })
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.finish('production')
    const { seq, id } = rollbackOf(story)
    // Its workflow was started, and the answer that names the run was lost.
    story.record('production', { ...asked(shaOf('b'), 4242), event: 'workflow_dispatch' } as FactBody)
    const answers = () => story.decide('production').filter(({ kind }) => kind === 'answerRule')
    expect(answers()).toEqual([])
    story.record('production', { kind: 'deploy.made', intent: seq, deployment: null, runId: 4242 })
    expect(answers()).toMatchObject([{ runId: 4242, state: 'approved' }])
    expect(id).toBe(story.last('production').id)
  })

  test('S7: a job that goes on after our yes was let through, also when the process ended before that was on record', () => {
    const story = standing()
    story.deliver('production', 'b')
    const question = story.kinds('production').lastIndexOf('rule.asked')
    story.record('production', { kind: 'rule.answering', of: question })
    story.town = within(story.town, 'production', { waiting: [] })
    story.finish('production', 'in_progress')
    expect(story.facts('production', 'rule.answered').at(-1)).toMatchObject({
      of: question,
      state: 'approved',
      sentence: expect.stringMatching(/ended before/),
    })
    story.finish('production')
    expect(story.facts('production', 'window.opened').at(-1)?.sha).toBe(shaOf('b'))
    expect(story.facts('production', 'incident')).toEqual([])
  })

  test('R2: jobs with an older commit are turned away once a newer one waits', () => {
    const story = standing()
    story.deliver('production', 'b')
    const old = story.last('production').id
    story.deliver('production', 'c')
    const { deployments } = placeOf(story.town, 'production')
    expect(deployments.find(({ id }) => id === old)?.state).toBe('failure')
    expect(story.last('production').state).toBe('waiting')
  })

  test('R2: the answer to the rule of a rollback is bound to its run', () => {
    const story = rollingBack()
    expect(story.last('production')).toMatchObject({ real: 'a', state: 'in_progress' })
    // Somebody starts the workflow by hand, with what failed.
    story.deliver('production', 'b')
    expect(story.last('production').state).not.toBe('in_progress')
  })

  test('R2, S11: a workflow that is told its commit is let through for us only, whatever its branch stands at', () => {
    const story = standing({ workflow })
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    // Approved is b; what this one deploys, only its inputs tell.
    story.deliver('production', 'b', { real: 'c', told: true })
    expect(story.facts('production', 'rule.answered').at(-1)).toMatchObject({
      state: 'rejected',
      sentence: expect.stringMatching(/Run \d+ of .*deploy.yml was started by hand/),
    })
    story.finish('production', 'success', story.last('production').id - 1)
    expect(story.running('production')).toBe('b')
    expect(
      story.facts('production', 'rule.answered').filter(({ state }) => state === 'approved'),
    ).toHaveLength(2)
  })

  test('R2, R4: a run with inputs at the commit of a rollback is not that rollback', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.weather = { b: () => bad }
    story.setting = { ...story.setting, ruled: [] }
    story.finish('production')
    story.pass(2)
    expect(story.last('production')).toMatchObject({ real: 'a', purpose: 'rollback' })
    story.setting = { ...story.setting, ruled: ['production'] }
    story.deliver('production', 'a', { real: 'b', told: true })
    expect(story.last('production').state).toBe('waiting')
  })

  test('R2, T41: a commit that may not come turns no other job away', () => {
    const commits = { ...line, x: { parent: 'a', pull: { number: 8, facts: [] } } satisfies Commit }
    const story = standing({}, { commits })
    story.deliver('production', 'b')
    const waiting = story.last('production').id
    story.deliver('production', 'x')
    const { deployments } = placeOf(story.town, 'production')
    expect(deployments.map(({ id, state }) => [id === waiting, state])).toEqual([
      [false, 'success'],
      [true, 'waiting'],
      [false, 'failure'],
    ])
    story.press('b', 'a', erik)
    expect(story.facts('production', 'rule.answered').at(-1)).toMatchObject({ state: 'approved' })
  })

  test('R1: what came past the rule is told; what a person brought is not', () => {
    const story = standing()
    story.setting = { ...story.setting, ruled: [] }
    story.ship('production', 'b')
    expect(story.alerts('production')[0]).toMatch(/was deployed to production past Countersign/)
    const person: Commit = { parent: 'a', pull: { number: 9, facts: [{ body: byPerson }] } }
    const other = standing({}, { commits: { ...line, b: person } })
    other.setting = { ...other.setting, ruled: [] }
    other.ship('production', 'b')
    expect(other.alerts('production')).toEqual([])
  })

  test('R1: what came past the rule is told although something else waits for its word', () => {
    const person: Commit = { parent: 'a', pull: { number: 9, facts: [{ body: byPerson }] } }
    const story = standing({}, { commits: { ...line, c: person } })
    story.deliver('production', 'c')
    expect(story.last('production').state).toBe('waiting')
    story.setting = { ...story.setting, ruled: [] }
    story.deliver('production', 'b')
    story.finish('production')
    expect(story.verdicts('production').questions.candidate?.sha).toBe(shaOf('c'))
    expect(story.alerts('production')).toMatchObject([
      expect.stringMatching(/was deployed to production past Countersign/),
    ])
  })

  test('T21, R4: a deployment that only says that it is our run’s is not ours', () => {
    const story = rollingBack()
    const back = story.last('production')
    expect(back).toMatchObject({ real: 'a', state: 'in_progress' })
    // Made past Actions, by somebody who may deploy, with our run in its status.
    story.setting = { ...story.setting, ruled: [] }
    story.deliver('production', 'b', { runId: back.runId, viaApp: null })
    story.finish('production')
    expect(story.facts('production', 'rollback.ended')).not.toMatchObject([{ ok: true }])
    expect(story.facts('production', 'deploy.seen').at(-1)).toMatchObject({ sha: shaOf('b'), intent: null })
  })

  test('R1: the work of an agent in an environment that policy does not name is an incident', () => {
    const story = standing()
    story.ship('preview', 'a')
    story.town = { ...story.town, tip: 'b' }
    story.ship('preview', 'b')
    expect(story.alerts('preview')[0]).toMatch(/Policy knows no environment `preview`/)
  })
})

describe('S7, L2: nothing is asked twice', () => {
  test('after each round whose acts were carried out, the next asks for nothing that was done', () => {
    const story = standing({ workflow, alerts: { channel: 'ops' } })
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.weather = { b: () => bad }
    story.finish('production')
    story.pass(3)
    story.finish('production')
    const once = (kind: string) =>
      story.asked.filter((one) => one.kind === kind).map((one) => JSON.stringify(one))
    for (const kind of ['deploy', 'answerRule', 'alert', 'reportIncident', 'markDeployment'])
      expect(new Set(once(kind)).size).toBe(once(kind).length)
    expect(once('deploy')).toHaveLength(1)
    expect(once('alert')).toHaveLength(2)
    expect(once('reportIncident')).toHaveLength(1)
    expect(story.decide('production').filter(({ kind }) => kind !== 'wake' && kind !== 'queue')).toEqual([])
  })

  test('O4: an environment that policy no longer names stays open while something goes on there', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.finish('production')
    story.amend({ staging: environment() })
    expect(isOver(story.snapshot('production'))).toBe(false)
    story.pass(20)
    expect(story.outcomes('production').at(-1)).toBe('b healthy')
    expect(isOver(story.snapshot('production'))).toBe(true)
  })

  test('T21: the rules of a window are those of when it opened', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', erik)
    story.finish('production')
    story.amend({ production: environment({ monitors: {} }) })
    story.weather = { b: () => bad }
    story.pass(2)
    expect(story.last('production').real).toBe('a')
  })
})

const byPerson: FactBody = byAgent(null, 9).pull?.facts.at(-1)?.body as FactBody
