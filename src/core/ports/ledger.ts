/** Ledger: append-only facts in one hash chain a subject; beside them evidence, transcripts and intents. */
import type { Account } from '../account.ts'
import type { EvidenceResult } from '../evidence.ts'
import type { Fact, FactBody, FactKind } from '../facts.ts'
import type { Digest, RepositoryName, SubjectKey } from '../ids.ts'
import type { Amount } from '../usage.ts'

export interface NewFact {
  actor: Account | null
  body: FactBody
  /** Webhook GUID; a second append with the same subject, GUID and body kind is a no-op (S7). */
  delivery?: string
}

/** A subject and when its last fact was recorded. */
export interface LatestSubject {
  key: SubjectKey
  open: boolean
  /** App clock, milliseconds since 1970. */
  atMs: number
}

/** Which facts of a repository are wanted, over all its subjects. */
export interface FactsSince {
  kinds: readonly FactKind[]
  /** Epoch ms, App clock. */
  sinceMs: number
  /** Of more than this only the latest are given. */
  limit: number
  /** Only those of these subjects. */
  subjects?: readonly SubjectKey[]
}

export interface LedgerVerification {
  ok: boolean
  subjects: number
  facts: number
  /** The first link that does not hold, and what is wrong with it. */
  broken: { subject: SubjectKey; seq: number; reason: string } | null
}

export interface Ledger {
  /**
   * Append in one transaction, serialised per subject. With `ifLength`, nothing is written and null is returned when
   * the subject's chain has another length: the round decided on facts that are no longer all (S7).
   */
  append(subject: SubjectKey, facts: NewFact[], options?: { ifLength?: number }): Promise<Fact[] | null>
  facts(subject: SubjectKey): Promise<Fact[]>
  /** Facts after `seq`, for pollers. */
  factsAfter(subject: SubjectKey, seq: number): Promise<Fact[]>
  /** Subjects that the sweep still visits, oldest visit first, bounded by `limit`. */
  openSubjects(limit: number): Promise<SubjectKey[]>
  /** A subject is open from its first fact (or first `setOpen`) until a round closes it; a new fact reopens it. */
  setOpen(subject: SubjectKey, open: boolean): Promise<void>
  isOpen(subject: SubjectKey): Promise<boolean>
  subjects(options?: { prefix?: string; limit?: number }): Promise<SubjectKey[]>
  /** The subjects with the latest facts, newest first: of one repository, or of all. */
  latest(options: { repository?: RepositoryName; limit: number }): Promise<LatestSubject[]>
  /** What the sessions that ended since then (epoch ms) have spent, over all tasks of a repository (P11). */
  spentSince(repository: RepositoryName, sinceMs: number): Promise<Amount>
  /**
   * Facts over all subjects of a repository, oldest first (O2). Deliverables are left out: where one was, there is null, so
   * that a hash of these facts is not that of the chain. `more` is true when the limit left out older ones.
   */
  factsSince(repository: RepositoryName, wanted: FactsSince): Promise<{ facts: Fact[]; more: boolean }>
  evidence(keys: Digest[]): Promise<Map<Digest, EvidenceResult>>
  putEvidence(key: Digest, result: EvidenceResult): Promise<void>
  transcript(session: string): Promise<unknown | null>
  putTranscript(session: string, transcript: unknown): Promise<void>
  /** Small named values of the host: last redelivery poll, conditional-request cache stamps. */
  setting(name: string): Promise<string | null>
  putSetting(name: string, value: string): Promise<void>
  /** True when this intent is new: written before an act that cannot be found again. */
  intend(key: string): Promise<boolean>
  verify(subject?: SubjectKey): Promise<LedgerVerification>
  ping(): Promise<void>
  close(): Promise<void>
}
