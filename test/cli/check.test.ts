/** `countersign check`: the effective policy with where each value comes from, and mistakes with line and column. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { check } from '../../src/cli/check.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { runProgram } from '../support/process.ts'
import { folder, printed, removeFolders } from './support.ts'

afterAll(removeFolders)

function checked(text: string | null, ...args: string[]) {
  const place = folder()
  if (text !== null) {
    mkdirSync(join(place, '.github'))
    writeFileSync(join(place, '.github/countersign.yml'), text)
  }
  const { output, text: said } = printed()
  return { code: check(args, place, output), ...said }
}
const line = (out: string, key: string) =>
  out.split('\n').find((one) => one.trim().startsWith(`${key}:`)) ?? ''

describe('countersign check', () => {
  test('says of each value whether the file or a default gives it', () => {
    const { code, out, err } = checked('seniors: [acme/seniors]\n\napprovals:\n  profile: strict\n')
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(line(out, 'seniors')).toMatch(/acme\/seniors.* # \.github\/countersign\.yml:1$/)
    expect(line(out, 'profile')).toMatch(/profile: strict +# \.github\/countersign\.yml:4$/)
    expect(line(out, 'by')).toMatch(/# default$/)
    expect(line(out, 'mode')).toMatch(/mode: checks +# default$/)
  })

  test('what it prints is itself a policy file that makes the same policy', () => {
    const { out } = checked(
      'protected: ["src/money/**"]\nmerge: { mode: merge }\ncommands:\n  test: { run: "npm test # all" }\n',
    )
    const again = parsePolicy(out)
    expect(again).toMatchObject({ ok: true })
    const direct = parsePolicy(
      'protected: ["src/money/**"]\nmerge: { mode: merge }\ncommands:\n  test: { run: "npm test # all" }\n',
    )
    expect(again).toEqual(direct)
  })

  test('P13: sixty profiles are listed, each with its label, paths and where they are written', () => {
    const profile = (at: number) =>
      `  bot-${at}:\n    label: agent-${at}\n    paths: [area-${at}/**]\n    attempts: ${1 + (at % 9)}\n`
    const text = `profiles:\n${Array.from({ length: 60 }, (_, at) => profile(at)).join('')}`
    const { code, out, err } = checked(text)
    expect([code, err]).toEqual([0, ''])
    for (let at = 0; at < 60; at++) {
      const from = 2 + 4 * at
      const listed = new RegExp(
        `^ {2}bot-${at}:\\n {4}label: agent-${at} +# \\S+:${from + 1}\\n {4}paths: \\[ ?area-${at}/\\*\\* ?\\] +# \\S+:${from + 2}\\n {4}attempts: ${1 + (at % 9)} `,
        'm',
      )
      expect(out).toMatch(listed)
    }
    expect(parsePolicy(out)).toEqual(parsePolicy(text))
  })

  test('names every mistake with line and column, and what may stand there', () => {
    const { code, out, err } = checked('approvals:\n  profil: strict\nmerge:\n  mode: always\n')
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^\.github\/countersign\.yml:2:3: .*profil.*Did you mean `profile`/m)
    expect(err).toMatch(/^\.github\/countersign\.yml:4:\d+: .*`merge\.mode` is `"always"`; allowed: /m)
    expect(err).toMatch(/2 mistakes/)
  })

  test.each([
    [true, /There are two policy files/],
    [false, /rename `?\.github\/countersign\.yaml/],
  ])('a policy under the other spelling is a mistake (beside the right one: %s)', (beside, sentence) => {
    const place = folder()
    mkdirSync(join(place, '.github'))
    if (beside) writeFileSync(join(place, '.github/countersign.yml'), 'merge: { mode: merge }\n')
    writeFileSync(join(place, '.github/countersign.yaml'), '')
    const { output, text } = printed()
    expect(check([], place, output)).toBe(1)
    expect(text.err).toMatch(sentence)
  })

  test('a file that is not YAML is refused at its place', () => {
    const { code, err } = checked('merge:\n  mode: [merge\n')
    expect(code).toBe(1)
    expect(err).toMatch(/^\.github\/countersign\.yml:\d+:\d+: not valid YAML/m)
  })

  test('without a file the defaults are printed; a file that was named must be there', () => {
    expect(checked(null)).toMatchObject({
      code: 0,
      out: expect.stringContaining('There is no .github/countersign.yml'),
    })
    expect(checked(null, 'other.yml')).toMatchObject({
      code: 2,
      err: expect.stringContaining('other.yml is not there'),
    })
    expect(checked('', 'a', 'b')).toMatchObject({ code: 2 })
  })

  test('T22, T26: what a file says moves no cursor and hides no line of the terminal', async () => {
    const directory = folder()
    const check = async (text: string) => {
      writeFileSync(join(directory, 'policy.yml'), text)
      return runProgram('src/cli/main.ts', ['check', 'policy.yml'], { cwd: directory })
    }
    const acts = /[^\P{C}\n\t]|[\u2028\u2029]/u
    const hostile = String.raw`npm test\e[1A\e[2K\x9b8m\u202Eevil\U000E0041`
    const good = await check(`commands: { test: { run: "${hostile}" } }\n`)
    expect([good.code, good.stdout]).toEqual([
      0,
      expect.stringContaining(String.raw`npm test\e[1A\e[2K\u009b8m\u202eevil\udb40\udc41`),
    ])
    const bad = await check(`"${hostile}": 1\n`)
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('is not a key')])
    for (const text of [good.stdout, bad.stderr]) expect(text).not.toMatch(acts)
  })

  test('runs as a command', async () => {
    const { code, stdout } = await runProgram('src/cli/main.ts', ['check'], { cwd: folder() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/version: 1 +# default/)
  })
})
