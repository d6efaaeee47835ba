/** Evidence: what is slow or outside GitHub's API, collected by work and keyed by the digest of its inputs. */
import { z } from 'zod'
import { Citation, RepositoryPath } from './citation.ts'
import { digestOf } from './digest.ts'
import { Digest, type RepositoryName, Sha } from './ids.ts'
import { MonitorReading, MonitorSource, ProbeCheck, ProbeResult } from './monitoring.ts'
import { ReportFormat, Reports, reportFields } from './reports.ts'
import { LineMapBody, MergeTreeBody, RevertBody } from './twoCommits.ts'

const mode = z.enum(['000000', '040000', '100644', '100664', '100755', '120000', '160000'])
const gitPath = z.string().min(1).max(4096)

/** One numbered line of a file, without its line ending; not UTF-8 is shown as U+FFFD. Cut at 2,000 characters. */
export const NumberedLine = z.object({ line: z.number().int().positive(), text: z.string() })

/**
 * One file of a diff as git tells it (`git diff --raw -z --no-renames` plus hunks). A rename is a deletion and an
 * addition; `renamedFrom` is git's guess, kept so that both names are judged (T17).
 */
export const DiffFile = z.object({
  /** Bytes that are not UTF-8 are shown as U+FFFD and `pathIsUtf8` is false: gates fail such names. */
  path: gitPath,
  pathIsUtf8: z.boolean(),
  status: z.enum(['added', 'modified', 'deleted', 'type_changed']),
  renamedFrom: gitPath.nullable(),
  oldMode: mode,
  newMode: mode,
  binary: z.boolean(),
  additions: z.number().int().nonnegative(),
  deletions: z.number().int().nonnegative(),
  /** Target of a symlink (mode 120000) on either side, else null. */
  linkTarget: z.string().nullable(),
  /** Bounded at 5,000 lines a file and 200,000 lines a diff; `truncated` says that lines, or ends of lines, are missing. */
  added: z.array(NumberedLine),
  removed: z.array(NumberedLine),
  truncated: z.boolean(),
})
export type DiffFile = z.infer<typeof DiffFile>

/** The diff from the merge base of two commits to the head, always from git (design: never from the files API). */
export const DiffBody = z.object({
  mergeBase: Sha,
  /** Digest over path, modes and blob ids of every changed file: what the review approval binds to (A2). */
  digest: Digest,
  files: z.array(DiffFile).max(3000),
})
export type DiffBody = z.infer<typeof DiffBody>

/** Commits of base..head read from git: the only source for who wrote what, beside GitHub's account mapping (T6). */
export const CommitBody = z.object({
  sha: Sha,
  tree: Sha,
  parents: z.array(Sha).max(64),
  authorName: z.string(),
  authorEmail: z.string(),
  committerName: z.string(),
  committerEmail: z.string(),
  /** Cut at 200,000 characters. */
  message: z.string(),
  /** True when the commit changes nothing against its first parent. */
  empty: z.boolean(),
})
export type CommitBody = z.infer<typeof CommitBody>

/** How one policy command ended in the sandbox on a clean checkout of one commit. */
export const CommandBody = z.object({
  exitCode: z.number().int().nullable(),
  /** Set when a limit ended it: time, memory, processes, output, disk. */
  stoppedBy: z.enum(['time', 'memory', 'output', 'disk', 'stop']).nullable(),
  /** The last 20,000 characters of stdout and stderr together, control characters removed. */
  outputTail: z.string().max(20_000),
  durationMs: z.number().nonnegative(),
  ...reportFields,
})
export type CommandBody = z.infer<typeof CommandBody>

/** Names of policy commands. */
export const CommandName = z.enum(['setup', 'typecheck', 'lint', 'test', 'integration', 'build', 'audit'])
export type CommandName = z.infer<typeof CommandName>

/** A report by its place in a checkout or in an artifact. */
export const ReportFile = z.object({ format: ReportFormat, path: RepositoryPath })
export type ReportFile = z.infer<typeof ReportFile>

export const CommandSpec = z.object({
  /** Shell text run by `/bin/sh -c` in the sandbox at the repository's root. */
  run: z.string().min(1).max(2000),
  timeoutSeconds: z.number().int().min(1).max(3600),
  memoryMb: z.number().int().min(64).max(16_384),
  /** Paths that the command writes; formats are told by `format`. */
  reports: z.array(ReportFile).max(10),
})
export type CommandSpec = z.infer<typeof CommandSpec>

/** An import, a package or a called name on an added line that leads nowhere (P4, G14). */
export const UnresolvedReference = z.object({
  path: gitPath,
  line: z.number().int().positive(),
  /** `import`: a module or file; `package`: of the manifest; `name`: taken from a module that has none such; `call`. */
  kind: z.enum(['import', 'package', 'name', 'call']),
  text: z.string().max(300),
  /** False where only the build tool or the type checker can tell: such a finding is shown and never fails. */
  certain: z.boolean(),
  why: z.string().max(1000),
  /** The nearest names that do exist, best first. */
  near: z.array(z.string().max(300)).max(3),
})
export type UnresolvedReference = z.infer<typeof UnresolvedReference>

export const ReferencesBody = z.object({
  /** Changed files of a known language that were read. */
  filesRead: z.number().int().nonnegative(),
  unresolved: z.array(UnresolvedReference).max(500),
  /** What could not be looked at, so that it is not taken for fine. */
  unchecked: z.array(z.object({ path: gitPath, reason: z.string().max(500) })).max(200),
})
export type ReferencesBody = z.infer<typeof ReferencesBody>

const NamedSource = z.object({ name: z.string().max(60), source: MonitorSource })
const MonitorsBody = z.object({
  readings: z.array(z.object({ name: z.string().max(60), reading: MonitorReading })).max(21),
})

const Shas = z.array(Sha).min(1).max(20)

/** What to collect: a closed union, each member with the inputs that fix its result. */
export const EvidenceRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('diff'), base: Sha, head: Sha }),
  z.object({ kind: z.literal('commits'), base: Sha, head: Sha }),
  /** What the added lines of a diff refer to, resolved at the head (P4, G14). */
  z.object({ kind: z.literal('references'), base: Sha, head: Sha }),
  z.object({ kind: z.literal('citations'), base: Sha, citations: z.array(Citation).max(100) }),
  z.object({
    kind: z.literal('command'),
    sha: Sha,
    name: CommandName,
    spec: CommandSpec,
    setup: CommandSpec.nullable(),
    /** Absent for the run that gates judge; the others show whether a result is the same every time (P5). */
    again: z.number().int().min(2).max(10).optional(),
  }),
  /**
   * The reports in an artifact of one ended attempt of one workflow run (G18). The run is looked up by its id, and must
   * still be of this workflow file, event and commit: a name proves nothing (T15).
   */
  z.object({
    kind: z.literal('reports'),
    sha: Sha,
    run: z.number().int().positive(),
    attempt: z.number().int().positive(),
    workflow: z.string().max(300),
    event: z.string().max(60),
    artifact: z.string().max(300),
    files: z.array(ReportFile).min(1).max(20),
  }),
  /** Tree of `git merge-tree` of two commits, or conflicts: proves a clean update merge (T11). */
  z.object({ kind: z.literal('mergeTree'), first: Sha, second: Sha }),
  /**
   * Whether a commit takes others back, and does nothing else: what it says of itself proves nothing (R1, T41). With
   * `onto`, whether all that lies between the two does, where the others had anything; it may do more elsewhere.
   */
  z.object({ kind: z.literal('revert'), commit: Sha, onto: Sha.optional(), of: Shas }),
  /**
   * Where the lines of a file at `from` are at `to`, renames followed (F2, T32). With `base`, the lines are those of the
   * merge base of `from` and `base`: the left side of a diff; `path` is then still the name at `from`.
   */
  z.object({ kind: z.literal('lineMap'), from: Sha, to: Sha, base: Sha.nullable(), path: gitPath }),
  /** What monitors showed at one moment of a deployment's window; App clock, milliseconds since 1970 (R3). */
  z.object({
    kind: z.literal('sample'),
    deployment: z.number().int(),
    atMs: z.number().int().nonnegative(),
    /** A source without a past is asked until then; what it shows later says nothing of that moment. */
    untilMs: z.number().int().nonnegative(),
    sources: z.array(NamedSource).max(21),
  }),
  /** What they showed before the deployment, as the mean over a time range. */
  z.object({
    kind: z.literal('baseline'),
    deployment: z.number().int(),
    fromMs: z.number().int().nonnegative(),
    toMs: z.number().int().nonnegative(),
    sources: z.array(NamedSource).max(21),
  }),
  /** The canary's requests to a deployment (R1). */
  z.object({
    kind: z.literal('probes'),
    deployment: z.number().int(),
    url: z.string().max(2000),
    checks: z.array(ProbeCheck).max(20),
  }),
])
export type EvidenceRequest = z.infer<typeof EvidenceRequest>
export type EvidenceKind = EvidenceRequest['kind']

export const CitationsBody = z.object({
  results: z.array(
    z.object({
      citation: Citation,
      resolved: z.boolean(),
      reason: z.string().optional(),
      nearby: z.array(NumberedLine).max(5).optional(),
    }),
  ),
})
export const CommitsBody = z.object({ commits: z.array(CommitBody).max(250) })
export const evidenceBodies = {
  diff: DiffBody,
  commits: CommitsBody,
  references: ReferencesBody,
  citations: CitationsBody,
  command: CommandBody,
  reports: Reports,
  mergeTree: MergeTreeBody,
  revert: RevertBody,
  lineMap: LineMapBody,
  sample: MonitorsBody,
  baseline: MonitorsBody,
  probes: z.object({ results: z.array(ProbeResult).max(20) }),
} as const
export type EvidenceBody<K extends EvidenceKind> = z.infer<(typeof evidenceBodies)[K]>

/** `failed` is an answer, never a pass: the gate says what could not be collected and why. */
export type EvidenceResult<K extends EvidenceKind = EvidenceKind> =
  | { ok: true; body: EvidenceBody<K> }
  | { ok: false; reason: string }

/** The key under which the result of a request is kept. */
export function evidenceKey(repository: RepositoryName, request: EvidenceRequest): Digest {
  return digestOf({ repository, request })
}

/** A read-only view over collected evidence. `undefined` means that it has not been collected yet. */
export interface EvidenceView {
  get<R extends EvidenceRequest>(request: R): EvidenceResult<R['kind']> | undefined
}

/** A view over a growing set of results; keys that were never loaded read as not collected yet. */
export function viewOf(
  repository: RepositoryName,
  results: ReadonlyMap<Digest, EvidenceResult>,
): EvidenceView {
  return {
    get<R extends EvidenceRequest>(request: R) {
      // The key covers the kind, so the result under it is of that kind.
      return results.get(evidenceKey(repository, request)) as EvidenceResult<R['kind']> | undefined
    },
  }
}
