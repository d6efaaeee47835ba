/** Odd names in the diff of an agent's pull request: each is judged, none is trusted (T17, T32, G11, G15). */
import { describe, expect, jest, test } from '@jest/globals'
import type { Town } from '../town.ts'
import { type Entry, openRaw } from './rawCommit.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite(
  (opened) => {
    town = opened
  },
  { files: { 'src/auth/door.mjs': 'export const door = 1\n' } },
)

const code = 'export const odd = 1\n'
const file = (path: string | Buffer): Entry[] => [{ path, data: code }]
const harmless = /No protected path is touched/

type Row = [name: string, conclusion: 'success' | 'failure', sentence: RegExp, entries: Entry[]]
const rows: Row[] = [
  ['spaces', 'success', harmless, file('src/a  b .mjs')],
  ['quotes', 'success', harmless, file(`src/"double" 'single' \`back\`.mjs`)],
  ['a backslash', 'success', harmless, file('src\\..\\x.mjs')],
  ['URL and glob characters', 'success', harmless, file('src/a%2Fb#c?d=*[e]{f}.mjs')],
  ['Markdown and HTML', 'success', harmless, file('src/[x](y) <img src=x> @acme.mjs')],
  ['dots like a way out', 'success', harmless, file('.../..x/x../y...mjs')],
  ['a leading dash', 'success', harmless, [...file('-rf.mjs'), ...file('--upload-pack=x/--help')]],
  ['a ref of git', 'success', harmless, file('HEAD:src/x@{1}^~.mjs')],
  ['decomposed accents and an emoji', 'success', harmless, file('src/e\u0301\u{1f600}.mjs')],
  ['a very long name', 'success', harmless, file(`src/${`${'d'.repeat(240)}/`.repeat(15)}x.mjs`)],
  [
    'a change of case only',
    'success',
    harmless,
    [
      { path: 'src/hall.mjs', data: null },
      { path: 'src/Hall.mjs', data: 'export const hall = 1\n' },
    ],
  ],
  ['a newline', 'failure', /U\+000A .* in a file name/, file('src/a\nb.mjs')],
  ['an escape sequence', 'failure', /U\+001B .* in a file name/, file('src/\u001b[2Ja.mjs')],
  [
    'bytes that are not UTF-8',
    'failure',
    /1 file name is not valid UTF-8.*Rename and push/,
    file(Buffer.from('src/\xff.mjs', 'latin1')),
  ],
  [
    'a direction override',
    'failure',
    /U\+202E \(direction override\) in a file name/,
    file('src/\u202egnp.mjs'),
  ],
  ['an invisible character', 'failure', /U\+200B .* in a file name/, file('src/au\u200bth/x.mjs')],
  ['a look-alike of a protected folder', 'failure', /protected by rule D3/, file('src/\u0430uth/x.mjs')],
  [
    'full-width letters of one',
    'failure',
    /protected by rule D3/,
    file('src/\uff41\uff55\uff54\uff48/x.mjs'),
  ],
  ['another case of one', 'failure', /protected by rule D3/, file('.GitHub/Workflows/x.yml')],
  [
    'a rename out of one',
    'failure',
    /renamed from src\/auth\/door\.mjs/,
    [
      { path: 'src/auth/door.mjs', data: null },
      { path: 'src/gate.mjs', data: 'export const door = 1\n' },
    ],
  ],
]

describe('odd names', () => {
  test.each(rows)('T17: %s: %s, with %s', async (...row) => {
    const [name, conclusion, sentence, entries] = row
    const pull = await openRaw(town, name.replace(/\W+/g, '-'), entries)
    const gates = await town.runIs('countersign/gates', pull.headSha, conclusion)
    expect(`${gates.output.title}\n${gates.output.summary}`).toMatch(sentence)
    const plan = await town.runIs('countersign/plan', pull.headSha, 'action_required')
    // Whatever a name holds, it opens no tag and no link, and mentions nobody (T28, T37).
    for (const shown of [gates, plan])
      expect(`${shown.output.title}\n${shown.output.summary}`).not.toMatch(
        /(?<!`[^`\n]*)(?:<img|\]\(y\)|@acme\b)/,
      )
  })
})
