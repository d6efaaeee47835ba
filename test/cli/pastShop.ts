/** A shop with a past: pull requests of people and of an agent that were merged without Countersign, in the stand-in GitHub. */
import { type Ci, enableCi } from '../../world/ci/ci.ts'
import { createContract } from '../../world/contract/contract.ts'
import type { Files, GitHubWorld, PersonDriver } from '../../world/index.ts'
import { startGitHub } from '../../world/index.ts'

export const shop = 'acme/shop'
export const workflow = '.github/workflows/ci.yml'
export const policyFile = '.github/countersign.yml'
const dayMs = 24 * 3_600_000
/** The day of the first merge; each one that follows is a day later. */
const startMs = Date.parse('2026-03-01T09:00:00Z')

/** What stands in the repository now. */
export const inForce = `seniors: [acme/seniors]
agents: { accounts: [robo] }
approvals: { profile: solo }
pipeline: { max_files: 4 }
gates:
  ci: { workflows: [{ path: ${workflow}, event: push }] }
`

export const secret = `${'ghp'}_${'a1'.repeat(18)}`

/** Code with its test and its document. */
export const goodFiles = (name: string): Files => ({
  [`src/${name}.mjs`]: `export const ${name} = 1\n`,
  [`test/${name}.test.mjs`]: `import '../src/${name}.mjs'\n`,
  [`docs/${name}.md`]: `# ${name}\n`,
})

export interface Past {
  by?: PersonDriver
  branch: string
  /** One commit each. */
  commits?: Files[]
  /** Null for none at all. */
  ci?: 'success' | 'failure' | null
  approvedBy?: PersonDriver[]
  method?: 'merge' | 'squash' | 'rebase'
  /** In the contributor's fork. */
  fork?: string
  /** What happens to it while it is open. */
  meanwhile?: (number: number, head: string) => Promise<void>
  merge?: (number: number, head: string) => Promise<unknown>
}

export interface Shop {
  world: GitHubWorld
  ci: Ci
  ada: PersonDriver
  lin: PersonDriver
  /** An agent's account by policy, with write. */
  robo: PersonDriver
  /** Open, check, approve and merge; a day goes by. Returns the number. */
  past(told: Past): Promise<number>
  nextDay(days?: number): void
  /** The stand-in kept to GitHub's own description all the while. */
  close(): Promise<void>
}

export async function openShop(policy = inForce): Promise<Shop> {
  let nowMs = startMs
  const world = await startGitHub({ contract: createContract(), clock: { now: () => nowMs } })
  for (const login of ['ada', 'lin', 'robo', 'eve']) world.createUser(login)
  world.createOrg('acme', { owners: ['ada'], members: ['lin', 'robo'] })
  world.createTeam('acme', 'seniors', { members: ['lin'] })
  const repo = await world.createRepo('acme', 'shop', {
    private: true,
    collaborators: { ada: 'admin', lin: 'write', robo: 'write', eve: 'read' },
    files: {
      'README.md': '# Shop\n',
      'src/cart.mjs': 'export const cart = 1\n',
      [workflow]: 'name: CI\non: push\n',
      [policyFile]: policy,
    },
  })
  repo.deleteBranchOnMerge = true
  const ci = await enableCi(world, shop, { workflow, jobs: [{ name: 'test', run: 'true' }], events: [] })
  const [ada, lin, robo] = ['ada', 'lin', 'robo'].map((login) => world.as(login)) as [
    PersonDriver,
    PersonDriver,
    PersonDriver,
  ]
  return {
    world,
    ci,
    ada,
    lin,
    robo,
    nextDay: (days = 1) => {
      nowMs += days * dayMs
    },
    async past({ by = robo, branch, commits = [goodFiles(branch)], ci: green = 'success', ...told }) {
      const { approvedBy = [], method = 'squash', fork, meanwhile, merge } = told
      const login = by.account.login
      const place = fork ?? shop
      let head = ''
      for (const files of commits)
        head = await by.push(place, branch, { files, message: `Work on ${branch}` })
      const pull = await by.openPull(shop, {
        title: `Add ${branch}`,
        head: fork === undefined ? branch : `${login}:${branch}`,
      })
      if (green !== null) await ci.report(head, { event: 'push', conclusion: green })
      await meanwhile?.(pull.number, head)
      for (const person of approvedBy) await person.approve(shop, pull.number)
      nowMs += 3_600_000
      if (merge) await merge(pull.number, head)
      else await ada.merge(shop, pull.number, { method })
      nowMs += dayMs - 3_600_000
      return pull.number
    },
    async close() {
      const { violations } = world
      await world.close()
      if (violations.length > 0) throw new Error(JSON.stringify(violations, null, 2))
    },
  }
}
