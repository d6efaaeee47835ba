/** O2: the page of an environment, from stories that real rounds told; it says what countersign/deploy says. */
import { describe, expect, test } from '@jest/globals'
import { type EvidenceResult, evidenceKey } from '../../src/core/evidence.ts'
import { EnvironmentSettings, watchRules } from '../../src/rollout/settings.ts'
import { windowRequests } from '../../src/subjects/rollout.ts'
import { loadEnvironmentPast } from '../../src/web/environment.ts'
import { environmentPage } from '../../src/web/pages/environment.ts'
import { environmentStyle } from '../../src/web/style/environment.ts'
import { plotStyle } from '../../src/web/style/plot.ts'
import {
  byAgent,
  dana,
  environment,
  erik,
  errors,
  gus,
  mergedBody,
  ruled,
  standsHealthy,
} from '../subjects/rolloutStory.ts'
import { shaOf } from '../subjects/rolloutWorld.ts'
import { account, factsFrom, repository } from '../support/snapshots.ts'
import { ShownStory } from './environmentStory.ts'
import { all, type Element, one, read, textOf } from './markup.ts'

const bad = { errors: 0.02, requests: 500 }
const over = { errors: 0.003 }
const silent = { errors: 'no answer' }

/** Production by the repository's own delivery; `a` was approved, stands, and is healthy. */
const standing = (parts: object = {}, more: object = {}): ShownStory =>
  standsHealthy(new ShownStory(ruled(parts, more)))

function arrives(story: ShownStory, name: string): void {
  story.town = { ...story.town, tip: name }
  story.deliver('production', name)
}

function comes(story: ShownStory, name: string): void {
  arrives(story, name)
  expect(story.press(name, 'a', erik)).toMatch(/^accepted/)
  story.finish('production')
}

function section(page: Element, title: string): Element {
  const found = all(page, 'section').find((each) => textOf(one(each, 'h2')) === title)
  if (!found) throw new Error(`no section ${title}`)
  return found
}
const titles = (page: Element) => all(page, 'h2').map(textOf)
const badges = (within: Element) =>
  all(within, 'span.badge').map((each) => `${each.attributes['class']}: ${textOf(each)}`)
const entries = (page: Element) =>
  all(section(page, 'Deployments'), 'ol.history').flatMap((list) => all(list, 'li'))

describe('O2: what stands and what comes', () => {
  test('R1: the commit that stands, since when, and who allowed it', async () => {
    const story = standing()
    const stands = textOf(section(await story.shown(), 'Stands'))
    expect(stands).toContain(`${shaOf('a').slice(0, 8)} healthy`)
    expect(stands).toMatch(/Since 2026-01-05 12:0\d UTC, for \d+ min \(deployment 1\)\./)
    expect(stands).toContain('Allowed by dana.')
    expect(titles(await story.shown())).not.toContain('Under watch')
  })

  test('R1, A1: what waits for a person says the same sentence as the check run', async () => {
    const story = standing()
    arrives(story, 'b')
    const page = await story.shown()
    const way = section(page, 'On its way')
    expect(badges(way)).toContain('badge asks: asks a person')
    expect(textOf(way)).toContain(story.page('b').run.title)
    expect(textOf(way)).toContain('1 approval missing')
    expect(textOf(way)).toContain('1 job of GitHub Actions waits for the answer.')
    const [row] = all(one(way, 'tbody'), 'tr')
    expect(row && textOf(row)).toMatch(/^#2/)
    expect(row && one(row, 'a').attributes['href']).toBe('/board/acme/widgets/pulls/2')
  })

  test("R1: an agent's change shows who approved it when it was merged", async () => {
    const told = {
      kind: 'verdicts.told',
      sha: shaOf('head 2'),
      baseRef: 'main',
      sentence: 'All gates pass.',
      gates: [],
      approvals: [
        { check: 'countersign/plan', by: dana },
        { check: 'countersign/review', by: erik },
        { check: 'countersign/review', by: gus },
      ],
    } as const
    const facts = [
      { body: { kind: 'origin.evidence', source: 'account', detail: 'copilot wrote it' } },
      { body: told },
      { body: mergedBody('head 2') },
    ] as never
    const story = standing(
      {},
      { commits: { a: byAgent(null, 1), b: byAgent('a', 2, { pull: { number: 2, facts } }) } },
    )
    arrives(story, 'b')
    expect(textOf(one(section(await story.shown(), 'On its way'), 'tbody'))).toContain(
      'plan by dana and review by erik and gus',
    )
  })

  test('R1: a freeze window says until when, and what it holds', async () => {
    const freeze = [{ from: 'Mon 12:25', to: 'Tue 08:00', zone: 'UTC' }]
    const story = standing({ freeze })
    story.pass(10)
    arrives(story, 'b')
    story.press('b', 'a', erik)
    const page = await story.shown()
    expect(textOf(section(page, 'On its way'))).toContain(
      'No deployments until 2026-01-06 08:00 UTC (freeze window).',
    )
    expect(badges(section(page, 'On its way'))).toContain('badge busy: waits')
    expect(textOf(section(page, 'Freeze windows'))).toContain(
      'Nothing is deployed until 2026-01-06 08:00 UTC',
    )
    expect(all(section(page, 'Freeze windows'), 'td').map(textOf)).toEqual(['Mon 12:25', 'Tue 08:00', 'UTC'])
  })

  test('R1: what comes after a failure is held back until that is reverted', async () => {
    const story = new ShownStory({ environments: { production: environment({ deploy: 'create' }) } })
    const comes = (name: string) => {
      story.town = { ...story.town, tip: name }
      story.settle()
      if (name !== 'c') expect(story.press(name, 'a', erik)).toMatch(/^accepted/)
    }
    comes('a')
    story.finish('production')
    story.pass(20)
    story.weather = { b: () => bad }
    comes('b')
    story.finish('production')
    story.pass(3)
    story.finish('production')
    comes('c')
    const way = section(await story.shown(), 'On its way')
    expect(badges(way)).toEqual(['badge bad: held back', 'badge bad: stops here'])
    expect(textOf(way)).toContain('It was part of what failed here')
  })

  test('S9: what could not be read is said first, and never taken for fine', async () => {
    const story = standing()
    arrives(story, 'b')
    story.town = { ...story.town, deploymentsUnknown: true, missing: ['The checks could not be read now.'] }
    const page = await story.shown()
    expect(all(one(page, 'header'), 'p.say.asks').map(textOf)).toContain('The checks could not be read now.')
    expect(badges(section(page, 'On its way'))).not.toContain('badge good: may come')
  })
})

describe('R3: the window on the page', () => {
  test('under way: canary, how far it is, and one plot a monitor', async () => {
    const story = standing({ monitors: { errors, slow: { rule: 'latency_p95', source: errors.source } } })
    story.weather = { b: (at) => ({ errors: at === 2 ? 'no answer' : 0.0005, slow: 120 }) }
    comes(story, 'b')
    story.pass(4)
    const watch = section(await story.shown(), 'Under watch')
    expect(textOf(watch)).toContain('Canary passed No canary is configured.')
    expect(textOf(watch)).toMatch(/Window watched Watched: 2 of 5 samples\..*5 samples, 1 min apart\./)
    expect(all(watch, 'figure.plot').map((figure) => textOf(one(figure, 'title')))).toEqual([
      'errors: last 0.05 %, limit 0.1 %, ceiling 0.5 %; none of 3 samples over it, and 1 said nothing.',
      'slow: last 120 ms, limit 500 ms; none of 3 samples over it.',
    ])
  })

  test('R4: a breach, its rollback, the alert and its end, each told once', async () => {
    const story = standing()
    story.weather = { b: (at) => (at < 3 ? { errors: 0.0004 } : bad) }
    comes(story, 'b')
    story.pass(4)
    const during = await story.shown()
    expect(textOf(section(during, 'On its way'))).toMatch(/^On its way rolling back to/)
    expect(badges(section(during, 'Alerts'))).toEqual(['badge bad: open'])
    story.finish('production')
    story.pass(1)
    const page = await story.shown()
    expect(badges(section(page, 'Alerts'))).toEqual(['badge good: over'])
    expect(textOf(section(page, 'Alerts'))).toContain(`${shaOf('b').slice(0, 8)} failed in production`)
    expect(entries(page).map((each) => badges(each)[0])).toEqual([
      'badge good: brought back',
      'badge bad: failed',
      'badge good: healthy',
    ])
    const [, failed] = entries(page)
    expect(failed && textOf(failed)).toMatch(/over the ceiling of 0\.5 %/)
    const svg = failed && one(failed, 'svg')
    expect(svg && textOf(one(svg, 'title'))).toMatch(/^errors: last 2 %.* 1 of 3 samples over it\.$/)
  })

  test('R3: a window that is held says who decides, and by which buttons', async () => {
    const story = standing({ inconclusive_samples: 1 })
    story.weather = { b: () => silent }
    comes(story, 'b')
    story.pass(5)
    const watch = section(await story.shown(), 'Under watch')
    expect(textOf(one(watch, 'p.say.asks'))).toMatch(
      /^waits for a person .*Nobody can tell.* presses Healthy or Roll back/,
    )
    expect(badges(watch)).toContain('badge asks: held')
    story.press('b', 'f', dana)
    expect(titles(await story.shown())).not.toContain('Under watch')
    expect(badges(entries(await story.shown())[0] as Element)).toEqual(
      expect.arrayContaining(['badge good: healthy']),
    )
  })
})

describe('O2: the history', () => {
  test('R3: past windows are drawn from what was measured then, by the keys under which it was collected', async () => {
    const story = standing()
    story.weather = { b: () => ({ errors: 0.0007 }) }
    comes(story, 'b')
    story.pass(20)
    const [newest, oldest] = entries(await story.shown())
    expect(newest && textOf(newest)).toMatch(
      /healthy allowed by erik, deployment 2 5 samples within their limits\./,
    )
    expect(oldest && textOf(oldest)).toMatch(/healthy allowed by dana, deployment 1/)
    const said = (entry: Element | undefined) => entry && textOf(one(one(entry, 'svg'), 'title'))
    expect(said(newest)).toMatch(/^errors: last 0\.07 %.*none of \d samples over it\.$/)
    expect(said(oldest)).toMatch(/^errors: last 0\.05 %/)
  })

  test('where the measurements are gone it says so', async () => {
    const story = standing()
    story.kept.clear()
    const [only] = entries(await story.shown())
    expect(only && textOf(only)).toContain('Nothing that was measured in its window is on record any more.')
    expect(only && all(only, 'svg')).toEqual([])
  })

  test('twenty deployments, newest first, and the windows of ten', async () => {
    const names = Array.from({ length: 23 }, (_, at) => `n${at}`)
    const commits = Object.fromEntries(
      names.map((name, at) => [name, byAgent(at === 0 ? null : `n${at - 1}`, at + 1)]),
    )
    const story = new ShownStory(
      { environments: { production: environment({ approval: 'none', window_minutes: 1 }) }, commits },
      'n0',
    )
    for (const name of names) {
      story.town = { ...story.town, tip: name }
      story.deliver('production', name)
      story.finish('production')
      story.pass(3)
    }
    const page = await story.shown()
    const shas = entries(page).map((each) => all(each, 'code')[0]?.attributes['title'])
    expect(shas).toEqual(names.slice(-20).reverse().map(shaOf))
    expect(entries(page).filter((each) => all(each, 'svg').length > 0)).toHaveLength(10)
    expect(textOf(entries(page)[12] as Element)).toContain('Only the windows of newer deployments are drawn.')
    expect(textOf(entries(page)[0] as Element)).toContain('nobody was asked')
  })

  test('R3: the 1,500 samples of a past window are drawn, and none is left out', async () => {
    const rules = { ...watchRules(EnvironmentSettings.parse(environment())), samples: 1500, intervalMs: 1000 }
    const window = { deployment: 9, sha: shaOf('a') }
    const opened = { ...window, kind: 'window.opened' as const, atMs: 10_000, steps: [], rules }
    const ended = { ...window, kind: 'window.ended' as const, outcome: 'healthy' as const }
    const seen = { kind: 'deploy.seen', deployment: 9, environment: 'production', sha: shaOf('a') } as const
    const key = `rollout:${repository.name}@production`
    const facts = factsFrom(key, [
      { atMs: 5000, body: { ...seen, intent: null, adopted: false } },
      { atMs: 10_000, body: opened },
      { atMs: 1_510_000, body: { ...ended, sentence: 'Fine.', means: {} } },
    ])
    const { baseline, samples } = windowRequests({ id: 9, beganMs: 5000 }, opened, 1_510_000)
    const told = (name: string, value: number) => ({ name, reading: { ok: true as const, value } })
    const whole = new Map<string, EvidenceResult>(
      [baseline, ...samples].map((request, at) => [
        evidenceKey(repository.name, request),
        {
          ok: true,
          body: { readings: [told('#requests', 500), told('errors', at === 1400 ? 0.004 : 0.0004)] },
        },
      ]),
    )
    const ledger = {
      facts: async () => facts,
      evidence: async (keys: string[]) => {
        return new Map(
          keys.flatMap((each) => (whole.has(each) ? [[each, whole.get(each) as EvidenceResult]] : [])),
        )
      },
    }
    const input = {
      repository: repository.name,
      environment: 'production',
      nowMs: 2_000_000,
      why: 'Not now.',
    }
    const page = await read(environmentPage(await loadEnvironmentPast({ ledger }, input)))
    expect(textOf(one(page, 'title'))).toMatch(/; 1 of 1500 samples over it\.$/)
  })

  test('policy no longer names the environment: it says so, and tells what happened', async () => {
    const story = standing()
    story.amend({ staging: environment() })
    const page = await story.shown()
    expect(textOf(one(page, 'p.say.asks'))).toMatch(/^Policy does not name the environment production/)
    expect(entries(page)).toHaveLength(1)
  })

  test('S9: where nothing can be observed the history is told by the facts alone', async () => {
    const story = standing()
    story.weather = { b: () => over }
    comes(story, 'b')
    story.pass(20)
    const page = await story.shownPast('GitHub could not be read now.')
    expect(textOf(one(page, 'p.say.asks'))).toBe('GitHub could not be read now.')
    expect(titles(page)).toEqual(['Alerts', 'Deployments'])
    expect(entries(page).map((each) => badges(each)[0])).toContain('badge bad: failed')
    expect(badges(page)).not.toContain('badge good: may come')
  })
})

test('T37: what people and policies named is text on the page, and its looks are classes', async () => {
  const evil = account(2, '"><img src=x onerror=alert(1)>')
  const story = standing()
  arrives(story, 'b')
  story.record('production', {
    kind: 'alert.raised',
    episode: 'monitor:1:x',
    what: 'raised',
    title: '<script>alert(1)</script>',
    text: '`</code><script>` & **<b>**',
  })
  const decided = story.facts('production', 'deploy.decided')[0]
  if (!decided) throw new Error('nobody decided')
  story.record('production', { ...decided, by: evil })
  const page = await story.shown()
  expect(textOf(section(page, 'Alerts'))).toContain('<script>alert(1)</script>')
  for (const tag of ['script', 'img', 'style', 'b']) expect(all(page, tag)).toEqual([])
  for (const { attributes } of all(page, ''))
    expect(Object.keys(attributes).join(' ')).not.toMatch(/\bstyle\b|\bon\w+/)
  const shared = ['badge', 'good', 'busy', 'asks', 'bad', 'quiet', 'scroll', 'empty', 'faint', 'say']
  const classes = new Set(all(page, '').flatMap(({ attributes }) => attributes['class']?.split(' ') ?? []))
  const styled = `${plotStyle}${environmentStyle}`
  expect([...classes].filter((name) => !shared.includes(name) && !styled.includes(`.${name}`))).toEqual([])
})
