/** Who lets a deployment through, and who does not: presses on countersign/deploy and commands on merged pull requests (A1 to A4). */

import { describe, expect, test } from '@jest/globals'
import type { FactBody } from '../../src/core/facts.ts'
import {
  bot,
  byAgent,
  copilot,
  dana,
  environment,
  erik,
  fay,
  gus,
  line,
  RolloutStory,
  stranger,
} from './rolloutStory.ts'
import { says } from './rolloutWords.ts'
import { type Commit, placeOf, shaOf } from './rolloutWorld.ts'

/** Production as it waits for a person about `b`, with `a` healthy there. */
function asking(parts: object = {}, more: object = {}): RolloutStory {
  const story = new RolloutStory({
    environments: { production: environment(parts) },
    ruled: ['production'],
    ...more,
  })
  story.deliver('production', 'a')
  story.press('a', 'a', dana)
  if (!placeOf(story.town, 'production').deployments.some(({ state }) => state === 'in_progress'))
    story.press('a', 'a', erik)
  story.finish('production')
  story.pass(20)
  expect(story.outcomes('production')).toEqual(['a healthy'])
  story.town = { ...story.town, tip: 'b' }
  story.deliver('production', 'b')
  return story
}
const passes = (story: RolloutStory) => story.last('production').state === 'in_progress'

describe('A3: who may', () => {
  test.each([
    ['a bot', bot, /not a person/],
    ['an agent with write', copilot, /not a person/],
    ['somebody with read', stranger, /may not approve the deployment/],
  ])('%s does not', (_, by, sentence) => {
    const story = asking()
    expect(story.press('b', 'a', by)).toMatch(sentence)
    expect(passes(story)).toBe(false)
    expect(story.facts('production', 'deploy.decided')).toHaveLength(1)
  })

  test('A3: who pushed to the change of an agent does not', () => {
    const pushed: FactBody = {
      kind: 'head.pushed',
      sha: shaOf('head 2'),
      before: null,
      forced: false,
    } as never
    const commits = { ...line, b: withFact({ actor: gus, body: pushed }) }
    const story = asking({}, { commits })
    expect(story.press('b', 'a', gus)).toMatch(/pushed commits to #2/)
    expect(story.press('b', 'a', erik)).toMatch(/^accepted/)
    expect(passes(story)).toBe(true)
  })

  test('A3: who lost access between the press and the round, or since, does not count', () => {
    const story = asking({ four_eyes: true })
    expect(story.press('b', 'a', erik)).toMatch(/^accepted/)
    story.town = { ...story.town, roles: { ...story.town.roles, 2: 'read' } }
    expect(story.press('b', 'a', gus)).toMatch(/^accepted/)
    expect(passes(story)).toBe(false)
    story.town = { ...story.town, roles: { ...story.town.roles, 2: 'unknown' } }
    story.settle()
    expect(passes(story)).toBe(false)
    story.press('b', 'a', fay)
    expect(passes(story)).toBe(true)
  })

  test('A3: four eyes are two people, and one who presses twice is one', () => {
    const story = asking({ four_eyes: true })
    story.press('b', 'a', erik)
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(false)
    expect(story.page('b').run.title).toMatch(/1 approval missing/)
    story.press('b', 'a', fay)
    expect(passes(story)).toBe(true)
  })

  test('A3: under `strict` it is always four eyes', () => {
    const story = asking({}, { policy: { approvals: { profile: 'strict' } } })
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(false)
    story.press('b', 'a', dana)
    expect(passes(story)).toBe(true)
  })

  test('S9: a press by somebody whose access cannot be read waits for the look-up', () => {
    const story = asking()
    story.town = { ...story.town, roles: { ...story.town.roles, 2: 'unknown' } }
    expect(story.press('b', 'a', erik)).toBe('not answered')
    story.town = { ...story.town, roles: { ...story.town.roles, 2: 'write' } }
    story.settle()
    expect(passes(story)).toBe(true)
  })
})

describe('A2: what it binds to', () => {
  test('T39: a press on an older page changes nothing', () => {
    const story = asking()
    const old = story.page('b')
    story.finish('production', 'failure')
    story.deliver('production', 'c')
    story.press('c', 'a', erik)
    story.finish('production')
    story.pass(20)
    expect(story.outcomes('production')).toEqual(['a healthy', 'c healthy'])
    expect(story.press('b', 'a', gus, old)).toMatch(/^refused: .*(older state|asks for nothing)/)
    expect(story.facts('production', 'deploy.decided')).toHaveLength(2)
  })

  test('T39: a page and a button that do not belong together change nothing', () => {
    const story = asking()
    const page = story.page('b')
    const forged = { ...page, external: { ...page.external, shown: '0'.repeat(64) } }
    expect(story.press('b', 'a', erik, forged)).toMatch(/^refused/)
    expect(passes(story)).toBe(false)
  })

  test('A2: an approval is as old as its press, however late a round comes to it', () => {
    const story = asking()
    const late = story.page('b')
    story.town = { ...story.town, missing: ['The repository'] }
    expect(story.press('b', 'a', erik, late)).toBe('not answered')
    story.pass(25 * 60)
    story.town = { ...story.town, missing: [] }
    story.settle()
    expect(passes(story)).toBe(false)
    expect(story.page('b').run.summary).toMatch(/approved more than 24 hours ago/)
  })

  test('S9: what comes along is being read: a press waits for it', () => {
    const story = asking()
    const page = story.page('b')
    const { commits } = story.setting
    const b = commits['b'] as Commit
    const unread = { ...b, pull: { number: 2, facts: (b.pull?.facts ?? []).slice(0, 1) } }
    story.setting = { ...story.setting, commits: { ...commits, b: unread } }
    expect(story.press('b', 'a', erik, page)).toBe('not answered')
    story.setting = { ...story.setting, commits }
    story.settle()
    expect(passes(story)).toBe(true)
  })

  test('A2: an approval counts for as long as policy says', () => {
    const story = asking({ four_eyes: true })
    story.press('b', 'a', erik)
    story.pass(24 * 60 + 1)
    expect(story.page('b').run.summary).toMatch(/approved more than 24 hours ago/)
    story.press('b', 'a', fay)
    expect(passes(story)).toBe(false)
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(true)
  })
})

describe('A4: no', () => {
  test('A4: a rejection holds until the same person lifts it, and the job waits meanwhile', () => {
    const story = asking()
    expect(story.press('b', 'r', erik)).toMatch(/said no/)
    expect(story.press('b', 'a', gus)).toMatch(/^accepted/)
    expect(passes(story)).toBe(false)
    expect(story.last('production').state).toBe('waiting')
    expect(story.page('b').run).toMatchObject({ conclusion: 'failure' })
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(true)
  })

  test('S8: an approval of the same page does not lift the rejection, whichever arrives first', () => {
    for (const letters of ['ar', 'ra']) {
      const story = asking({ four_eyes: true })
      const page = story.page('b')
      for (const letter of letters) story.press('b', letter as 'a' | 'r', erik, page)
      story.press('b', 'a', gus)
      expect(passes(story)).toBe(false)
    }
  })

  test('A4: a no by somebody without write is not binding', () => {
    const story = asking()
    expect(story.press('b', 'r', stranger)).toMatch(/no write access/)
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(true)
  })

  test('A4: a no in a comment on the merged pull request holds until its person presses Approve', () => {
    const story = asking()
    says(story, erik, 'reject', 'deploy the migration is untested')
    story.press('b', 'a', gus)
    expect(passes(story)).toBe(false)
    story.pass(1)
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(true)
  })
})

describe('holding it up', () => {
  // The story begins on Monday 5 January 2026, 12:00 UTC.
  const freeze = [{ from: 'Mon 12:25', to: 'Tue 08:00', zone: 'UTC' }]

  test('R1: nothing is deployed in a freeze window; it goes on by itself afterwards', () => {
    const story = asking({ freeze })
    story.pass(10)
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(false)
    expect(story.page('b').run.title).toMatch(/No deployments until 2026-01-06 08:00 UTC/)
    story.pass(20 * 60)
    expect(passes(story)).toBe(true)
  })

  test('R1: a senior lifts the freeze, and nobody else does', () => {
    const story = asking({ freeze })
    story.pass(10)
    story.press('b', 'a', erik)
    says(story, gus, 'accept', 'freeze it burns')
    expect(passes(story)).toBe(false)
    says(story, dana, 'accept', 'freeze it burns')
    expect(passes(story)).toBe(true)
  })

  test('O4: a stop holds the way up, a resume goes on', () => {
    const story = asking()
    says(story, gus, 'stop', '')
    story.press('b', 'a', erik)
    expect(passes(story)).toBe(false)
    expect(story.page('b').run.title).toMatch(/gus stopped it/)
    says(story, fay, 'resume', '')
    expect(passes(story)).toBe(true)
  })

  test('O4: a stop ends by a resume on the same pull request, and by none on another', () => {
    const story = asking()
    says(story, gus, 'stop', '')
    story.town = { ...story.town, tip: 'c', nowMs: story.town.nowMs + 1 }
    says(story, fay, 'resume', '', 'c')
    story.deliver('production', 'c')
    story.press('c', 'a', erik)
    expect(passes(story)).toBe(false)
    story.pass(1)
    says(story, fay, 'resume', '')
    expect(passes(story)).toBe(true)
  })

  test('O4, R4: what was stopped after it was deployed is still rolled back', () => {
    const story = asking()
    story.press('b', 'a', erik)
    says(story, gus, 'stop', '')
    story.weather = { b: () => ({ errors: 0.5 }) }
    story.finish('production')
    story.pass(2)
    expect(story.last('production').real).toBe('a')
    expect(passes(story)).toBe(true)
  })
})

function withFact(fact: NonNullable<Commit['pull']>['facts'][number]): Commit {
  const commit = byAgent('a', 2)
  return { ...commit, pull: { number: 2, facts: [...(commit.pull?.facts ?? []), fact] } }
}
