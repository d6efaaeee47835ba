/** R3: samples as plots; every shape that a window can have, and values that no axis was drawn for. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MonitorRow } from '../../src/rollout/window.ts'
import { plot, plots } from '../../src/web/plot.ts'
import { shortValue, spread, thinned, timeTicks, valueTicks } from '../../src/web/plotScale.ts'
import { plotStyle } from '../../src/web/style/plot.ts'
import { all, type Element, one, read, textOf } from './markup.ts'

const source = { kind: 'json', url: 'https://metrics.example/now', pointer: '/v' } as const
const rule: MonitorRow['rule'] = {
  name: 'errors',
  source,
  on: 'rollback',
  above: 0.001,
  ratio: 1.5,
  times: 3,
  ceiling: 0.005,
  ceilingRatio: 2,
  perRequest: true,
  unit: 'ratio',
}
const rowOf = (values: (number | null)[], parts: Partial<MonitorRow> = {}): MonitorRow => ({
  name: 'errors',
  rule,
  baseline: 0.0005,
  values,
  limit: 0.001,
  ceiling: 0.005,
  ...parts,
})
const plain = { ...rule, unit: 'number' } as const
const timesOf = (samples: number) => ({ atMs: Date.UTC(2026, 0, 5, 12), intervalMs: 60_000, samples })
const drawn = async (row: MonitorRow, samples = 30) =>
  one(await read(plot(row, timesOf(samples))), 'figure.plot')

/** The points of a path, and whether each begins a stroke of its own. */
function pointsOf(figure: Element, selector: string): { x: number; y: number; begins: boolean }[] {
  const marks = all(figure, selector).flatMap(({ attributes }) => [
    ...(attributes['d'] ?? '').matchAll(/([ML])(\S+) (-?[\d.]+)/g),
  ])
  return marks.map(([, command, x, y]) => ({ x: Number(x), y: Number(y), begins: command === 'M' }))
}

/** Where texts stand, as boxes: a character of their size is about five units wide. */
function boxes(figure: Element) {
  return all(figure, 'text').map((element) => {
    const { x, y, 'text-anchor': anchor = 'start' } = element.attributes
    const width = 5.3 * textOf(element).length
    const left = Number(x) - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0)
    return { text: textOf(element), left, right: left + width, top: Number(y) - 9, bottom: Number(y) + 2 }
  })
}

function overlapping(figure: Element): string[] {
  const labels = boxes(figure)
  return labels.flatMap((a, at) =>
    labels
      .slice(at + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} over ${b.text}`),
  )
}

const amount = fc.oneof(
  fc.double({ min: 0, max: 1e300, noNaN: true }),
  fc.constantFrom(0, 1e-9, 1e12, 0.001, 100, Number.MIN_VALUE),
)
const anyValue = fc.oneof(amount, fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY, -1))
const rowsOf = (value: fc.Arbitrary<number | null>, limit: fc.Arbitrary<number>) =>
  fc
    .record({
      values: fc.array(value, { maxLength: 400 }),
      baseline: fc.option(limit),
      limit,
      ceiling: fc.option(limit),
      unit: fc.constantFrom('ratio', 'ms', 'number'),
    })
    .map(
      ({ unit, ...row }): MonitorRow => ({ name: 'errors', rule: { ...rule, unit: unit as 'ms' }, ...row }),
    )
const ordinary = fc
  .tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: -9, max: 9 }))
  .map(([digits, power]) => digits * 10 ** power)
const anyRow = fc.oneof(rowsOf(anyValue, amount), rowsOf(fc.option(ordinary), ordinary))

/** Nothing between zero and a billionth, and nothing over a million millions. */
const usual = ({ values, baseline, limit, ceiling }: MonitorRow) =>
  [...values, baseline, limit, ceiling].every(
    (value) => !value || !Number.isFinite(value) || (value >= 1e-9 && value <= 1e12),
  )

describe('R3: whatever the samples are', () => {
  test('all is inside the drawing, nothing is written over, and no figure is NaN', async () => {
    await fc.assert(
      fc.asyncProperty(anyRow, fc.integer({ min: 1, max: 2000 }), async (row, samples) => {
        const figure = await drawn(row, samples)
        const points = [...pointsOf(figure, 'path.line'), ...pointsOf(figure, 'path.dots')]
        for (const { x, y } of points) {
          expect(x).toBeGreaterThanOrEqual(56)
          expect(x).toBeLessThanOrEqual(272)
          expect(y).toBeGreaterThanOrEqual(10)
          expect(y).toBeLessThanOrEqual(112)
        }
        // Figures that a service can really have; others are cut at the edge at worst.
        if (usual(row))
          for (const { left, right, text } of boxes(figure))
            expect({ text, inside: left >= 0 && right <= 384 }).toEqual({ text, inside: true })
        expect(overlapping(figure)).toEqual([])
        expect(JSON.stringify(all(figure, 'svg'))).not.toMatch(/NaN|Infinity|undefined/)
      }),
      { numRuns: 300 },
    )
  })

  test('as many points as values, as many marks below the axis as samples that said nothing', async () => {
    const values = fc.array(fc.option(fc.double({ min: 0, max: 0.004, noNaN: true })), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(values, async (some) => {
        const figure = await drawn(rowOf(some), 60)
        const known = some.filter((value) => value !== null)
        expect(pointsOf(figure, 'path.dots')).toHaveLength(known.length)
        expect(pointsOf(figure, 'path.dots.over')).toHaveLength(known.filter((value) => value > 0.001).length)
        expect(pointsOf(figure, 'path.silent')).toHaveLength(some.length - known.length)
        for (const { y } of pointsOf(figure, 'path.silent')) expect(y).toBeGreaterThan(112)
      }),
    )
  })

  test('the line breaks where a sample said nothing, and nowhere else', async () => {
    const line = pointsOf(
      await drawn(rowOf([0, 0.0004, null, 0.0005, 0.0006, Number.NaN, 0.0002])),
      'path.line',
    )
    expect(line.map(({ begins }) => begins)).toEqual([true, false, true, false, true])
  })

  test('of 1,500 samples no spike is lost, and the drawing stays small', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1499 }), fc.boolean(), async (spike, gaps) => {
        const values = Array.from({ length: 1500 }, (_, at): number | null =>
          gaps && at % 2 === 0 ? null : 0.0004,
        )
        const figure = await drawn(rowOf(values.with(spike, 0.004)), 1500)
        const [over] = pointsOf(figure, 'path.dots.over')
        expect(over?.x).toBeCloseTo(56 + (216 * (spike + 1)) / 1500, 0)
        expect(pointsOf(figure, 'path.line').map(({ y }) => y)).toContain(over?.y)
        expect(pointsOf(figure, 'path.line').length).toBeLessThanOrEqual(2 * 217)
        expect(pointsOf(figure, 'path.silent').length).toBeLessThanOrEqual(217)
        expect(all(figure, 'tr').length).toBeLessThanOrEqual(121)
      }),
      { numRuns: 40 },
    )
  })

  test('thinning keeps the lowest and the highest of every column, in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(amount), { maxLength: 500 }),
        fc.integer({ min: 1, max: 40 }),
        (values, columns) => {
          const columnOf = (place: number) => Math.floor((place * columns) / Math.max(1, values.length))
          const kept = thinned(values, columnOf, columns)
          expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b))
          for (let column = 0; column < columns; column++) {
            const here = (places: number[]) =>
              places.filter((place) => columnOf(place) === column).map((place) => values[place] as number)
            const known = here(values.flatMap((value, place) => (value === null ? [] : [place])))
            if (known.length === 0) continue
            expect(Math.max(...here(kept))).toBe(Math.max(...known))
            expect(Math.min(...here(kept))).toBe(Math.min(...known))
          }
        },
      ),
    )
  })
})

describe('R3: what a plot says', () => {
  test.each<[string, MonitorRow, RegExp]>([
    ['no sample yet', rowOf([]), /^errors: no sample yet; limit 0\.1 %, ceiling 0\.5 %\.$/],
    [
      'one',
      rowOf([0.0004]),
      /^errors: last 0\.04 %, limit 0\.1 %, ceiling 0\.5 %; none of 1 sample over it\.$/,
    ],
    ['one over', rowOf([0.0004, 0.002]), /last 0\.2 %.*; 1 of 2 samples over it\.$/],
    ['a gap', rowOf([0.0004, null, 0.0004]), /none of 3 samples over it, and 1 said nothing\.$/],
    ['all silent', rowOf([null, null]), /^errors: 2 samples, and none of them said anything; limit/],
    ['without a baseline one line is both', rowOf([0], { limit: 0.005 }), /last 0 %, limit 0\.5 %; none/],
  ])('%s', async (_, row, sentence) => {
    const svg = one(await drawn(row), 'svg')
    expect(svg.attributes['role']).toBe('img')
    expect(textOf(one(svg, 'title'))).toMatch(sentence)
  })

  test('baseline, limit and ceiling are lines that carry their names', async () => {
    const figure = await drawn(rowOf([0.0004, 0.0006]))
    const names = all(figure, 'text.name').map(textOf)
    expect(names).toEqual(['before 0.05 %', 'limit 0.1 %', 'ceiling 0.5 %', '0.06 %'])
    const heights = ['line.ceiling', 'line.limit', 'line.before'].map((kind) =>
      Number(one(figure, kind).attributes['y1']),
    )
    expect(heights).toEqual([...heights].sort((a, b) => a - b))
    expect(new Set(heights).size).toBe(3)
  })

  test('the time to come stays empty', async () => {
    const points = pointsOf(await drawn(rowOf(Array(10).fill(0.0004))), 'path.dots')
    expect(Math.max(...points.map(({ x }) => x))).toBeCloseTo(56 + 216 / 3, 0)
  })

  test('a window that takes longer than planned still fits', async () => {
    const points = pointsOf(await drawn(rowOf(Array(40).fill(0.0004))), 'path.dots')
    expect(points.at(-1)?.x).toBe(272)
    expect(points).toHaveLength(40)
  })

  test('a ceiling far above everything is named at the edge and presses nothing flat', async () => {
    const figure = await drawn(rowOf([400], { rule: plain, baseline: null, limit: 500, ceiling: 1e9 }))
    expect(all(figure, 'line.ceiling')).toEqual([])
    expect(all(figure, 'text.name').map(textOf)).toContain('↑ ceiling 1B')
    expect(pointsOf(figure, 'path.dots')[0]?.y).toBeLessThan(40)
  })

  test('all zero, also against a limit of zero, lies on the axis', async () => {
    for (const limit of [0, 0.001]) {
      const points = pointsOf(
        await drawn(rowOf([0, 0, 0], { limit, ceiling: null, baseline: 0 })),
        'path.dots',
      )
      expect(points.map(({ y }) => y)).toEqual([112, 112, 112])
    }
  })

  test('the numbers are in a table, with when each was due', async () => {
    const figure = await drawn(rowOf([0.0004, null, 0.02]))
    expect(textOf(one(figure, 'summary'))).toBe('Samples')
    const rows = all(one(figure, 'tbody'), 'tr').map((row) => all(row, 'td').map(textOf))
    expect(rows).toEqual([
      ['1', '2026-01-05 12:01', '0.04 %'],
      ['2', '2026-01-05 12:02', 'said nothing'],
      ['3', '2026-01-05 12:03', '2 %'],
    ])
    expect(all(one(figure, 'tbody'), '.bad').map(textOf)).toEqual(['2 %'])
  })

  test('T37: what is drawn takes its looks from the style sheet, by class', async () => {
    const svg = one(await drawn(rowOf([0.0004, null, 0.02])), 'svg')
    const classes = new Set(all(svg, '').flatMap(({ attributes }) => attributes['class']?.split(' ') ?? []))
    expect([...classes].filter((name) => !plotStyle.includes(`.${name}`))).toEqual([])
    expect(plotStyle).not.toMatch(/url\(|@import|#[0-9a-f]{3}/)
  })

  test('T37: names are text, whatever a policy wrote, and no style or script is in the page', async () => {
    const name = '"><script>alert(1)</script>&'
    const page = plots([rowOf([0.0004], { name, rule: { ...rule, name } })], timesOf(5))
    const root = await read(page)
    expect(textOf(one(root, 'figcaption'))).toContain(name)
    expect(textOf(one(root, 'title'))).toContain(name)
    expect(String(await page)).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=/)
  })
})

describe('R3: ticks and labels', () => {
  test.each<[number, number[]]>([
    [1, [0, 0.5, 1]],
    [0.0052, [0, 0.002, 0.004]],
    [480, [0, 200, 400]],
    [1e-9, [0, 5e-10, 1e-9]],
    [1e12, [0, 5e11, 1e12]],
    [0.3, [0, 0.1, 0.2, 0.3]],
  ])('%p: %p', (top, ticks) => {
    expect(valueTicks(top)).toEqual(ticks)
  })

  test('two to five values from zero, never past the top', () => {
    fc.assert(
      fc.property(amount, (top) => {
        fc.pre(top > 0)
        const ticks = valueTicks(top)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(5)
        expect(ticks[0]).toBe(0)
        expect(ticks.at(-1)).toBeLessThanOrEqual(top * (1 + 1e-9))
      }),
    )
  })

  test.each<[number, string[]]>([
    [30 * 60_000, ['0', '10', '20', '30 min']],
    [5 * 60_000, ['0', '2', '4 min']],
    [600, ['0', '0.2', '0.4', '0.6 s']],
    [24 * 3_600_000, ['0', '6', '12', '18', '24 h']],
    [3 * 86_400_000, ['0', '1', '2', '3 d']],
  ])('%d ms: %p', (lengthMs, labels) => {
    expect(timeTicks(lengthMs).map(({ label }) => label)).toEqual(labels)
  })

  test.each<[number, MonitorRow['rule']['unit'], string]>([
    [0.00514, 'ratio', '0.514 %'],
    [480, 'ms', '480 ms'],
    [9999, 'number', '10000'],
    [123_456, 'number', '123K'],
    [1e12, 'number', '1T'],
    [1e-9, 'number', '1e-9'],
    [1.5e300, 'ratio', '1.5e302 %'],
    [0, 'ratio', '0 %'],
  ])('%p as %s is %s', (value, unit, text) => {
    expect(shortValue(value, unit)).toBe(text)
  })

  test('labels keep apart and inside, and stay in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 10, max: 112, noNaN: true }), { maxLength: 4 }), (wanted) => {
        const heights = spread(wanted, 12, 10, 112)
        for (const height of heights) {
          expect(height).toBeGreaterThanOrEqual(10)
          expect(height).toBeLessThanOrEqual(112)
        }
        const order = wanted.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y || a.at - b.at)
        const sorted = order.map(({ at }) => heights[at] ?? 0)
        for (const [at, height] of sorted.entries())
          if (at > 0) expect(height - (sorted[at - 1] ?? 0)).toBeGreaterThan(11.99)
      }),
    )
  })
})
