/** Git, Workspace and Sandbox: mirrors, worktrees, commits made by plumbing, and commands run without capabilities. */
import type { CommandBody, CommandSpec, EvidenceRequest, EvidenceResult } from '../evidence.ts'
import type { RepositoryName, Sha } from '../ids.ts'
import type { ReportsRequest } from './observations.ts'

export interface CommitIdentity {
  name: string
  email: string
}

export interface CommitInput {
  parent: Sha
  /** The whole message, UTF-8; trailers included. */
  message: string
  author: CommitIdentity
  /** Seconds since 1970 from the App's clock, so that commits are reproducible. */
  timeSeconds: number
}

/** What a commit does to one path. Modes are git's: 100644, 100755, 120000 for a link. */
export type PathChange =
  | { path: string; kind: 'put'; mode: string; blob: Sha; bytes: number }
  | { path: string; kind: 'delete' }

/** A commit as it would have to be made again elsewhere. */
export interface CommitContent {
  sha: Sha
  parent: Sha
  parentTree: Sha
  tree: Sha
  /** The whole message, byte for byte. */
  message: string
  /** From the parent to this commit. */
  changes: PathChange[]
}

/** Evidence over commits alone; commands need the sandbox, and reports of CI need GitHub. */
export type GitRequest = Exclude<
  EvidenceRequest,
  { kind: 'command' | 'reports' | 'sample' | 'baseline' | 'probes' }
>

/** One bare mirror a repository. All reads are of objects; no hook, filter, config or submodule of it ever runs (T26). */
export interface Git {
  /** Fetch what is needed to have these commits, under the mirror's mutex. Rejects with Terminal when GitHub has none. */
  ensure(repository: RepositoryName, shas: Sha[]): Promise<void>
  /** Collect what git alone can tell. */
  collect(repository: RepositoryName, request: GitRequest): Promise<EvidenceResult>
  /** The text of a file at a commit, or null; bounded at 1 MB. */
  read(repository: RepositoryName, sha: Sha, path: string): Promise<string | null>
  /** The bytes of a file at a commit, exactly; null where there is no blob, or one over 1 MB. */
  bytes(repository: RepositoryName, sha: Sha, path: string): Promise<Uint8Array | null>
  /** A commit that changes nothing (the plan commit). */
  commitEmpty(repository: RepositoryName, input: CommitInput): Promise<Sha>
  /** The commits after `onto` up to `tip`, oldest first, each on the one before. Bug for anything but such a line of 250. */
  contents(repository: RepositoryName, onto: Sha, tip: Sha): Promise<CommitContent[]>
  /** The bytes of a blob, exactly. */
  blob(repository: RepositoryName, blob: Sha): Promise<Uint8Array>
  /**
   * Push one commit to one branch under `refs/heads/agent/` with a lease: `expected` is what the branch must hold now,
   * null means that it must not exist. `moved` when it holds something else, `gone` when it should hold something and
   * does not exist; `done` also when it already holds `sha`.
   */
  push(
    repository: RepositoryName,
    input: { branch: string; sha: Sha; expected: Sha | null },
  ): Promise<'done' | 'moved' | 'gone'>
  /**
   * Push one commit to the branch of a pull request, whatever its name, only when it holds `expected` and only forwards.
   * The caller has made sure that no rule protects the branch (F2).
   */
  pushFix(
    repository: RepositoryName,
    input: { branch: string; sha: Sha; expected: Sha },
  ): Promise<'done' | 'moved' | 'gone'>
}

/** git's modes of a changed path (100644, 100755, 120000 for a link, 160000) in the parent and now; null where absent. */
export interface ChangedModes {
  before: string | null
  after: string | null
}

/** A ticket's checkout. The session's file tools work in `directory`; it holds no credentials. */
export interface Worktree {
  directory: string
  head: Sha
  /**
   * Commit every changed path that `allowed` lets through, by plumbing (never `add -A`). Returns null when nothing
   * changed, or the refused paths when something outside was touched; nothing is trimmed silently. `reasons` says why
   * a path is refused that `allowed` would let through (a link out of the tree, a repository of its own, too large).
   */
  commit(
    input: CommitInput,
    allowed: (path: string, modes: ChangedModes) => boolean,
  ): Promise<{ sha: Sha | null; refused: string[]; reasons?: Record<string, string> }>
  /** Put the files back to a commit, discarding what the session left. */
  reset(sha: Sha): Promise<void>
}

/** What a worktree is for: a name of our own within a repository. */
export interface Ticket {
  repository: RepositoryName
  ticket: string
}

export interface Workspace {
  /**
   * The worktree of one ticket at `sha`; the same ticket gets the same folder again after a crash. Rejects with Terminal
   * when a new one would leave less free space on the disk than the operator wants kept.
   */
  open(repository: RepositoryName, ticket: string, sha: Sha): Promise<Worktree>
  /** The tickets that have a worktree on this machine. */
  tickets(): Promise<Ticket[]>
  /** Remove a ticket's worktree and its refs. */
  close(repository: RepositoryName, ticket: string): Promise<void>
  /**
   * Run a policy command on a clean, throw-away checkout of a commit; `setup` runs once per lockfile digest before it.
   * Reads the named reports. A refusal of the sandbox is a failed result with its reason, never a pass.
   */
  runAt(
    repository: RepositoryName,
    request: Extract<EvidenceRequest, { kind: 'command' }>,
    signal: AbortSignal,
  ): Promise<EvidenceResult<'command'>>
  /**
   * Read the named reports out of an artifact's zip archive. One that hides what it would unpack to (a bomb, a path out
   * of the archive, a link, two files of one name, encryption) is a failed result with its reason.
   */
  readArtifact(
    repository: RepositoryName,
    request: ReportsRequest,
    zip: Uint8Array,
  ): Promise<EvidenceResult<'reports'>>
  /**
   * Run a command in the ticket's worktree, for the session's `run` tool. With `setup`, what it makes of the lockfiles
   * is put into the worktree first, once; a setup that fails is a result with its output and exit code 1.
   */
  runIn(
    worktree: Worktree,
    spec: CommandSpec,
    signal: AbortSignal,
    setup?: CommandSpec | null,
  ): Promise<CommandBody>
}

/** What a sandboxed process gets: one writable folder, no network, no secrets, bounds on everything (T25, T30). */
export interface SandboxRequest {
  /** Absolute host path of the folder that is writable inside, at the same place. */
  directory: string
  /** Shell text for `/bin/sh -c`. */
  run: string
  timeoutMs: number
  memoryMb: number
  /** Cap on stdout plus stderr, bytes. */
  outputBytes: number
  /** Further read-only host folders, e.g. prepared dependencies. */
  readOnly: string[]
}

export interface SandboxResult {
  exitCode: number | null
  stoppedBy: CommandBody['stoppedBy']
  /** The last bytes of stdout and stderr in the order they came, as text with control characters removed. */
  outputTail: string
  durationMs: number
}

export interface Sandbox {
  /** The self-test, judged from the host: `ok` false names the first property that does not hold. */
  selfTest(): Promise<{ ok: true } | { ok: false; reason: string }>
  run(request: SandboxRequest, signal: AbortSignal): Promise<SandboxResult>
}
