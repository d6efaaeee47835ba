/** A5: the page of enforcement says what doctor and the gates say, and nothing is green that the App cannot see. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { RetryLater, Terminal } from '../../src/core/errors.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { type BranchRules, type EnforcementProof, proofSetting } from '../../src/core/snapshot/rules.ts'
import { judgeWatch, proofLastsMs } from '../../src/enforcement/watch.ts'
import { weaknesses } from '../../src/enforcement/weaknesses.ts'
import { type EnforcementPorts, loadEnforcement } from '../../src/web/enforcement.ts'
import { enforcementPage, enforcementSummary } from '../../src/web/pages/enforcement.ts'
import { enforcementStyle, environmentStyle } from '../../src/web/style/environment.ts'
import { openTestLedger } from '../support/ledger.ts'
import { app, goodRules, policyOf, repository } from '../support/snapshots.ts'
import { all, type Element, one, read, textOf } from './markup.ts'

const nowMs = Date.parse('2026-03-20T12:00:00Z')
const proof: EnforcementProof = {
  appId: app.appId,
  mode: 'merge',
  provenAtMs: Date.parse('2026-03-02T10:00:00Z'),
  by: 'ada',
}

let ledger: Ledger
beforeAll(async () => {
  let atMs = nowMs
  ledger = await openTestLedger({ nowMs: () => ++atMs, sleep: async () => undefined })
})
afterAll(() => ledger.close())

interface Parts {
  policy?: object | string
  rules?: BranchRules | ((branch: string) => BranchRules) | Error
  proof?: EnforcementProof | null
  ground?: null | Error
  name?: string
}

/** What GitHub and the ledger would answer. */
function ports({ policy = {}, rules = goodRules(), proof: kept = proof, ground }: Parts): EnforcementPorts {
  const reading =
    typeof policy === 'string'
      ? { ok: false as const, mistakes: [], sentence: policy, sha: null }
      : {
          ok: true as const,
          policy: policyOf({ merge: { mode: 'merge' }, ...policy }),
          sha: 'a',
          source: 'repository' as const,
        }
  return {
    ground: async () => {
      if (ground instanceof Error) throw ground
      return ground === null ? null : { app, repository, policy: reading }
    },
    branchRules: async (_, branch) => {
      if (rules instanceof Error) throw rules
      return typeof rules === 'function' ? rules(branch) : rules
    },
    ledger: {
      setting: async (name) =>
        kept && name === proofSetting('acme/widgets', 'main') ? JSON.stringify(kept) : null,
      factsSince: (...input) => ledger.factsSince(...input),
    },
    web: 'https://github.com',
  }
}
const load = (parts: Parts, atMs = nowMs) => loadEnforcement(ports(parts), parts.name ?? 'acme/widgets', atMs)
const shown = async (parts: Parts, atMs = nowMs) =>
  one(await read(enforcementPage(await load(parts, atMs))), 'article')
const summary = async (parts: Parts, atMs = nowMs) =>
  textOf(await read(enforcementSummary(await load(parts, atMs))))

/** The rows of a branch: what each clause says, with the tone of its badge. */
function rowsOf(page: Element, branch = 'main'): Map<string, { tone: string; text: string }> {
  const section = all(page, 'section').find((each) => textOf(one(each, 'h2')).startsWith(`${branch} `))
  if (!section) throw new Error(`no branch ${branch}`)
  return new Map(
    all(section, 'ul.clauses').flatMap((list) =>
      all(list, 'li').map((row) => {
        const tone = one(row, 'span.badge').attributes['class']?.replace('badge ', '') ?? ''
        return [textOf(one(row, 'span.clause')), { tone, text: textOf(one(row, 'p')) }] as const
      }),
    ),
  )
}
const tonesOf = async (parts: Parts, atMs = nowMs) =>
  Object.fromEntries([...rowsOf(await shown(parts, atMs))].map(([title, { tone }]) => [title, tone]))

const hidden = [
  'Who may bypass',
  'Bypasses, last week',
  'Classic protection',
  'Actions may approve',
  'Default workflow token',
  'Secrets in reach of agents',
  'Environments',
  'What would hold a rollback',
  'Deploys for agents',
  "The App's permissions",
]

describe('A5: what holds', () => {
  test('rules as they must be, and a proof that lasts', async () => {
    const tones = await tonesOf({})
    for (const title of [
      'Policy',
      'Required checks',
      'Who may update',
      'Force pushes',
      'Deletion',
      'Merge queue',
      'Proof',
    ])
      expect([title, tones[title]]).toEqual([title, 'good'])
    expect(tones['countersign/gates now']).toBe('good')
    expect(await summary({})).toMatch(
      /^enforced The rules require the checks\. Proven on 2026-03-02 by ada for merge mode and the App 77; it lasts until 2026-04-01\.$/,
    )
  })

  test('S9: what only an administrator is shown is amber, with the command that shows it', async () => {
    const page = await shown({})
    const rows = rowsOf(page)
    for (const title of hidden) {
      expect([title, rows.get(title)?.tone]).toEqual([title, 'asks'])
      expect(rows.get(title)?.text).toMatch(/^Shown only to an administrator/)
    }
    expect(textOf(page)).toContain('npm run countersign -- doctor acme/widgets looks at it')
    expect(rows.get('Who may bypass')?.text).toContain('green when ada looked on 2026-03-02')
    expect(rows.get('Environments')?.text).not.toContain('ada')
  })

  test('signatures are told where the rules ask for them', async () => {
    expect(await tonesOf({})).not.toHaveProperty('Signed commits')
    expect(await tonesOf({ rules: goodRules({ signaturesRequired: true }) })).toHaveProperty(
      'Signed commits',
      'good',
    )
  })
})

describe('A5, T19: what does not hold is red, in the words of doctor and of the gates', () => {
  const unpinned = goodRules().requiredChecks.map((check) => ({ ...check, appId: null }))
  test.each<[string, string, Partial<BranchRules>]>([
    ['checks', 'Required checks', { requiredChecks: [] }],
    ['checks', 'Required checks', { requiredChecks: unpinned }],
    ['updates', 'Who may update', { updatesRestricted: false }],
    ['forcePushes', 'Force pushes', { forcePushesBlocked: false }],
    ['deletions', 'Deletion', { deletionsBlocked: false }],
    ['queue', 'Merge queue', { mergeQueue: true }],
  ])('%s: %s', async (clause, title, parts) => {
    const rules = goodRules(parts)
    const rows = rowsOf(await shown({ rules }))
    const weakness = weaknesses(rules, app.appId, 'merge')[clause as 'checks']
    expect(rows.get(title)?.tone).toBe('bad')
    expect(rows.get(title)?.text).toContain(`On main, ${weakness?.replace(/`/g, '')}.`)
    expect(rows.get(title)?.text).toMatch(
      clause === 'queue'
        ? /https:\/\/github\.com\/acme\/widgets\/settings\/rules\.$/
        : /Run npm run countersign -- doctor acme\/widgets --fix$/,
    )
    const watch = judgeWatch({
      repository: 'acme/widgets',
      branch: 'main',
      appId: app.appId,
      mode: 'merge',
      reading: { rules, proof },
      nowMs,
    })
    const gates = rows.get('countersign/gates now')
    expect(gates?.tone).toBe(watch ? 'bad' : 'good')
    if (watch) expect(gates?.text).toBe(watch.sentence.replace(/`/g, ''))
    expect(await summary({ rules })).toMatch(
      clause === 'queue' ? /^to mend On main, a merge queue/ : /^not enforced /,
    )
  })

  test('shadow mode, and a policy that cannot be used', async () => {
    const shadow = { policy: { enforce: false }, rules: goodRules({ requiredChecks: [] }) }
    expect(await tonesOf(shadow)).toHaveProperty('Policy', 'bad')
    expect(textOf(await shown(shadow))).toContain('countersign/gates now would be red')
    expect(await summary({ policy: { enforce: false } })).toMatch(/^not enforced Shadow mode/)
    const broken = rowsOf(await shown({ policy: 'Line 3 of the policy is wrong.' }))
    expect(broken.get('countersign/gates now')).toEqual({
      tone: 'bad',
      text: 'Line 3 of the policy is wrong.',
    })
    expect(broken.get('Policy')).toEqual({
      tone: 'bad',
      text: expect.stringMatching(/^Line 3 of the policy is wrong\./),
    })
    expect(await summary({ policy: 'Line 3 of the policy is wrong.' })).toBe(
      'not enforced Line 3 of the policy is wrong.',
    )
  })

  test('each branch that policy names has its own lines; patterns are left to doctor', async () => {
    const policy = { branches: { protected: ['release', 'hotfix/*', 'main'] } }
    const rules = (branch: string) => goodRules(branch === 'release' ? { deletionsBlocked: false } : {})
    const page = await shown({ policy, rules })
    expect(rowsOf(page).get('Deletion')?.tone).toBe('good')
    expect(rowsOf(page, 'release').get('Deletion')?.tone).toBe('bad')
    expect(rowsOf(page, 'release').get('Proof')?.tone).toBe('asks')
    // What is the repository's is told once.
    expect([...rowsOf(page, 'release').keys()].filter((title) => hidden.includes(title))).toEqual(
      hidden.slice(0, 3),
    )
    expect(all(page, 'h2').map(textOf)).toEqual(['main merge mode', 'release merge mode', 'Incidents'])
    expect(textOf(page)).toContain(
      'Policy also protects hotfix/*: npm run countersign -- doctor acme/widgets looks',
    )
  })
})

describe('A5: the proof', () => {
  test.each<[string, Parts, number, string, RegExp]>([
    ['lasts 30 days', {}, proof.provenAtMs + proofLastsMs - 1, 'good', /it lasts until 2026-04-01/],
    ['and no longer', {}, proof.provenAtMs + proofLastsMs, 'asks', /it expired on 2026-04-01, after 30 days/],
    ['missing', { proof: null }, nowMs, 'asks', /^Who may bypass the rules was never proven\. Run npm run/],
    [
      'missing in checks mode',
      { proof: null, policy: { merge: { mode: 'checks' } } },
      nowMs,
      'asks',
      /are not watched in checks mode/,
    ],
    [
      'for another mode',
      { policy: { merge: { mode: 'checks' } } },
      nowMs,
      'asks',
      /for merge mode and the App 77; in force are checks mode/,
    ],
    [
      'for another App',
      { proof: { ...proof, appId: 12 } },
      nowMs,
      'asks',
      /the App 12; in force are merge mode and the App 77/,
    ],
  ])('%s', async (_, parts, atMs, tone, text) => {
    const row = rowsOf(await shown(parts, atMs)).get('Proof')
    expect(row).toEqual({ tone, text: expect.stringMatching(text) })
    expect(await summary(parts, atMs)).toMatch(tone === 'good' ? /^enforced / : /^not proven /)
    if (tone !== 'good')
      expect(rowsOf(await shown(parts, atMs)).get('Who may bypass')?.text).not.toContain('ada')
  })
})

describe('S9: what cannot be read is never green', () => {
  test('the rules of a branch', async () => {
    const tones = await tonesOf({ rules: new RetryLater('503', 1000) })
    for (const title of [
      'Required checks',
      'Who may update',
      'Force pushes',
      'Deletion',
      'Merge queue',
      'countersign/gates now',
    ])
      expect([title, tones[title]]).toEqual([title, 'asks'])
    expect(await summary({ rules: new RetryLater('503', 1000) })).toMatch(
      /^could not be read The rules in force on main/,
    )
  })

  test.each<[string, null | Error, RegExp]>([
    ['GitHub is out', new RetryLater('503', 1000), /could not be read just now/],
    ['GitHub refuses', new Terminal('403', 'The App may not look.'), /The App may not look\./],
    ['the App is not installed', null, /does not show this repository to the App/],
  ])('%s: no line at all, and the incidents all the same', async (_, ground, why) => {
    const page = await shown({ ground })
    expect(textOf(one(page, 'p.says'))).toMatch(why)
    expect(all(page, '.good')).toEqual([])
    expect(all(page, 'h2').map(textOf)).toEqual(['Incidents'])
  })

  test('an error of ours is not taken for an outage', async () => {
    await expect(load({ ground: new TypeError('a bug') })).rejects.toThrow('a bug')
  })
})

describe('A5, T20: incidents', () => {
  test('newest first, each with its place, and where they stand; other repositories have theirs', async () => {
    const incident = (key: string, sentence: string) =>
      ledger.append(key, [{ actor: null, body: { kind: 'incident', sentence } }])
    await incident('pull:acme/told#4', '#4 was merged although Countersign had not decided it. <b>Look</b>.')
    await incident('rollout:acme/told@prod/eu', '**b failed in prod/eu**\n\n- Environment: `prod/eu`')
    await ledger.append('pull:acme/told#4', [
      { actor: null, body: { kind: 'incident.reported', of: 0, issue: 12 } },
    ])
    await incident('pull:acme/other#1', 'Elsewhere.')
    const page = await shown({ name: 'acme/told' })
    const section = all(page, 'section').at(-1) as Element
    const entries = all(one(section, 'ol.history'), 'li').map((entry) => all(entry, 'p').map(textOf))
    expect(entries).toEqual([
      ['2026-03-20 12:00 prod/eu', 'b failed in prod/eu'],
      ['2026-03-20 12:00 #4', '#4 was merged although Countersign had not decided it. <b>Look</b>.'],
    ])
    expect(
      all(section, 'a')
        .map(({ attributes }) => attributes['href'])
        .sort(),
    ).toEqual([
      '/board/acme/told/environments/prod%2Feu',
      '/board/acme/told/pulls/4',
      'https://github.com/acme/told/issues/12',
    ])
    expect(textOf(await shown({}))).toContain('None is on record.')
  })
})

test('T37: the looks of the page are classes', async () => {
  const page = await shown({
    rules: goodRules({ mergeQueue: true }),
    policy: { branches: { protected: ['release'] } },
  })
  const shared = ['badge', 'good', 'asks', 'bad', 'quiet', 'count', 'empty', 'says']
  const classes = new Set(all(page, '').flatMap(({ attributes }) => attributes['class']?.split(' ') ?? []))
  const styled = `${environmentStyle}${enforcementStyle}`
  expect([...classes].filter((name) => !shared.includes(name) && !styled.includes(`.${name}`))).toEqual([])
  for (const { attributes } of all(page, '')) expect(Object.keys(attributes)).not.toContain('style')
})

test('T37: names are text: of a branch, and of who proved', async () => {
  const evil = '<img src=x onerror=alert(1)>'
  const page = await shown({
    policy: { branches: { protected: ['a"><b>'] } },
    proof: { ...proof, by: evil },
  })
  expect(textOf(page)).toContain('a"><b> merge mode')
  expect(textOf(page)).toContain(evil.slice(0, 20))
  for (const tag of ['img', 'b', 'script']) expect(all(page, tag)).toEqual([])
})
