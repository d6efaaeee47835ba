/** The verdicts on a task: what its round records and does next, and the sentence that says where it stands. */

import type { Account } from '../../core/account.ts'
import type { Action } from '../../core/action.ts'
import type { EvidenceRequest } from '../../core/evidence.ts'
import type { FactBody } from '../../core/facts.ts'

/** What the task waits for now; the progress comment and the needs-human label read it. */
export type Waits = 'person' | 'machine' | 'nothing'

/** The one next step of a task. */
export interface Step {
  waits: Waits
  /** Where the task stands and what happens next, for people. */
  sentence: string
  records: FactBody[]
  /** Sessions, pushes, issuing the plan, marking ready: everything but comments and records. */
  effects: Action[]
  /** Comments of ours that must stand, by marker. */
  comments: { marker: string; body: string }[]
  /** Evidence that the step reads. */
  needs: EvidenceRequest[]
  /** True when nothing more can happen without a new fact. */
  over: boolean
  /** True when it waits for missing parts of the bundle, which a proposal may fill. */
  incomplete?: boolean
}

/** The answer to one request: given once, recorded, and shown as a comment unless `silent`. */
export interface Answer {
  of: number
  actor: Account | null
  outcome: 'accepted' | 'refused'
  sentence: string
  /** Facts that take effect with it, recorded before it. */
  records: FactBody[]
}

export interface TaskVerdicts {
  answers: Answer[]
  /** Commands given on the pull request, to be copied to this task's facts so that they have one order. */
  copied: { actor: Account | null; body: FactBody }[]
  step: Step
}

/** True when work that has begun waits for a person beyond an ordinary approval. */
export function asksPerson({ waits, comments }: Step): boolean {
  return (
    waits === 'person' &&
    comments.some(({ marker }) => /^(handoff|failed|budget|protected|questions)/.test(marker))
  )
}

/** A step with only a sentence; `parts` adds what it does. */
export function step(waits: Waits, sentence: string, parts: Partial<Step> = {}): Step {
  return { waits, sentence, records: [], effects: [], comments: [], needs: [], over: false, ...parts }
}
