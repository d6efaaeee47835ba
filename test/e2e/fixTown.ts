/** What the tests of the fix loop share: a town with an agent's pull request over one long file, and eyes on its threads. */
import { execFile } from 'node:child_process'
import type { StageOptions } from '../../demo/stage.ts'
import type { Script } from '../../world/model/script.ts'
import { openTown, repository, type Town, townPolicy } from './town.ts'

export const path = 'src/list.mjs'
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)
export const line = (number: number) => `export const item${number} = ${number}`
/** Forty lines; the agent's pull request rewrites 10 to 12, deletes 20 and 21, and adds two behind 30. */
export const baseText = `${numbers(1, 40).map(line).join('\n')}\n`
export const headText = `${[
  ...numbers(1, 9).map(line),
  'export const ten = 10.5',
  'export const eleven = 11.5',
  'export const twelve = 12.5',
  ...numbers(13, 19).map(line),
  ...numbers(22, 30).map(line),
  'export const extra = 1',
  'export const more = 2',
  ...numbers(31, 40).map(line),
].join('\n')}\n`

export interface FixPull {
  number: number
  branch: string
  key: string
  head(): string
  /** Lines of a file at the head of the pull request. */
  lines(of?: string): Promise<string[]>
  /** Replies of the App to fix requests in the thread of a comment. */
  replies(commentId: number): string[]
  reply(commentId: number, text: RegExp): Promise<string>
}

export interface FixTown extends Town {
  git(...args: string[]): Promise<string>
  script(...sessions: Session[]): void
  /** A pull request of the agent's (or of `by`) on a branch of its own. */
  change(name: string, changed?: Record<string, string>, by?: Town['ana']): Promise<FixPull>
  watch(number: number, branch: string): FixPull
}

type Session = Script['sessions'][number]

/** A session that finds its thread by a text in it. */
export const fixing = (contains: string, ...turns: Session['turns']): Session => ({
  match: { phase: 'fix', contains },
  turns,
})
export const replace = (old_text: string, new_text: string) => ({
  name: 'replace_in_region',
  input: { old_text, new_text },
})
export const done = (answer = 'Renamed it.', parts: object = {}) => ({
  name: 'hand_in',
  input: {
    summary: 'Name the value',
    answers: [{ thread: 1, outcome: 'fixed', answer }],
    cause: 'wrong-pattern',
    ...parts,
  },
})
export const cannot = (answer: string, needs: object[] = []) => ({
  name: 'hand_in',
  input: { summary: 'Nothing', answers: [{ thread: 1, outcome: 'cannot', answer }], needs },
})
export const turn = (...toolUse: { name: string; input: Record<string, unknown> }[]) => ({ toolUse })

export async function openFixTown(policy = townPolicy, options: StageOptions = {}): Promise<FixTown> {
  const files = { [path]: baseText, 'AGENTS.md': 'HOUSE-RULES\n' }
  const town = await openTown({ policy, files, ...options })
  const { state } = town.stage.github
  const repo = [...state.repos.values()].find((one) => one.name === 'town')
  if (!repo) throw new Error('no repository')
  const git = (...args: string[]) =>
    new Promise<string>((resolve, reject) =>
      execFile('git', ['--git-dir', repo.dir, ...args], (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      ),
    )
  const watch = (number: number, branch: string): FixPull => {
    const head = () => {
      const found = [...state.pulls.values()].find((one) => one.repoId === repo.id && one.number === number)
      if (!found) throw new Error('no pull request')
      return found.headSha
    }
    const key = `pull:${repository}#${number}`
    const replies = (commentId: number) => {
      const thread = state.reviewComments.get(commentId)?.threadId
      return [...state.reviewComments.values()]
        .filter((one) => one.threadId === thread && one.body.startsWith('<!-- countersign:fix:'))
        .map((one) => one.body)
    }
    const explain = async (error: Error) => {
      const facts = (await town.facts(key)).map(({ body }) => body)
      const seen = {
        replies: [...state.reviewComments.values()].slice(-5).map(({ body }) => body),
        comments: town.comments(number),
        unmatched: town.stage.model.unmatched,
        facts: facts.slice(-6),
      }
      throw new Error(`${error.message}; ${JSON.stringify(seen).slice(0, 4000)}`, { cause: error })
    }
    return {
      number,
      branch,
      key,
      head,
      lines: async (of = path) => (await git('show', `${head()}:${of}`)).split('\n'),
      replies,
      reply: (commentId, text) =>
        town.stage
          .until(`a reply with ${text}`, () => replies(commentId).find((body) => text.test(body)))
          .catch(explain),
    }
  }
  return Object.assign(town, {
    git,
    watch,
    script: (...sessions: Session[]) => town.stage.model.setScript({ sessions }),
    async change(name: string, changed: Record<string, string> = { [path]: headText }, by = town.robo) {
      const files = {
        ...changed,
        [`test/${name}.test.mjs`]: '// tests\n',
        [`docs/${name}.md`]: `# ${name}\n`,
      }
      const branch = `work/${name}`
      await by.push(repository, branch, { files, message: `Rework ${name}`, base: 'main' })
      const pull = await by.openPull(repository, { title: `Rework ${name}`, head: branch })
      return watch(pull.number, branch)
    },
  })
}

/** Comment on lines in a review of its own, and return the comment's id. */
export async function commentOn(
  town: FixTown,
  pull: FixPull,
  by: FixTown['ana'],
  at: { line: number; startLine?: number; side?: 'LEFT' | 'RIGHT'; path?: string },
  body: string,
): Promise<number> {
  const review = await by.review(repository, pull.number, '', [{ path, ...at, body }])
  const found = [...town.stage.github.state.reviewComments.values()].find((one) => one.reviewId === review.id)
  if (!found) throw new Error('the comment is missing')
  return found.id
}
