/** Doctor's lines over what was read, where the reading itself is odd. */
import { expect, test } from '@jest/globals'
import { branchRulesOf } from '../../src/adapters/github/readRules.ts'
import { inspect } from '../../src/enforcement/inspect.ts'
import type { Bypassed } from '../../src/enforcement/protection.ts'

const hidden = { seen: false, why: 'not asked for' } as const
const bypassed = (all: Partial<Bypassed>[], botId: number | null) =>
  inspect({
    ...{ repository: 'acme/shop', branch: 'main', url: 'https://github.com/acme/shop', mode: 'merge' },
    ...{
      enforce: true,
      appId: 7,
      botId,
      rules: hidden,
      rulesets: hidden,
      classic: hidden,
      workflows: hidden,
    },
    ...{ secrets: hidden, environments: hidden, deploying: hidden, permissions: hidden },
    bypassed: {
      seen: true,
      value: all.map((one) => ({ actorId: 1, actor: 'ada', sha: '1'.repeat(40), at: '', ...one })),
    },
  }).find(({ id }) => id === 'bypassed')

test.each([null, 9])('T20: who has no id, as a deploy key, is nobody of ours: the bot is %j', (botId) => {
  expect(bypassed([{ actorId: null, actor: 'someone' }], botId)).toMatchObject({
    state: 'red',
    sentence: '1 update of main bypassed a rule: someone (11111111).',
  })
})

test('T20: the merges of the App are its own', () => {
  expect(bypassed([{ actorId: 9 }], 9)).toMatchObject({ state: 'green' })
  expect(bypassed([{ actorId: 9 }], null)).toMatchObject({ state: 'red' })
})

test.each([
  [{ type: 'update' }, true],
  [{ type: 'update', parameters: { update_allows_fetch_and_merge: false } }, true],
  [{ type: 'update', parameters: { update_allows_fetch_and_merge: true } }, false],
])('A5: a branch that anybody may bring up to its upstream is not restricted: %j', (rule, restricted) => {
  expect(branchRulesOf([rule]).updatesRestricted).toBe(restricted)
})
