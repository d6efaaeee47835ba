/** Acceptance criteria with their pass and fail examples, out of list items, headings or labelled lines (D2). */

import type { z } from 'zod'
import type { Criterion } from '../core/bundle.ts'

type Criteria = z.infer<typeof Criterion>[]

const label = /^[\s>*_`-]*(pass|fail)(?:ing)?(?:\s+example)?\s*[*_`]*\s*[::]\s*[*_`]*\s*(.*)$/i
const bullet = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/

/** Most criteria that are read; the schema's own bound is the same. */
const most = 50

/**
 * Read criteria from the section's lines. A criterion is a line that is no example; the example lines below belong to it.
 *
 * @returns the complete ones, and a sentence for each gap, naming the criterion and the example that is missing.
 */
export function readCriteria(lines: readonly string[]): { criteria: Criteria; gaps: string[] } {
  const drafts: { statement: string; pass: string; fail: string }[] = []
  let field: 'statement' | 'pass' | 'fail' = 'statement'
  for (const line of lines) {
    if (line.trim() === '') continue
    const example = label.exec(line)
    const last = drafts.at(-1)
    if (example && last) {
      field = (example[1] ?? '').toLowerCase() === 'pass' ? 'pass' : 'fail'
      last[field] = (example[2] ?? '').trim()
    } else if (!last || startsCriterion(line, field)) {
      if (drafts.length >= most) break
      drafts.push({ statement: line.replace(bullet, '').trim(), pass: '', fail: '' })
      field = 'statement'
    } else last[field] = `${last[field]}\n${line.trim()}`.trim()
  }
  if (drafts.length === 0) return { criteria: [], gaps: ['are missing'] }
  const gaps = drafts.flatMap(({ statement, pass, fail }, index) => {
    const lacking = [pass === '' ? 'pass example' : '', fail === '' ? 'fail example' : ''].filter(Boolean)
    const name = `criterion ${index + 1} ("${statement.slice(0, 60)}")`
    return lacking.length > 0 ? [`${name} lacks a ${lacking.join(' and a ')}`] : []
  })
  const criteria = drafts.map(({ statement, pass, fail }) => ({
    statement,
    passExample: pass,
    failExample: fail,
  }))
  return { criteria, gaps }
}

/** A bullet at the left margin starts a new criterion, and so does a plain line after an example. */
function startsCriterion(line: string, field: string): boolean {
  const indent = line.length - line.trimStart().length
  return indent < 2 && (bullet.test(line) || field !== 'statement')
}
