/** Stories of a rollout from the first deployment to its end, told on decide's own actions (R1 to R4). */
import { describe, expect, test } from '@jest/globals'
import { byAgent, dana, environment, erik, errors, gus, line, RolloutStory } from './rolloutStory.ts'
import { shaOf } from './rolloutWorld.ts'

const bad = { errors: 0.02, requests: 500 }
const over = { errors: 0.003 }
const silent = { errors: 'no answer' }
const production = { production: environment() }

/** Production by the repository's own delivery, held by the rule; `a` stands there and is healthy. */
function standing(parts: object = {}, more: object = {}): RolloutStory {
  const story = new RolloutStory({
    environments: { production: environment(parts) },
    ruled: ['production'],
    ...more,
  })
  story.deliver('production', 'a')
  expect(story.press('a', 'a', dana)).toMatch(/^accepted: .*approved the deployment to production/)
  story.finish('production')
  story.pass(20)
  expect(story.outcomes('production')).toEqual(['a healthy'])
  return story
}

/** `b` is approved and runs. */
function second(story: RolloutStory): RolloutStory {
  story.town = { ...story.town, tip: 'b' }
  story.deliver('production', 'b')
  expect(story.press('b', 'a', dana)).toMatch(/^accepted/)
  story.finish('production')
  return story
}

describe('the way forward', () => {
  test('R1, A1: staging, its window, a person, production, its window', () => {
    const story = new RolloutStory({
      environments: {
        staging: environment({ deploy: 'create' }),
        production: environment({ deploy: 'create', after: 'staging' }),
      },
    })
    story.settle()
    expect(story.last('staging')).toMatchObject({ real: 'a', state: 'none' })
    story.finish('staging')
    story.pass(4)
    expect(() => story.page('a')).toThrow(/no countersign/)
    story.pass(3)
    expect(story.outcomes('staging')).toEqual(['a healthy'])
    expect(story.page('a').run).toMatchObject({ conclusion: 'action_required' })
    expect(() => story.last('production')).toThrow(/nothing was deployed/)
    story.press('a', 'a', erik)
    expect(story.last('production').real).toBe('a')
    story.finish('production')
    story.pass(10)
    expect(story.outcomes('production')).toEqual(['a healthy'])
    expect(story.page('a').run).toMatchObject({
      conclusion: 'success',
      title: expect.stringMatching(/^Healthy/),
    })
    expect(story.alerts('production')).toEqual([])
  })

  test('R2: a job waits with what it waits for, and is let through by the approval', () => {
    const story = standing()
    story.deliver('production', 'b')
    expect(story.last('production').state).toBe('waiting')
    const [, report] = story.facts('production', 'rule.reported')
    expect(report?.sentence).toMatch(/1 approval missing, of somebody who has/)
    story.press('b', 'a', gus)
    expect(story.last('production').state).toBe('in_progress')
  })

  test('R1: a newer commit takes the place of one that waits, whichever question arrives first', () => {
    for (const order of [
      ['b', 'c'],
      ['c', 'b'],
    ]) {
      const story = standing()
      const jobs = ['b', 'c'].map((name) => ({ name, id: story.town.nextId + (name === 'c' ? 1 : 0) }))
      const asked = jobs.map(({ name, id }) => ({
        name,
        body: {
          kind: 'rule.asked' as const,
          environment: 'production',
          sha: story.setting.commits[name] && story.snapshot('production').branch.tip,
          runId: 1000 + id,
          deploymentId: id,
          event: 'push',
        },
      }))
      for (const name of order)
        story.record('production', { ...must(asked.find((one) => one.name === name)).body, sha: sha(name) })
      const { questions } = story.verdicts('production')
      expect(questions.candidate?.sha).toBe(sha('c'))
      expect(questions.outdated.map(({ body }) => body.sha)).toEqual([sha('b')])
    }
  })

  test('S14: shadow mode lets everything through and says so', () => {
    const story = new RolloutStory({
      environments: production,
      policy: { enforce: false },
      ruled: ['production'],
    })
    story.deliver('production', 'a')
    expect(story.last('production').state).toBe('in_progress')
    expect(story.facts('production', 'rule.answered')[0]?.sentence).toMatch(/^Shadow mode/)
  })

  test('R2: a dispatched workflow deploys what it was told, whatever its branch has become', () => {
    const story = new RolloutStory({
      environments: {
        production: environment({ deploy: 'dispatch', workflow: '.github/workflows/deploy.yml' }),
      },
      ruled: ['production'],
    })
    story.settle()
    story.press('a', 'a', dana)
    expect(story.last('production')).toMatchObject({ real: 'a', state: 'in_progress' })
    story.town = { ...story.town, tip: 'b' }
    story.finish('production')
    story.pass(10)
    expect(story.outcomes('production')).toEqual(['a healthy'])
  })
})

describe('the way back', () => {
  test('R3, R4: a breach in three samples is rolled back; the end is told', () => {
    const story = second(standing())
    story.weather = { b: () => over }
    story.pass(2)
    expect(story.facts('production', 'rollout.failed')).toEqual([])
    story.pass(1.1)
    expect(story.outcomes('production')).toEqual(['a healthy', 'b failed'])
    expect(story.last('production')).toMatchObject({ real: 'a', state: 'in_progress' })
    story.finish('production')
    expect(story.running('production')).toBe('a')
    expect(story.facts('production', 'rollback.ended')).toMatchObject([{ ok: true }])
    expect(story.page('b').run).toMatchObject({
      conclusion: 'failure',
      title: expect.stringMatching(/stands again/),
      // What to do next, for whoever comes to the red check.
      summary: expect.stringMatching(
        new RegExp(
          `What it brought \\(.${shaOf('b').slice(0, 8)}.\\) is not deployed here again before it is reverted`,
        ),
      ),
    })
    expect(story.alerts('production')).toMatchObject([
      expect.stringMatching(/^raised: .* failed in production: .* in 3 samples in a row/),
      expect.stringMatching(/^recovered: .* stands again/),
    ])
  })

  test('R3: over the ceiling it is rolled back at the first sample', () => {
    const story = second(standing())
    story.weather = { b: () => bad }
    story.pass(1.1)
    expect(story.facts('production', 'rollout.failed')[0]?.sentence).toMatch(/2 %, over the ceiling of 0.5 %/)
    expect(story.last('production').real).toBe('a')
  })

  test('R2: the job of the rollback is let through at once, and only one of them', () => {
    const story = second(standing())
    story.weather = { b: () => bad }
    story.pass(1.1)
    const back = story.last('production')
    expect(back.real).toBe('a')
    expect(story.facts('production', 'rule.answered').at(-1)?.sentence).toMatch(
      /^The rollback that Countersign/,
    )
    // Another job with the very commit that is rolled back to.
    const other = story.deliver('production', 'a')
    expect(story.last('production')).toMatchObject({ id: other, state: 'waiting' })
    expect(story.verdicts('production').go.state).toBe('wait')
  })

  test('R1: a failed canary is rolled back; the job of a rollback by a workflow is known by its run', () => {
    const canary = { probes: [{ name: 'alive', path: '/health' }] }
    const story = standing({ canary, workflow: '.github/workflows/deploy.yml' }, { url: 'https://x.example' })
    story.canary = { b: false }
    second(story)
    expect(story.facts('production', 'canary.ended').at(-1)).toMatchObject({ ok: false })
    // GitHub names the tip, which is what failed.
    expect(story.last('production')).toMatchObject({ sha: 'b', real: 'a', state: 'in_progress' })
    story.finish('production')
    expect(story.facts('production', 'rollback.ended')).toMatchObject([{ ok: true }])
    expect(story.running('production')).toBe('a')
  })

  test('R1: the smoke test is the run that was started, and its failure is the canary', () => {
    const canary = { workflow: '.github/workflows/smoke.yml', minutes: 15 }
    const story = new RolloutStory({
      environments: { production: environment({ approval: 'none', canary }) },
    })
    story.ship('production', 'a')
    expect(story.facts('production', 'canary.ended')).toEqual([])
    const runId = story.facts('production', 'smoke.started')[0]?.runId ?? 0
    story.town = { ...story.town, smoke: { 77: 'failure', [runId]: 'success' } }
    story.settle()
    expect(story.facts('production', 'canary.ended')).toMatchObject([{ ok: true }])
    story.pass(30)
    story.ship('production', 'b')
    story.pass(60)
    expect(story.facts('production', 'canary.ended').at(-1)?.sentence).toMatch(/has not ended in time/)
    expect(story.last('production').real).toBe('a')
  })

  test('R4: a change that policy calls irreversible stays, and people hear of it', () => {
    const commits = { ...line, b: byAgent('a', 2, { paths: ['migrations/7.sql'] }) }
    const story = standing({ irreversible: ['migrations/**'] }, { commits })
    story.weather = { b: () => bad }
    second(story)
    // A newer job waits meanwhile: what is judged is what failed.
    story.deliver('production', 'c')
    story.pass(2)
    expect(story.facts('production', 'deploy.intended')).toEqual([])
    expect(story.facts('production', 'rollout.failed')[0]?.keeps).toMatch(
      /`migrations\/7.sql` cannot be taken back/,
    )
    expect(story.alerts('production')[0]).toMatch(/Nothing is rolled back/)
  })

  test('R4: a reversible change is rolled back although a newer job waits', () => {
    const story = standing({ irreversible: ['migrations/**'] })
    story.weather = { b: () => bad }
    second(story)
    story.deliver('production', 'c')
    story.pass(2)
    expect(story.last('production').real).toBe('a')
  })

  test('R4: without a healthy commit nothing is rolled back; it is held, loudly', () => {
    const story = new RolloutStory({ environments: production, ruled: ['production'] })
    story.weather = { a: () => bad }
    story.deliver('production', 'a')
    story.press('a', 'a', dana)
    story.finish('production')
    story.pass(2)
    expect(story.facts('production', 'rollout.held')[0]?.sentence).toMatch(
      /no commit is known that was healthy/,
    )
    expect(story.page('a').run.title).toMatch(/waits for a person/)
    expect(story.press('a', 'f', erik)).toMatch(/counted it as healthy/)
    expect(story.outcomes('production')).toEqual(['a failed', 'a healthy'])
    expect(story.alerts('production').at(-1)).toMatch(/^recovered/)
  })

  test('R4, L3: a rollback that fails ends, and says so', () => {
    const story = second(standing())
    story.weather = { b: () => bad }
    story.pass(2)
    story.finish('production', 'failure')
    expect(story.facts('production', 'rollback.ended')).toMatchObject([{ ok: false }])
    expect(story.alerts('production').join('\n')).toMatch(/The rollback in production FAILED/)
    // A fix may come: nothing is under way any more.
    story.deliver('production', 'c')
    expect(story.verdicts('production').go.sentence).not.toMatch(/under way/)
  })

  test('L3: a rollback that another deployment took the place of ends', () => {
    const canary = { workflow: '.github/workflows/smoke.yml' }
    const story = new RolloutStory({
      environments: { production: environment({ approval: 'none', canary }) },
    })
    const smokes = () =>
      story.facts('production', 'smoke.started').map(({ runId }) => [runId ?? 0, 'success'] as const)
    for (const name of ['a', 'b']) {
      story.weather = { b: () => bad }
      story.ship('production', name)
      story.town = { ...story.town, smoke: Object.fromEntries(smokes()) }
      story.settle()
      story.pass(8)
    }
    // The rollback is deployed, and its smoke test has not ended.
    story.finish('production')
    expect(story.verdicts('production').state.rollingBack).not.toBeNull()
    story.deliver('production', 'c')
    story.finish('production')
    expect(story.facts('production', 'rollback.ended')).toHaveLength(1)
    expect(story.verdicts('production').state.rollingBack).toBeNull()
  })

  test('T41: what was rolled back is not deployed again, and nothing that still holds it', () => {
    const story = second(standing())
    story.weather = { b: () => bad }
    story.pass(2)
    story.finish('production')
    story.deliver('production', 'b')
    expect(story.last('production').state).toBe('failure')
    expect(story.facts('production', 'rule.answered').at(-1)?.sentence).toMatch(
      /failed here and was taken back/,
    )
    story.deliver('production', 'c')
    expect(story.facts('production', 'rule.answered').at(-1)?.sentence).toMatch(/Revert it first/)
  })
})

describe('what nobody can tell', () => {
  test('R3: silent monitors hold it; a person counts it as healthy', () => {
    const story = second(standing())
    story.weather = { b: () => silent }
    story.pass(7)
    expect(story.outcomes('production')).toEqual(['a healthy', 'b held'])
    expect(story.alerts('production')[0]).toMatch(/waits for a person.*Open countersign\/deploy/)
    expect(story.press('b', 'f', erik)).toMatch(/counted it as healthy/)
    expect(story.outcomes('production').at(-1)).toBe('b healthy')
  })

  test('R3: a window of thirty samples is told a few times on the way, and at once when it is over', () => {
    const story = standing()
    story.amend({ production: environment({ window_minutes: 30 }) })
    second(story)
    const before = story.asked.length
    story.pass(40)
    const pages = story.asked.slice(before).filter(({ kind }) => kind === 'checkRun')
    expect(pages.length).toBeGreaterThanOrEqual(5)
    expect(pages.length).toBeLessThanOrEqual(8)
    expect(story.page('b').run.title).toMatch(/^Healthy in production: 30 samples/)
  })

  test('R3, R4: silent monitors hold it; a person rolls it back', () => {
    const story = second(standing())
    story.weather = { b: () => silent }
    story.pass(7)
    const held = story.page('b')
    expect(story.press('b', 'r', erik)).toMatch(/asked for the rollback/)
    expect(story.last('production').real).toBe('a')
    story.finish('production')
    expect(story.running('production')).toBe('a')
    expect(story.press('b', 'f', erik, held)).toMatch(/^refused/)
    expect(story.outcomes('production')).toEqual(['a healthy', 'b held'])
  })

  test('R3: what is held where nobody is asked is left behind by the next commit', () => {
    const story = new RolloutStory({
      environments: { staging: environment({ deploy: 'create', approval: 'none' }) },
    })
    story.weather = { a: () => silent }
    story.settle()
    story.finish('staging')
    story.pass(10)
    expect(story.alerts('staging')[0]).toMatch(/the next commit takes its place/)
    story.town = { ...story.town, tip: 'b' }
    story.settle()
    expect(story.last('staging').real).toBe('b')
  })

  test('R3: limits that are crossed in turn are held in the end, and not watched for ever', () => {
    const monitors = { errors, more: errors }
    const story = second(standing({ monitors }))
    story.weather = { b: (at) => (at % 2 === 0 ? { errors: 0.003, more: 0 } : { errors: 0, more: 0.003 }) }
    story.pass(60)
    expect(story.outcomes('production').at(-1)).toBe('b held')
  })

  test('R3: p95 and memory over their limits alert once, and once again when they are back', () => {
    const source = errors.source
    const monitors = { errors, slow: { rule: 'latency_p95', source }, memory: { rule: 'memory', source } }
    const story = second(standing({ monitors, window_minutes: 10 }))
    const calm = { errors: 0.0005, slow: 100, memory: 0.5 }
    story.weather = { b: (at) => (at < 5 ? { errors: 0.0005, slow: 900, memory: 0.9 } : calm) }
    story.pass(15)
    expect(story.outcomes('production').at(-1)).toBe('b healthy')
    expect(story.alerts('production').map((one) => one.slice(0, 40))).toHaveLength(4)
    expect(story.facts('production', 'rollout.failed')).toEqual([])
  })

  test('R3: an alert ends with the deployment that raised it, once', () => {
    const monitors = { errors, slow: { rule: 'latency_p95', source: errors.source } }
    const story = second(standing({ monitors, window_minutes: 10 }))
    story.weather = { b: (at) => ({ errors: at < 5 ? 0.0005 : 0.2, slow: 900 }) }
    story.pass(8)
    story.finish('production')
    story.pass(20)
    const alerts = story.alerts('production').filter((one) => /slow/.test(one))
    expect(alerts).toHaveLength(2)
    expect(alerts[0]).toMatch(/^raised/)
    expect(alerts[1]).toMatch(/^recovered.*stands in production no more/)
  })

  test('R1: a deployment whose status never comes is held, and what comes of it is still watched', () => {
    const story = standing()
    story.deliver('production', 'b')
    story.press('b', 'a', dana)
    const stuck = story.last('production').id
    story.pass(61)
    expect(story.alerts('production')[0]).toMatch(/has shown no result in 60 minutes/)
    story.finish('production', 'success', stuck)
    story.pass(10)
    expect(story.outcomes('production').at(-1)).toBe('b healthy')
    expect(story.alerts('production').at(-1)).toMatch(/^recovered/)
  })
})

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('nothing there')
  return value
}
const sha = (name: string) => must(snapshotSha[name])
const snapshotSha = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, shaOf(name)]))
