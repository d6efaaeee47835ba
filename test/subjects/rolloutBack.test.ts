/** What lies behind or beside what stands: an older commit, a rewritten history, another branch (R1, T41). */
import { describe, expect, test } from '@jest/globals'
import { byAgent, copilot, dana, erik, RolloutStory, ruled, standsHealthy } from './rolloutStory.ts'
import { type Commit, shaOf } from './rolloutWorld.ts'

const bad = { errors: 0.02 }
const revert = (parent: string, number: number, undone: string): Commit =>
  byAgent(parent, number, { undoes: [undone], message: `This reverts commit ${shaOf(undone)}.` })

/** `a` is healthy, `b` failed and was rolled back, `c` came on top of it, and `r`, which reverts `b`, is healthy. */
function mended(more: Record<string, Commit> = {}): RolloutStory {
  const commits = {
    a: byAgent(null, 1),
    b: byAgent('a', 2),
    c: byAgent('b', 3),
    r: revert('c', 4, 'b'),
    ...more,
  }
  const story = standsHealthy(new RolloutStory(ruled({}, { commits })))
  const ship = (commit: string) => {
    story.town = { ...story.town, tip: commit }
    story.deliver('production', commit)
    story.press(commit, 'a', erik)
    story.finish('production')
  }
  story.weather = { b: () => bad }
  ship('b')
  story.pass(2)
  story.finish('production')
  ship('r')
  story.pass(20)
  expect(story.outcomes('production')).toEqual(['a healthy', 'b failed', 'r healthy'])
  return story
}
const answer = (story: RolloutStory) => story.facts('production', 'rule.answered').at(-1)

describe('T41, R1: behind or beside what stands', () => {
  test('T41: an older commit that still holds what failed is refused, though nothing of it is new', () => {
    const story = mended()
    story.deliver('production', 'c')
    expect(answer(story)).toMatchObject({
      state: 'rejected',
      sentence: expect.stringMatching(/part of what failed here/),
    })
    expect(story.running('production')).toBe('r')
  })

  test('R1: a commit that was healthy here may come again, when a person says so', () => {
    const story = mended()
    story.deliver('production', 'a')
    expect(story.verdicts('production').range.verdict).toMatchObject({
      state: 'pass',
      sentence: expect.stringMatching(/brings nothing that has not stood here before/),
    })
    story.press('a', 'a', dana)
    expect(answer(story)).toMatchObject({ state: 'approved' })
  })

  test('T41: a history that was rewritten without the revert brings nothing back', () => {
    const story = mended({ d: byAgent('b', 5) })
    story.town = { ...story.town, tip: 'd' }
    story.deliver('production', 'd')
    expect(answer(story)).toMatchObject({
      state: 'rejected',
      sentence: expect.stringMatching(/part of what failed here/),
    })
  })

  test('R1: what was deployed from a branch does not keep the default branch out for ever', () => {
    const story = mended({ f: { parent: 'r', pull: null, pusher: dana }, d: byAgent('r', 5) })
    story.setting = { ...story.setting, ruled: [] }
    story.ship('production', 'f')
    expect(story.outcomes('production').at(-1)).toBe('f healthy')
    story.setting = { ...story.setting, ruled: ['production'] }
    story.town = { ...story.town, tip: 'd' }
    story.deliver('production', 'd')
    expect(story.verdicts('production').range).toMatchObject({
      verdict: { state: 'pass' },
      agents: [{ number: 5 }],
    })
  })

  test('T41: where nothing healthy is part of it, it is refused, and told how to go on', () => {
    const story = mended({ x: byAgent(null, 5) })
    story.town = { ...story.town, tip: 'x' }
    story.deliver('production', 'x')
    expect(answer(story)).toMatchObject({
      state: 'rejected',
      sentence: expect.stringMatching(
        /Nothing that was healthy here is part of .*Merge .* through a pull request/,
      ),
    })
  })

  test('T41, A1: what was merged into a branch that policy does not protect passed no gates', () => {
    const story = mended({
      j: byAgent('r', 5, {
        pull: {
          number: 5,
          facts: [
            { body: { kind: 'origin.evidence', source: 'account', detail: 'copilot wrote it' } },
            {
              body: {
                kind: 'merged',
                head: shaOf('head 5'),
                merge: shaOf('j'),
                landedOn: 'junk',
                expected: 'junk',
              },
            },
          ],
        },
      }),
    })
    story.deliver('production', 'j')
    expect(answer(story)).toMatchObject({
      state: 'rejected',
      sentence: expect.stringMatching(/#5 was merged into `?junk`?, which policy does not protect/),
    })
  })

  test('T41: a push by an account that policy names as an agent is not a person’s', () => {
    const commits = { a: byAgent(null, 1), b: { parent: 'a', pull: null, pusher: copilotUser } }
    const policy = { agents: { accounts: ['robo-dev'] } }
    const story = standsHealthy(new RolloutStory(ruled({}, { commits, policy })))
    story.town = { ...story.town, tip: 'b' }
    story.deliver('production', 'b')
    expect(story.facts('production', 'rule.answered').slice(1)).toMatchObject([
      { state: 'rejected', sentence: expect.stringMatching(/past pull requests/) },
    ])
  })
})

const copilotUser = { ...copilot, id: 77, login: 'robo-dev', type: 'User' as const }
