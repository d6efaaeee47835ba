/** Headlines and commit subjects: always within their bound, and never cut where a reader would stumble. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { commitSubject } from '../../src/core/outgoingText.ts'
import { headline } from '../../src/core/sentences.ts'

describe('headline', () => {
  test.each([
    ['Short enough.', 40, 'Short enough.'],
    [
      'No approval is needed here. It is a person’s, since nothing points to an agent.',
      40,
      'No approval is needed here.',
    ],
    [
      'Round in lineNet, half to even, by an exact division of whole numbers.',
      66,
      'Round in lineNet, half to even',
    ],
    [
      'Change src/a.ts and src/b.ts so that both of them agree with the new rule',
      30,
      'Change src/a.ts and src/b.ts…',
    ],
    ['It says what it is for and goes on for long', 24, 'It says what it…'],
    ['x'.repeat(30), 10, `${'x'.repeat(9)}…`],
  ])('%j in %i', (text, most, expected) => {
    expect(headline(text, most)).toBe(expected)
  })

  test('stays within its bound, on one line, without half a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.integer({ min: 24, max: 120 }),
        (text, most) => {
          const line = headline(text, most)
          expect(line.length).toBeLessThanOrEqual(most)
          expect(line).not.toMatch(/\n/)
          expect(line.isWellFormed()).toBe(true)
        },
      ),
    )
  })
})

describe('P9: commit subjects', () => {
  test('fit into 72 characters, and hold neither mark of a cut nor a last dot', () => {
    const word = fc.constantFrom(
      'round',
      'of',
      'the',
      'half,',
      'lines.',
      'and',
      'Totals',
      '(see',
      'below)',
      '😀',
      '[skip ci]',
      'fixes #1',
    )
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (words) => {
        const subject = commitSubject('implementation', words.join(' '))
        expect(subject.length).toBeLessThanOrEqual(72)
        expect(subject).not.toMatch(/…|\(cut\)|\.$|\s$|\[skip|#/)
        expect(subject.isWellFormed()).toBe(true)
      }),
    )
  })
})
