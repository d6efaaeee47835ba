/**
 * Policy files that look odd and are right: each mends a broken one, and the checks pass again (S14). They have a town
 * of their own, since the App keeps to GitHub's 80 content writes a minute and every row here costs a dozen.
 */
import { beforeAll, describe, jest, test } from '@jest/globals'
import { repository, type Town } from '../town.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

describe('odd policy files that are right', () => {
  let head = ''
  beforeAll(async () => {
    head = (await town.openPull(town.dev, 'policy-witness')).headSha
    await town.runIs('countersign/gates', head, 'success')
  }, 180_000)
  const write = (text: string) =>
    town.owner.push(repository, 'main', { files: { '.github/countersign.yml': text } })

  const rows: [string, string][] = [
    ['an empty file', ''],
    ['an empty mapping', '{}\n'],
    ['comments only', '# nothing yet\n'],
    ['the word null', 'null\n'],
    ['a byte order mark and CRLF', '\ufeffversion: 1\r\nseniors: []\r\n'],
  ]
  test.each(rows)('S14: %s is a working policy', async (_name, text) => {
    await write('- broken\n')
    await town.runIs('countersign/gates', head, 'failure')
    await write(text)
    await town.runIs('countersign/gates', head, 'success')
  })
})
