/** F2, T32, S10: ten models that try to reach further than the cited line, through the front door on real git. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  commentOn,
  done,
  type FixTown,
  fixing,
  headText,
  openFixTown,
  path,
  replace,
  turn,
} from './fixTown.ts'
import { repository, townPolicy } from './town.ts'

let town: FixTown
beforeAll(async () => {
  town = await openFixTown(townPolicy)
}, 240_000)
afterAll(() => town.close(), 120_000)

const cited = 'export const ten = 10.5'
const inside = (parts: object) => ({
  name: 'replace_in_region',
  input: { old_text: 'ten =', new_text: 'tenth =', ...parts },
})
const crlf = headText.replaceAll('\n', '\r\n')

/** What the model tries, and what it is told; then it does as it was asked. */
const rows: [string, ReturnType<typeof replace> | ReturnType<typeof inside>, string][] = [
  ['other lines', replace('export const eleven', 'export const other'), 'does not occur in the region'],
  ['another file, by a path in the edit', inside({ path: 'src/other.mjs' }), 'path'],
  ['a new file', inside({ path: 'src/new.mjs', create: true }), 'create'],
  ['a rename', inside({ rename_to: 'src/renamed.mjs' }), 'rename_to'],
  ['a change of mode', inside({ mode: '100755' }), 'mode'],
  ['the whole file with other line endings', replace(headText, crlf), 'does not occur in the region'],
  ['the line gone and put elsewhere', replace(`${cited}\nexport const eleven = 11.5`, ''), 'does not occur'],
  ['tests', inside({ path: 'test/tests.test.mjs' }), 'path'],
  ['a workflow', inside({ path: '.github/workflows/ci.yml' }), 'path'],
  ['an import at the top', replace('', "import { all } from './all.mjs'\n"), 'old_text is empty'],
]

test.each(rows)(
  'F2, T32: %s is refused, and the cited line alone changes',
  async (what, reach, told) => {
    const words = `Please rename this, said for ${what}.`
    town.script(
      fixing(words, turn(reach), { ...turn(replace('ten =', 'tenth =')), expects: told }, turn(done())),
    )
    const pull = await town.change(`reach-${rows.findIndex(([name]) => name === what)}`)
    const before = pull.head()
    const comment = await commentOn(town, pull, town.ana, { line: 10 }, words)
    await town.ben.reply(repository, pull.number, comment, '/agent fix')
    await pull.reply(comment, /Fixed in/)
    const raw = await town.git('diff', '--raw', '--no-renames', before, pull.head())
    expect(
      raw
        .trim()
        .split('\n')
        .map((row) => row.replace(/ [0-9a-f]{7,} [0-9a-f]{7,} /, ' ')),
    ).toEqual([`:100644 100644 M\t${path}`])
    expect(await town.git('show', `${pull.head()}:${path}`)).toBe(headText.replace('ten =', 'tenth ='))
  },
  240_000,
)
