/** Queue: four lanes, the last one for work that is brief and looks after deployments. It carries keys and work items, never payloads; losing it loses nothing (T34). */
import type { SubjectKey } from '../ids.ts'
import type { Acknowledgement, WorkItem } from '../work.ts'

export interface QueueHandlers {
  /** One round. Resolves to when the subject wants to be visited again (epoch ms), or null. Rejections are retried. */
  reconcile(key: SubjectKey, signal: AbortSignal): Promise<void>
  acknowledge(item: Acknowledgement, signal: AbortSignal): Promise<void>
  work(item: WorkItem, signal: AbortSignal): Promise<void>
}

/** A number for each lane. */
export interface QueueDepths {
  reconcile: number
  acknowledge: number
  work: number
  watch: number
}

export interface Queue {
  /**
   * Queue a subject's key. A key that waits is not queued twice; one that arrives during its own round runs again
   * afterwards. `delayMs` is for `wake`. Rejects within a second when the backend is down (the webhook then answers 503).
   */
  reconcile(key: SubjectKey, options?: { delayMs?: number }): Promise<void>
  acknowledge(item: Acknowledgement): Promise<void>
  /** Queue work under its idempotency key: an equal item that waits or runs is not queued twice. */
  work(key: string, item: WorkItem): Promise<void>
  /** Start taking jobs with these handlers. Reconcile rounds of one key never overlap. */
  start(handlers: QueueHandlers, concurrency: QueueDepths): Promise<void>
  depths(): Promise<QueueDepths>
  /** Rejects when the backend does not answer. */
  ping(): Promise<void>
  /** Resolves when nothing waits or runs in any lane (delayed keys aside). For tests and the demo. */
  idle(): Promise<void>
  /** Stop taking jobs, abort what runs after `graceMs`, and close connections. */
  close(graceMs?: number): Promise<void>
}
