/** Branches in GraphQL: where one points, and its rules. */
import { isUtf8 } from 'node:buffer'
import { GraphQLError } from 'graphql'
import { rulesetsFor } from '../github/ops/rules.ts'
import type { Site } from '../github/site.ts'
import type { Repo, Rule } from '../github/state.ts'
import { connection, type PageArguments } from './connection.ts'

export async function branchView(site: Site, repo: Repo, branch: string) {
  const tip = await site.git.ref(repo.dir, `refs/heads/${branch}`)
  if (tip === null) return null
  const rules = rulesetsFor(site, repo, `refs/heads/${branch}`).flatMap((one) => one.rules)
  return {
    name: branch,
    target: {
      __typename: 'Commit',
      oid: tip,
      file: ({ path }: { path: string }) => fileView(site, repo, tip, path),
    },
    rules: (page: PageArguments) => connection(rules.map(ruleView), page),
    // Classic protection, which the stand-in does not have.
    refUpdateRule: null,
  }
}

/** What `<commit>:<path>` names; GitHub says null of what is not there. */
export async function objectView(site: Site, repo: Repo, expression: string) {
  const [, commit = '', path = ''] = /^([0-9a-f]{40}):(.+)$/s.exec(expression) ?? []
  const entry = await treeEntry(site, repo, commit, path)
  if (entry === null || entry.type === 'commit') return null
  return { __typename: entry.type === 'blob' ? 'Blob' : 'Tree', oid: entry.object }
}

async function treeEntry(site: Site, repo: Repo, commit: string, path: string) {
  const listed = await site.git.run(repo.dir, ['ls-tree', '-z', commit, '--', path], { allowFailure: true })
  const [, mode = '', type = '', object = ''] =
    /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(listed.stdout.toString('utf8')) ?? []
  return mode === '' ? null : { mode: Number.parseInt(mode, 8), type, object }
}

function ruleView(rule: Rule) {
  const type = rule.type.toUpperCase()
  if (rule.type !== 'required_status_checks') return { type, parameters: null }
  const requiredStatusChecks = rule.parameters.required_status_checks.map(({ context, integration_id }) => ({
    context,
    integrationId: integration_id ?? null,
  }))
  return { type, parameters: { __typename: 'RequiredStatusChecksParameters', requiredStatusChecks } }
}

/** GitHub says of a file that is not there both null and "not found". */
async function fileView(site: Site, repo: Repo, commit: string, path: string) {
  const entry = await treeEntry(site, repo, commit, path)
  if (entry === null) throw notThere(`file for path '${path}'`)
  const { mode, type, object } = entry
  if (type !== 'blob') return { mode, object: null }
  const bytes = (await site.git.run(repo.dir, ['cat-file', 'blob', object])).stdout
  const isBinary = bytes.includes(0) || !isUtf8(bytes)
  return {
    mode,
    object: {
      __typename: 'Blob',
      byteSize: bytes.length,
      isBinary,
      isTruncated: false,
      text: isBinary ? null : bytes.toString('utf8'),
    },
  }
}

const notThere = (what: string) =>
  new GraphQLError(`Could not resolve ${what}.`, { extensions: { type: 'NOT_FOUND' } })
