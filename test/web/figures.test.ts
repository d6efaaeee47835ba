/** The page of figures and what is read for it: honest where it is cut, escaped, and in the words of the documentation. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Fact } from '../../src/core/facts.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { definitions } from '../../src/insight/definitions.ts'
import { type Figures, figures } from '../../src/insight/figures.ts'
import { loadFigures, weeksIn } from '../../src/web/figures.ts'
import { figuresPage } from '../../src/web/pages/figures.ts'
import { figuresStyle } from '../../src/web/style/figures.ts'
import { style } from '../../src/web/style.ts'
import * as story from '../insight/story.ts'
import { openTestLedger } from '../support/ledger.ts'
import { account, dana } from '../support/snapshots.ts'
import { all, type Element, one, read, textOf } from './markup.ts'

const { repository, period } = story
const of = (...facts: Fact[][]) => figures({ repository, facts: facts.flat(), period, complete: true })
const shown = async (data: Figures) => read(figuresPage({ figures: data, weeks: 4 }))
const sectionOf = (page: Element, id: string) => {
  const found = all(page, 'section.figure').find(({ attributes }) => attributes['id'] === id)
  if (!found) throw new Error(`no section ${id}`)
  return found
}
/** The cells of each row without what drawings say of themselves. */
const rowsOf = (section: Element): string[][] =>
  all(section, 'tr').map((row) =>
    row.children.flatMap((cell) => (typeof cell === 'string' ? [] : [textOf(undrawn(cell))])),
  )
const undrawn = (element: Element): Element => ({
  ...element,
  children: element.children
    .filter((child) => typeof child === 'string' || child.tag !== 'svg')
    .map((child) => (typeof child === 'string' ? child : undrawn(child))),
})

const full = () =>
  of(
    story.task(
      1,
      [1, story.frozen(dana)],
      [1, story.routed('feature')],
      [2, story.started('plan')],
      [2, story.ended('plan', 1, { usd: 1.5, minutes: 90 })],
      [2, story.judged('plan', 1, 'code', 'objections', { caught: ['citations'] })],
      [2, story.started('plan', 2)],
      [2, story.ended('plan', 2, { usd: 0.5 })],
      [2, story.judged('plan', 2, 'code', 'pass', { accepted: true })],
      [2, story.opened(11)],
    ),
    story.pull(
      11,
      [3, story.gates('head', [{ gate: 'secrets', state: 'flag' }])],
      [3, story.told('asked')],
      [3.5, story.fixed()],
      [3.5, story.classified('wrong-pattern', 'person')],
      [4, story.told('approved')],
      [5, story.merged()],
    ),
    story.rollout(
      'production',
      [5, story.approvedDeploy()],
      [6, story.windowEnded(1, 'healthy')],
      [7, story.windowEnded(2, 'failed')],
      [7, story.rolloutFailed(2, true)],
      [7, story.rollback(2)],
    ),
  )

describe('the page', () => {
  test('O2: every number stands beside what it is a part of', async () => {
    const page = await shown(full())
    const headlines = all(page, 'div.headline').map((headline) => [
      textOf(one(headline, 'dt')),
      textOf(one(headline, 'strong')),
      ...all(headline, 'span').map(textOf),
    ])
    expect(headlines).toEqual([
      ['Features per engineer per week', '0.25', '1 feature over 1 engineer in 4 weeks', '0 hotfixes beside'],
      ['Rework', '100 %', '1 of 1 pull request', '1 merged so far'],
      ['Change failure rate', '50 %', '1 of 2 decided deployments'],
      [
        'Review time',
        '2 d',
        'median to the merge; three in four within 2 d',
        '1 of 1 merged pull request measured',
      ],
      ['What each gate caught', '50 %', '1 of 2 judged attempts', '1 of 1 pull request caught by a gate'],
      ['Cost per phase', '$2.00', 'median of 1 task; $2.00 in all', '2 sessions'],
    ])
    const rows = (id: string) => rowsOf(sectionOf(page, id))
    expect(rows('features')).toContainEqual(['2026-09-01', '1', '0', ''])
    expect(rows('features')).toContainEqual(['dana', '1', '0', '1'])
    expect(rows('rework')).toContainEqual(['wrong pattern', '100 % 1 of 1'])
    expect(rows('rework')).toContainEqual(['unclassified', '0 % 0 of 1'])
    expect(rows('changeFailure')[1]).toEqual(['production', '50 % 1 of 2', '1', '0', '0', 'yes'])
    expect(rows('reviewTime').slice(1)).toEqual([
      ['to the yes', '1 d', '1 d', '1 of 1'],
      ['to the merge', '2 d', '2 d', '1 of 1'],
    ])
    expect(rows('caught')).toContainEqual(['citations', '50 % 1 of 2', '1'])
    expect(rows('caught')).toContainEqual(['secrets', '0 % 0 of 1', '100 % 1 of 1', '1'])
    expect(rows('odds')[1]).toEqual(['plan', '0 % 0 of 1', '100 % 1 of 1', '–', '–'])
    expect(rows('cost').at(-1)?.slice(0, 4)).toEqual(['All', '2', '1', '$2.00'])
    expect(rows('cost').at(-1)?.slice(-4)).toEqual(['202', '2K', '20', '1 h 32 min'])
  })

  test('O2: where there is nothing to divide there is a dash, and no number', async () => {
    const page = await shown(of())
    expect(all(page, 'dd').map((dd) => textOf(one(dd, 'strong')))).toEqual(['–', '–', '–', '–', '–', '–'])
    expect(textOf(page)).not.toMatch(/NaN|Infinity|undefined|null/)
  })

  test('O2: a figure says what is counted and what is left out, as docs/figures.md does', async () => {
    const page = await shown(full())
    const documented = readFileSync(join(import.meta.dirname, '../../docs/figures.md'), 'utf8').replace(
      /\s+/g,
      ' ',
    )
    for (const [id, { title, short, counted, leftOut }] of Object.entries(definitions)) {
      const section = sectionOf(page, id)
      const said = textOf(one(section, 'details'))
      for (const words of [counted, leftOut]) expect(said).toContain(words.replaceAll('`', ''))
      expect(textOf(one(section, 'h2'))).toBe(title)
      for (const words of [title, short, counted, leftOut]) expect(documented).toContain(words)
    }
  })

  test('O2: a period that was cut is said, with where it begins', async () => {
    expect(all(await shown(full()), 'p.say')).toEqual([])
    const cut = { ...full(), complete: false, period: { ...period, fromMs: story.at(20) } }
    expect(textOf(one(await shown(cut), 'p.say'))).toMatch(/from 2026-09-21 00:00 UTC on/)
  })

  test('T37: names of others are text, and nothing on the page needs an inline style', async () => {
    const name = '<img src=x onerror=alert(1)>"&'
    const page = await shown(of(story.task(1, [1, story.frozen(account(9, name))])))
    expect(rowsOf(sectionOf(page, 'features'))).toContainEqual([name, '0', '0', '1'])
    expect(all(page, 'img')).toEqual([])
    expect(all(page, '').filter(({ attributes }) => 'style' in attributes)).toEqual([])
  })

  test('O2: every class on the page has its rule, and every drawing says what it shows', async () => {
    const page = await shown(full())
    const rules = `${style}${figuresStyle}`
    for (const { attributes } of all(page, ''))
      for (const name of (attributes['class'] ?? '').split(' ').filter(Boolean))
        expect(rules).toContain(`.${name}`)
    for (const drawing of all(page, 'svg'))
      if (drawing.attributes['aria-hidden'] !== 'true') expect(textOf(one(drawing, 'title'))).not.toBe('')
    const link = (weeks: number) =>
      all(page, 'a').find(({ attributes }) => attributes['href'] === `?weeks=${weeks}`)?.attributes
    expect(link(4)).toMatchObject({ 'aria-current': 'true' })
    expect(link(12)).not.toHaveProperty('aria-current')
  })

  test.each([
    [undefined, 4],
    ['12', 12],
    ['4', 4],
    ['-1', 4],
    ['12 ', 4],
    ['1e9', 4],
  ])('O2: the period for weeks=%j is %j', (asked, weeks) => expect(weeksIn(asked)).toBe(weeks))
})

describe('what is read', () => {
  let ledger: Ledger
  let now = story.at(0)
  beforeAll(async () => {
    ledger = await openTestLedger({ nowMs: () => now, sleep: () => Promise.reject(new Error('no sleep')) })
    const chains = [
      // Delegated, and its pull request opened, a year before the merge.
      story.task(1, [-365, story.frozen(dana)], [-365, story.routed('feature')], [-360, story.opened(11)]),
      story.pull(11, [-350, story.evidence()], [-350, story.told('asked')], [27, story.merged()]),
      story.rollout('production', [-300, story.approvedDeploy()], [2, story.windowEnded(1, 'healthy')]),
      story.rollout('staging', [2, story.windowEnded(1, 'healthy')]),
      story.task(2, [1, story.started('plan')], [2, story.ended('plan', 1, { usd: 3 })]),
      story.task(3, [-20, story.ended('plan', 1, { usd: 100 })]),
    ]
    for (const { subject, atMs, body } of chains.flat().sort((a, b) => a.atMs - b.atMs)) {
      now = atMs
      await ledger.append(subject, [{ actor: null, body }])
    }
  })
  afterAll(() => ledger?.close())

  test('O2: what happened in the period, with what has to be known of it however old', async () => {
    const found = await loadFigures(ledger, repository, { weeks: 4, nowMs: period.toMs })
    expect(found).toMatchObject({ complete: true, period })
    expect(found.features).toMatchObject({ features: 1, unknown: 0, engineers: 1 })
    expect(found.features.people[0]).toMatchObject({ login: 'dana', features: 1, delegated: 0 })
    expect(found.reviewTime.toMerge?.count).toBe(1)
    expect(found.rework.reworked.of).toBe(0)
    expect(found.changeFailure.failed).toEqual({ part: 0, of: 1 })
    expect(found.cost.total).toMatchObject({ sessions: 1, usd: 3 })
    const longer = await loadFigures(ledger, repository, { weeks: 12, nowMs: period.toMs })
    expect(longer.cost.total.usd).toBe(103)
  })

  test('O2: beyond the limit the period begins later and says so, and nothing half read is counted', async () => {
    const found = await loadFigures(ledger, repository, { weeks: 4, nowMs: period.toMs, mostFacts: 3 })
    expect(found.complete).toBe(false)
    // Three of the four latest: what else happened at the moment of the oldest is not known.
    expect(found.period).toEqual({ fromMs: story.at(2) + 1, toMs: period.toMs })
    expect(found.features.features).toBe(1)
    expect(found.cost.total.sessions).toBe(0)
    expect(found.changeFailure.environments).toEqual([])
  })
})
