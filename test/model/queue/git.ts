/** Git, as the search of merge queues needs it: commits by name, what is reachable, and the merge that git would compute. */
import type { CommitBody, EvidenceRequest, EvidenceResult, EvidenceView } from '../../../src/core/evidence.ts'
import * as fixture from '../../support/snapshots.ts'
import { type State, tables } from './state.ts'

/** A commit that somebody made on top of another. */
interface Made {
  onto: string
  /** The head that it merges; null for a plain commit. */
  merges: string | null
  tree: string
}

export const root = 'm0'
/** Heads of the two pull requests, the first and the one after a push; and a commit that is no pull request's head. */
export const heads = [
  ['a0', 'a1'],
  ['b0', 'b1'],
] as const
const nobody = 'x0'
export const headName = (pull: number, head: number): string => heads[pull]?.[head] ?? nobody
/** Worked out once for each name. */
function remembered<Value>(of: (name: string) => Value): (name: string) => Value {
  const known = new Map<string, Value>()
  return (name) => {
    const value = known.get(name) ?? of(name)
    known.set(name, value)
    return value
  }
}
export const shaOf = remembered(fixture.sha)
const diffAt = remembered((name) => fixture.diffOf([...fixture.goodFiles(), fixture.file(`src/${name}.ts`)]))

const made = new Map<string, Made>()
const plain = (name: string, onto: string) => made.set(name, { onto, merges: null, tree: `tree of ${name}` })
for (const [first, second] of heads) {
  plain(first, root)
  plain(second, first)
}
plain(nobody, root)

/** Somebody pushes to the base branch, past the queue. */
export function pushOnto(onto: string): string {
  const name = `${onto}+`
  plain(name, onto)
  return name
}

const mergedTree = (onto: string, head: string) => `tree of ${onto} and ${head}`

/** What GitHub builds for an entry: the plain merge, one with something else in it, or one of nobody's head. */
export type Content = 'plain' | 'forged' | 'nobody'
export function mergeOnto(onto: string, head: string, nth: number, content: Content): string {
  const name = `(${onto} ${content === 'nobody' ? nobody : head}${content === 'forged' ? '!' : ''} ${nth})`
  const merges = content === 'nobody' ? nobody : head
  const tree = content === 'forged' ? 'tree of something else' : mergedTree(onto, merges)
  made.set(name, { onto, merges, tree })
  return name
}

export const isPlain = (name: string) => {
  const commit = made.get(name)
  return commit?.merges != null && commit.tree === mergedTree(commit.onto, commit.merges)
}

/** The first-parent line from a commit down to the tip, oldest first; null where the tip is not on it. */
export function lineTo(head: string, tip: string): { name: string; merges: string | null }[] | null {
  const line: { name: string; merges: string | null }[] = []
  for (let at = head; at !== tip; ) {
    const commit = made.get(at)
    if (!commit) return null
    line.unshift({ name: at, merges: commit.merges })
    at = commit.onto
  }
  return line
}

function ancestors(name: string, into = new Set<string>()): Set<string> {
  const commit = made.get(name)
  if (into.has(name)) return into
  if (commit) {
    ancestors(commit.onto, into)
    if (commit.merges) ancestors(commit.merges, into)
  }
  return into.add(name)
}

const bodyOf = (name: string): CommitBody => {
  const commit = made.get(name)
  const parents = commit ? [commit.onto, ...(commit.merges ? [commit.merges] : [])] : []
  return fixture.commit(name, { parents: parents.map(shaOf), tree: shaOf(commit?.tree ?? name) })
}

/** The commits that a request means, by the names that the search knows. */
const names = new Map<string, string>()
export function nameOf(sha: string): string {
  const known = names.get(sha)
  if (known) return known
  for (const name of [root, ...made.keys()]) names.set(shaOf(name), name)
  return names.get(sha) ?? nobody
}

export const keyOfRequest = (request: EvidenceRequest): string => {
  switch (request.kind) {
    case 'commits':
      return `commits ${nameOf(request.base)} ${nameOf(request.head)}`
    case 'mergeTree':
      return `tree ${nameOf(request.first)} ${nameOf(request.second)}`
    default:
      return request.kind
  }
}

/** What git says; of a pull request's own diff it is known from the start, of groups only what was collected. */
export function evidenceOf(state: State): EvidenceView {
  const read = new Set(tables.read.get(state.read))
  return {
    get: <R extends EvidenceRequest>(request: R) =>
      answer(request, read) as EvidenceResult<R['kind']> | undefined,
  }
}

function answer(request: EvidenceRequest, read: ReadonlySet<string>): EvidenceResult | undefined {
  switch (request.kind) {
    case 'commits': {
      const [base, head] = [nameOf(request.base), nameOf(request.head)]
      // A pull request's own commits are known from the start.
      if (made.get(head)?.merges && !read.has(keyOfRequest(request))) return undefined
      const before = ancestors(base)
      const commits = [...ancestors(head)].filter((name) => !before.has(name)).map(bodyOf)
      return { ok: true, body: { commits } }
    }
    case 'mergeTree': {
      if (!read.has(keyOfRequest(request))) return undefined
      const tree = shaOf(mergedTree(nameOf(request.first), nameOf(request.second)))
      return { ok: true, body: { tree, mergeBase: shaOf(root) } }
    }
    case 'diff':
      return { ok: true, body: diffAt(nameOf(request.head)) }
    case 'references':
      return { ok: true, body: { filesRead: 1, unresolved: [], unchecked: [] } }
    default:
      return undefined
  }
}
