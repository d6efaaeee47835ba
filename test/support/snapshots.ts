/** A builder of pull request snapshots for tests: a small, complete, unremarkable agent's pull request, with parts replaced. */
import type { Account, Role, Standing } from '../../src/core/account.ts'
import { digestOf } from '../../src/core/digest.ts'
import {
  type CommitBody,
  type DiffBody,
  type DiffFile,
  type EvidenceRequest,
  type EvidenceResult,
  type EvidenceView,
  evidenceKey,
} from '../../src/core/evidence.ts'
import type { Fact, FactBody } from '../../src/core/facts.ts'
import type { CiCheck, PullReading, PullSnapshot } from '../../src/core/snapshot/pull.ts'
import type { BranchRules } from '../../src/core/snapshot/rules.ts'
import { requiredNames } from '../../src/enforcement/weaknesses.ts'
import { Policy } from '../../src/policy/schema.ts'

export const repository = { id: 7, name: 'acme/widgets', defaultBranch: 'main', private: false }
export const sha = (seed: string | number) => digestOf({ sha: seed }).slice(0, 40)
export const account = (id: number, login: string, type: Account['type'] = 'User'): Account => ({
  id,
  login,
  type,
})

export const bot = account(900, 'countersign[bot]', 'Bot')
export const copilot = account(901, 'copilot-swe-agent[bot]', 'Bot')
export const dana = account(1, 'dana')
export const erik = account(2, 'erik')
export const fay = account(3, 'fay')
export const gus = account(4, 'gus')
export const stranger = account(5, 'stranger')

export const app = { appId: 77, slug: 'countersign', bot, drafterAppId: null, drafterBot: null }

/** Policy from the raw words of a policy file. */
export const policyOf = (raw: unknown = {}): Policy => Policy.parse(raw)

export function standing(
  who: Account,
  role: Role | 'unknown' = 'write',
  teams: string[] | 'unknown' = [],
): Standing {
  return { account: who, role, teams }
}

export function peopleOf(...standings: Standing[]): Map<number, Standing> {
  return new Map(standings.map((one) => [one.account.id, one]))
}

/** Everybody named above, with write, and the stranger with read. */
export const everybody = () =>
  peopleOf(standing(dana), standing(erik), standing(fay), standing(gus), standing(stranger, 'read'))

/** Facts in order, with seq from 0; hashes are not part of what is judged. */
export function factsFrom(
  subject: string,
  entries: { actor?: Account | null; body: FactBody; atMs?: number }[],
): Fact[] {
  return entries.map(({ actor = null, body, atMs = 1000 }, seq) => ({
    subject,
    seq,
    actor,
    atMs,
    delivery: null,
    body,
    previousHash: '',
    hash: '',
  }))
}

export function file(path: string, parts: Partial<DiffFile> = {}): DiffFile {
  const added = parts.added ?? [{ line: 1, text: 'export const one = 1' }]
  const removed = parts.removed ?? []
  return {
    path,
    pathIsUtf8: true,
    status: 'modified',
    renamedFrom: null,
    oldMode: '100644',
    newMode: '100644',
    binary: false,
    additions: added.length,
    deletions: removed.length,
    linkTarget: null,
    truncated: false,
    ...parts,
    added,
    removed,
  }
}

export function diffOf(files: DiffFile[], mergeBase = sha('base')): DiffBody {
  return { mergeBase, digest: digestOf(files), files }
}

export function commit(seed: string, parts: Partial<CommitBody> = {}): CommitBody {
  return {
    sha: sha(seed),
    tree: sha(`tree ${seed}`),
    parents: [sha('base')],
    authorName: 'A',
    authorEmail: 'a@example.com',
    committerName: 'A',
    committerEmail: 'a@example.com',
    message: seed,
    empty: false,
    ...parts,
  }
}

/** An evidence view over pairs of request and result. */
export function evidenceOf(entries: [EvidenceRequest, EvidenceResult][]): EvidenceView {
  const kept = new Map(entries.map(([request, result]) => [evidenceKey(repository.name, request), result]))
  return {
    get: <R extends EvidenceRequest>(request: R) =>
      kept.get(evidenceKey(repository.name, request)) as EvidenceResult<R['kind']> | undefined,
  }
}

export function greenCi(head: string, parts: Partial<CiCheck> = {}): CiCheck {
  return {
    checkRunId: 1,
    name: 'test',
    appId: 15_368,
    sha: head,
    status: 'completed',
    conclusion: 'success',
    workflowPath: '.github/workflows/ci.yml',
    event: 'pull_request',
    runId: 1,
    ...parts,
  }
}

export function pullReading(parts: Partial<PullReading> = {}): PullReading {
  return {
    id: 3400,
    nodeId: 'PR_34',
    number: 34,
    title: 'Add one',
    body: 'It adds one.',
    textDigest: digestOf([parts.title ?? 'Add one', parts.body ?? 'It adds one.']),
    state: 'open',
    draft: false,
    author: copilot,
    viaApp: null,
    head: { sha: sha('head'), ref: 'copilot/one', repositoryId: repository.id, fork: false },
    base: { ref: 'main', tip: sha('base'), protected: true },
    labels: [],
    mergeable: 'mergeable',
    mergeCommit: null,
    changedFiles: 3,
    commitCount: 1,
    ...parts,
  }
}

/** Code, test and documentation together: what every diff gate lets through. */
export const goodFiles = () => [
  file('src/one.ts'),
  file('test/one.test.ts'),
  file('docs/one.md', { added: [{ line: 1, text: 'One.' }] }),
]

export interface SnapshotParts
  extends Partial<Omit<PullSnapshot<Policy>, 'pull' | 'facts' | 'policy' | 'evidence'>> {
  pull?: Partial<PullReading>
  facts?: { actor?: Account | null; body: FactBody; atMs?: number }[]
  policy?: unknown
  files?: DiffFile[]
  gitCommits?: CommitBody[]
  evidence?: [EvidenceRequest, EvidenceResult][]
  /** Leave out the diff and the commits, as before anything was collected. */
  bare?: boolean
}

/** Branch rules as both modes want them, for the App of the fixtures. */
export const goodRules = (parts: Partial<BranchRules> = {}): BranchRules => ({
  requiredChecks: requiredNames.map((context) => ({ context, appId: app.appId })),
  updatesRestricted: true,
  forcePushesBlocked: true,
  deletionsBlocked: true,
  mergeQueue: false,
  signaturesRequired: false,
  ...parts,
})

/** A snapshot of another agent's pull request by default; everything green but plan and review. */
export function pullSnapshot(parts: SnapshotParts = {}): PullSnapshot<Policy> {
  const {
    pull: pullParts,
    facts = [],
    policy = {},
    files = goodFiles(),
    gitCommits = [commit('head')],
    evidence = [],
    bare = false,
    ...rest
  } = parts
  const pull = pullReading(pullParts)
  const key = `pull:${repository.name}#${pull.number}`
  const range = { base: pull.base.tip, head: pull.head.sha }
  const read: [EvidenceRequest, EvidenceResult][] = bare
    ? []
    : [
        [
          { kind: 'diff', ...range },
          { ok: true, body: diffOf(files) },
        ],
        [
          { kind: 'commits', ...range },
          { ok: true, body: { commits: gitCommits } },
        ],
        [
          { kind: 'references', ...range },
          { ok: true, body: { filesRead: 1, unresolved: [], unchecked: [] } },
        ],
      ]
  return {
    key,
    nowMs: 10_000,
    missing: [],
    app,
    repository,
    policy: { ok: true, policy: policyOf(policy), sha: pull.base.tip, source: 'repository' },
    pull,
    people: everybody(),
    commits: gitCommits.map((one) => ({ sha: one.sha, authors: [pull.author], committer: pull.author })),
    pushers: [{ sha: pull.head.sha, by: pull.author }],
    reviews: [],
    threads: [],
    runs: [],
    ci: [greenCi(pull.head.sha)],
    workflowRuns: { head: [], base: [] },
    siblings: [],
    enforcement: { rules: goodRules(), proof: null },
    proposedPolicy: null,
    ownComments: [],
    facts: factsFrom(key, facts),
    task: null,
    environments: [],
    evidence: evidenceOf([...read, ...evidence]),
    ...rest,
  }
}

/** A person's press of a button as intake records it, for what a run shows. */
export function pressed(
  by: Account,
  run: {
    name: 'countersign/plan' | 'countersign/gates' | 'countersign/review'
    externalId: string
    sha: string
    shown: string
  },
  letter: 'a' | 'r' | 'f' | 'm',
) {
  return {
    actor: by,
    body: {
      kind: 'button.pressed' as const,
      checkRunId: 1,
      checkName: run.name,
      sha: run.sha,
      identifier: `${letter}:${run.shown.slice(0, 16)}`,
      externalId: run.externalId,
    },
  }
}
