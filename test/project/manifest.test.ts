/** Holds app.yml and docs/permissions.md together: what is asked for has its reason, and nothing else is explained. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..', '..')
const manifest = parse(readFileSync(join(root, 'app.yml'), 'utf8')) as {
  default_permissions: Record<string, string>
  default_events: string[]
}
const page = readFileSync(join(root, 'docs', 'permissions.md'), 'utf8')
const [permissions = '', events = ''] = page.split('## Events')
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\| `(.+?)` \|(.*)\|$/gm)].map((row) => [
    row[1] as string,
    ...(row[2] as string).split(' | ').map((cell) => cell.trim()),
  ])

describe('the App manifest', () => {
  test('each permission in app.yml has its level and reason in docs/permissions.md, and no other is listed', () => {
    expect(Object.fromEntries(rows(permissions).map(([name, level]) => [name, level]))).toEqual(
      manifest.default_permissions,
    )
  })

  test('each event in app.yml has its reason in docs/permissions.md, and no other is listed', () => {
    expect(rows(events).map(([name]) => name)).toEqual(manifest.default_events)
  })
})
