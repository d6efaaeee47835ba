/** `countersign check owner/repo` against the stand-in GitHub over HTTP: what is in force, and where each value comes from. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { namesRepository } from '../../src/cli/check.ts'
import { checkRemote } from '../../src/cli/checkRemote.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { createContract } from '../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../world/index.ts'
import { runProgram } from '../support/process.ts'
import { folder, printed, removeFolders } from './support.ts'

const file = '.github/countersign.yml'
const own = `merge:
  mode: checks
  auto: true
approvals:
  profile: solo
seniors: [lin]
`
const shared = `approvals: { profile: team, by: [button, review] }
budgets:
  raise_usd: 7
floor:
  mode: merge
  seniors: [acme/seniors]
  protected: ["infra/**"]
`

let world: GitHubWorld
beforeEach(async () => {
  world = await startGitHub({ contract: createContract() })
  world.createOrg('acme')
  for (const login of ['ada', 'lin']) world.createUser(login)
})
afterEach(async () => {
  const { violations } = world
  await world.close()
  removeFolders()
  expect(violations).toEqual([])
})

const repository = (name: string, text: string | null, path = file) =>
  world.createRepo('acme', name, {
    private: true,
    collaborators: { ada: 'admin' },
    files: { 'README.md': '# Shop\n', ...(text === null ? {} : { [path]: text }) },
  })
async function checked(
  place: string,
  settings: Record<string, string> = { GITHUB_TOKEN: world.tokenOf('ada') },
) {
  const { output, text } = printed()
  const code = await checkRemote(place, { GITHUB_API_URL: world.apiUrl, ...settings }, output)
  return { code, ...text }
}
/** The line of a key below its section. */
function line(out: string, section: string, key?: string): string {
  const lines = out.split('\n')
  const at = lines.findIndex((one) => one.startsWith(`${section}:`))
  return (key === undefined ? lines[at] : lines.slice(at).find((one) => one.startsWith(`  ${key}:`))) ?? ''
}

describe('countersign check owner/repo', () => {
  test('each value has its line: of the repository, of the organisation, of its floor, or it is a default', async () => {
    await repository('shop', own)
    await repository('.github', shared)
    const { code, out, err } = await checked('acme/shop')
    expect([code, err]).toEqual([0, ''])
    expect(line(out, 'merge', 'mode')).toMatch(
      /mode: merge +# floor, acme\/\.github:\.github\/countersign\.yml:5$/,
    )
    expect(line(out, 'merge', 'auto')).toMatch(/auto: true +# \.github\/countersign\.yml:3$/)
    expect(line(out, 'merge', 'method')).toMatch(/# default$/)
    expect(line(out, 'approvals', 'profile')).toMatch(/profile: solo +# \.github\/countersign\.yml:5$/)
    expect(line(out, 'approvals', 'by')).toMatch(
      /button, review.*# acme\/\.github:\.github\/countersign\.yml:1$/,
    )
    expect(line(out, 'seniors')).toMatch(
      /acme\/seniors.*# floor, acme\/\.github:\.github\/countersign\.yml:6$/,
    )
    expect(line(out, 'protected')).toMatch(
      /infra\/\*\*.*# floor, acme\/\.github:\.github\/countersign\.yml:7$/,
    )
    expect(line(out, 'budgets', 'raise_usd')).toMatch(/7 +# acme\/\.github:\.github\/countersign\.yml:3$/)
    expect(out).toMatch(/in force for acme\/shop at main \([0-9a-f]{12}\)/)
    expect(parsePolicy(out)).toMatchObject({ ok: true })
  })

  test('S14, T45: a branch that the policy does not list follows the default branch; one that it lists has its own', async () => {
    await repository('shop', 'branches: { protected: ["release/*"] }\nmerge: { mode: merge }\n')
    const ada = world.as('ada')
    for (const branch of ['topic', 'release/1'])
      await ada.push('acme/shop', branch, { base: 'main', files: { [file]: 'merge: { mode: checks }\n' } })
    expect(line((await checked('acme/shop@topic')).out, 'merge', 'mode')).toMatch(/mode: merge +# .*yml:2$/)
    expect(line((await checked('acme/shop@release/1')).out, 'merge', 'mode')).toMatch(
      /mode: checks +# .*yml:1$/,
    )
    expect(await checked('acme/shop@gone')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no branch gone/),
    })
  })

  test('with the App’s key it reads what the App reads', async () => {
    await repository('shop', null)
    await repository('.github', shared)
    world.installApp(world.app, 'acme')
    const key = { APP_ID: String(world.app.id), PRIVATE_KEY: world.app.privateKeyPem.replaceAll('\n', '\\n') }
    const { code, out } = await checked('acme/shop', key)
    expect(code).toBe(0)
    expect(line(out, 'budgets', 'raise_usd')).toMatch(/# acme\/\.github:/)
    expect(out).toMatch(/made from acme\/\.github:\.github\/countersign\.yml\./)
  })

  test('mistakes have line, column and the nearest word, also those of the organisation’s file', async () => {
    await repository('shop', 'approvals:\n  profil: strict\n')
    const { code, out, err } = await checked('acme/shop')
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^\.github\/countersign\.yml:2:3: .*Did you mean `profile`/m)
    await repository('.github', 'merge:\n  mode: always\n')
    expect((await checked('acme/shop')).err).toMatch(
      /^acme\/\.github:\.github\/countersign\.yml:2:\d+: .*`merge\.mode` is `"always"`; allowed: /m,
    )
  })

  test('a policy under the other spelling is a mistake there too', async () => {
    await repository('shop', '', '.github/countersign.yaml')
    expect(await checked('acme/shop')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/yaml:1: .*rename/),
    })
  })

  test('without any file all are defaults, and it is said what this token may not see', async () => {
    await repository('shop', null)
    const { code, out } = await checked('acme/shop')
    expect(code).toBe(0)
    expect(out).toMatch(/no file: everything is a default/)
    expect(out).toMatch(/cannot see of acme\/\.github/)
    expect(out).not.toMatch(/# (?:floor|\.github)/)
  })

  test('what cannot be seen, or read without a token, ends with 2 and says what to do', async () => {
    await repository('shop', null)
    expect(await checked('acme/shop', { GITHUB_TOKEN: world.tokenOf('lin') })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/acme\/shop cannot be seen with this token/),
    })
    expect(await checked('acme/shop', {})).toMatchObject({
      code: 2,
      err: expect.stringMatching(/set GITHUB_TOKEN/),
    })
  })

  test('a name is a repository unless it is a file', () => {
    const here = folder()
    expect(['acme/shop', 'acme/shop@release/1'].map((one) => namesRepository(one, here))).toEqual([
      true,
      true,
    ])
    expect(
      ['policies/shop.yml', 'shop', './a/b', `${file}`].map((one) => namesRepository(one, here)),
    ).toEqual([false, false, false, false])
  })

  test('runs as a command', async () => {
    await repository('shop', own)
    const { code, stdout } = await runProgram('src/cli/main.ts', ['check', 'acme/shop'], {
      cwd: folder(),
      environment: { GITHUB_TOKEN: world.tokenOf('ada'), GITHUB_API_URL: world.apiUrl },
    })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/profile: solo +# /)])
  })
})
