/** Commits that GitHub makes in the App's name, and signs; branches that it moves by compare-and-swap (ADR 10). */
import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { Terminal } from '../../core/errors.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { ForgeActs, PathChange } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'
import { UpdatedRefs, updateRefsMutation } from './mutations.ts'
import { SignaturesAnswer, signaturesQuery, TipAnswer, tipQuery } from './queriesRefs.ts'
import { readBranchRules } from './readRules.ts'

type CommitInput = Parameters<ForgeActs['makeCommit']>[1]
const Made = z.object({ sha: z.string() })
const MadeCommit = Made.extend({
  tree: Made,
  parents: z.array(Made),
  message: z.string(),
  verification: z.object({ verified: z.boolean() }),
})

/** Text up to this size travels inside the request for the tree, which saves a request a file. */
const mostInlineBytes = 100_000
const mostInlineTogether = 2_000_000

/** Whether the rules want signed commits: of rulesets also for a branch that is not there yet, of classic ones for the base. */
export async function asksSignatures(
  client: Client,
  name: RepositoryName,
  base: string,
  branch: string,
): Promise<boolean> {
  const variables = { owner: parts(name).owner, name: parts(name).repo, ref: `refs/heads/${base}` }
  const [answer, rules] = await Promise.all([
    client.graphql(on(name, 'read'), signaturesQuery, variables, SignaturesAnswer),
    readBranchRules(client, name, branch),
  ])
  return rules.signaturesRequired || (answer.repository?.ref?.signatures ?? false)
}

/** See the port. Nobody is named as author or committer: only then does GitHub sign for an App. */
export async function makeCommit(
  client: Client,
  name: RepositoryName,
  { content, parent, read }: CommitInput,
): Promise<{ sha: Sha; signed: boolean }> {
  const tree = await makeTree(client, name, content, read)
  if (tree !== content.tree) throw different(name, `tree ${tree} in place of ${content.tree}`)
  const route = 'POST /repos/{owner}/{repo}/git/commits'
  const body = { ...parts(name), message: content.message, tree, parents: [parent] }
  const made = await client.rest(on(name, 'push'), route, body, MadeCommit)
  const same =
    made.tree.sha === tree &&
    made.parents.length === 1 &&
    made.parents[0]?.sha === parent &&
    // GitHub shows messages without the line feed at their end.
    made.message.trimEnd() === content.message.trimEnd()
  if (!same) throw different(name, `commit ${made.sha}, which is not what was asked for`)
  return { sha: made.sha, signed: made.verification.verified }
}

async function makeTree(
  client: Client,
  name: RepositoryName,
  { parentTree, changes }: CommitInput['content'],
  read: CommitInput['read'],
): Promise<Sha> {
  let tree = parentTree
  for (const part of partsOf(changes)) {
    if (part.length === 0) continue
    let together = 0
    const entries: object[] = []
    for (const change of part) {
      if (change.kind === 'delete') {
        entries.push({ path: change.path, mode: '100644', type: 'blob', sha: null })
        continue
      }
      const { path, mode } = change
      const bytes = await read(change.blob)
      const inline = change.bytes <= mostInlineBytes && together + change.bytes <= mostInlineTogether
      if (inline && isText(bytes)) {
        together += change.bytes
        entries.push({ path, mode, type: 'blob', content: Buffer.from(bytes).toString('utf8') })
      } else entries.push({ path, mode, type: 'blob', sha: await makeBlob(client, name, bytes) })
    }
    const route = 'POST /repos/{owner}/{repo}/git/trees'
    const body = { ...parts(name), base_tree: tree, tree: entries }
    tree = (await client.rest(on(name, 'push'), route, body, Made)).sha
  }
  return tree
}

/** A file that becomes a folder, or a folder that becomes a file, is first removed and then put. */
function partsOf(changes: readonly PathChange[]): PathChange[][] {
  const removed = changes.filter(({ kind }) => kind === 'delete')
  const put = changes.filter(({ kind }) => kind === 'put')
  const clash = (one: readonly PathChange[], other: readonly PathChange[]) => {
    const folders = new Set(one.flatMap(({ path }) => foldersOf(path)))
    return other.some(({ path }) => folders.has(path))
  }
  return clash(removed, put) || clash(put, removed) ? [removed, put] : [[...changes]]
}

function foldersOf(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}

const isText = (bytes: Uint8Array) => isUtf8(bytes) && !bytes.includes(0)

async function makeBlob(client: Client, name: RepositoryName, bytes: Uint8Array): Promise<Sha> {
  const route = 'POST /repos/{owner}/{repo}/git/blobs'
  const body = { ...parts(name), content: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
  return (await client.rest(on(name, 'push'), route, body, Made)).sha
}

function different(name: RepositoryName, what: string): Terminal {
  return new Terminal(
    `GitHub made ${what} in ${name}`,
    `GitHub made ${what}, so the commit that rules want signed is not the one that was checked, and nothing was pushed. The operator finds it in the log; \`merge.method: squash\` in the policy lands work without signed commits on the branch.`,
  )
}

/** See the port. One that already holds `to` is done; GitHub itself compares, and refuses when somebody was faster. */
export async function moveBranch(
  client: Client,
  name: RepositoryName,
  { branch, from, to, force }: Parameters<ForgeActs['moveBranch']>[1],
): Promise<'done' | 'moved' | 'gone'> {
  const ref = `refs/heads/${branch}`
  const look = async () => {
    const variables = { owner: parts(name).owner, name: parts(name).repo, ref }
    const { repository } = await client.graphql(on(name, 'push'), tipQuery, variables, TipAnswer)
    return { id: repository?.id ?? '', tip: repository?.ref?.target?.oid ?? null }
  }
  const { id, tip } = await look()
  if (tip !== from) return endOf(tip, to)
  const zero = '0'.repeat(to.length)
  const update = { name: ref, beforeOid: from ?? zero, afterOid: to, force }
  try {
    await client.graphql(
      on(name, 'push'),
      updateRefsMutation,
      { repository: id, updates: [update] },
      UpdatedRefs,
    )
    return 'done'
  } catch (error) {
    if (!(error instanceof GitHubRefusal)) throw error
    const now = (await look()).tip
    if (now !== from) return endOf(now, to)
    throw new Terminal(
      `move of ${name} ${ref}: ${error.message}`,
      `GitHub refused to move \`${branch}\`: ${error.words}. Check that the App may write contents and that no ruleset forbids it on this branch, then ask again.`,
      { cause: error },
    )
  }
}

const endOf = (tip: Sha | null, to: Sha) => (tip === to ? 'done' : tip === null ? 'gone' : 'moved')
