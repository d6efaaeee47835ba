/** Changes that are no lines of text: binary, large, modes, links, submodules; what cannot be read is said, not passed (T17, S9). */
import { describe, expect, jest, test } from '@jest/globals'
import type { Town } from '../town.ts'
import { type Entry, openRaw } from './rawCommit.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

const harmless = /No protected path is touched/
const link = (path: string, data: string): Entry[] => [{ path, data, mode: '120000' }]
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 12345\n`

type Row = [name: string, conclusion: 'success' | 'failure', sentence: RegExp, entries: Entry[]]
const rows: Row[] = [
  [
    'a binary file',
    'success',
    harmless,
    [{ path: 'docs/logo.png', data: Buffer.from([0x89, 0x50, 0, 1, 2, 0xff]) }],
  ],
  [
    'code that git takes for binary',
    'failure',
    /`src\/nul\.mjs` holds NUL bytes, so no diff shows what is inside/,
    [{ path: 'src/nul.mjs', data: `// \0\nexport const token = 'ghp_${'a'.repeat(36)}'\n` }],
  ],
  ['an empty file', 'success', harmless, [{ path: 'docs/empty', data: '' }]],
  ['a file without a last line ending', 'success', harmless, [{ path: 'docs/end.md', data: 'no end' }]],
  ['an LFS pointer', 'success', harmless, [{ path: 'docs/film.mp4', data: pointer }]],
  ['CRLF and lone CR', 'success', harmless, [{ path: 'docs/lines.md', data: 'a\r\nb\rc\n' }]],
  [
    'bytes that are not UTF-8',
    'success',
    harmless,
    [{ path: 'docs/old.txt', data: Buffer.from('caf\xe9\n', 'latin1') }],
  ],
  [
    "a file over GitHub's patch limit",
    'failure',
    /30003 lines changed and policy allows 1500/,
    [{ path: 'docs/long.md', data: 'line\n'.repeat(30_000) }],
  ],
  [
    'one line of 3 MB',
    'failure',
    /too large to be searched/,
    [{ path: 'docs/wide.md', data: 'x'.repeat(3_000_000) }],
  ],
  [
    'a file made executable',
    'failure',
    /a file made executable/,
    [{ path: 'src/hall.mjs', data: 'export const hall = 1\n', mode: '100755' }],
  ],
  ['a link inside', 'success', harmless, link('docs/hall.mjs', '../src/hall.mjs')],
  [
    'a link out of the repository',
    'failure',
    /a symlink that leaves the repository/,
    link('docs/x', '../../../etc/passwd'),
  ],
  ['an absolute link', 'failure', /a symlink that leaves the repository/, link('docs/y', '/etc/passwd')],
  [
    'a link to a protected folder',
    'failure',
    /symlink to \.github\/workflows/,
    link('docs/z', '../.github/workflows'),
  ],
  [
    'a link of 5000 characters',
    'failure',
    /a symlink that leaves the repository/,
    link('docs/w', 'a/'.repeat(2500)),
  ],
  ['a file that becomes a link', 'failure', /a change of file type/, link('src/hall.mjs', 'README.md')],
  ['a submodule', 'failure', /a submodule/, [{ path: 'vendor/x', data: '1'.repeat(40), mode: '160000' }]],
  [
    'a submodule with its file',
    'failure',
    /a submodule/,
    [
      { path: '.gitmodules', data: '[submodule "x"]\n\tpath = vendor/y\n\turl = ../../../evil\n' },
      { path: 'vendor/y', data: '2'.repeat(40), mode: '160000' },
    ],
  ],
]

describe('changes that are not text', () => {
  test.each(rows)('T17/S9: %s: %s, with %s', async (...row) => {
    const [name, conclusion, sentence, entries] = row
    const pull = await openRaw(town, name.replace(/\W+/g, '-'), entries)
    const gates = await town.runIs('countersign/gates', pull.headSha, conclusion)
    expect(`${gates.output.title}\n${gates.output.summary}`).toMatch(sentence)
    await town.runIs('countersign/plan', pull.headSha, 'action_required')
  })
})
