/** The words and colours of states, the same wherever they stand. */
import { checkNames } from '../core/checkRun.ts'
import type { Verdict } from '../core/verdict.ts'
import type { CheckVerdict, PullVerdicts } from '../subjects/pull.ts'
import type { RolloutVerdicts } from '../subjects/rollout.ts'
import type { PhaseView, PhaseWord, TaskView } from '../subjects/task.ts'
import type { Tone } from './html.ts'
import type { TaskLook } from './looks.ts'

export interface Word {
  tone: Tone
  word: string
}

const verdictWords: Record<Verdict['state'], Word> = {
  pass: { tone: 'good', word: 'passes' },
  flag: { tone: 'asks', word: 'look' },
  wait: { tone: 'busy', word: 'waits' },
  fail: { tone: 'bad', word: 'fails' },
}
export const verdictWord = ({ state }: Verdict): Word => verdictWords[state]

/** A check run: one that shows buttons waits for a person. */
export function checkWord(check: CheckVerdict): Word {
  return check.verdict.state === 'wait' && check.buttons.length > 0
    ? { tone: 'asks', word: 'asks' }
    : verdictWord(check.verdict)
}

/** The three checks of a pull request by their short names; where several share the commit, what the runs then show. */
export function checksOf({ plan, gates, review, shared }: PullVerdicts): { name: string; word: Word }[] {
  const names = checkNames.map((name) => name.replace('countersign/', ''))
  const checks = [plan, gates, review]
  const conjunction = shared && [shared.plan, shared.gates, shared.review]
  return checks.map((check, at) => ({
    name: names[at] ?? '',
    word: conjunction?.[at] ? verdictWord(conjunction[at]) : checkWord(check),
  }))
}

const phaseTones: Record<PhaseWord, Tone> = {
  'not yet': 'quiet',
  running: 'busy',
  checking: 'busy',
  validating: 'busy',
  asks: 'asks',
  'goes back': 'asks',
  accepted: 'good',
  'needs a person': 'bad',
}
export const phaseWord = ({ word }: PhaseView): Word => ({ tone: phaseTones[word], word })

/** A candidate for an environment: what a person has to do stands out from what passes by itself. */
export function wayWord({ go, approval, askable }: RolloutVerdicts): Word {
  if (go.state === 'pass') return { tone: 'good', word: 'may come' }
  if (go.state === 'fail') return { tone: 'bad', word: 'held back' }
  return askable && approval?.verdict.state === 'wait'
    ? { tone: 'asks', word: 'asks a person' }
    : { tone: 'busy', word: 'waits' }
}

/** Where a task stands, in one word. */
export function taskWord({ snapshot, verdicts }: TaskLook, { stopped }: TaskView): Word {
  if (snapshot.missing.length > 0) return { tone: 'quiet', word: 'not readable' }
  if (snapshot.pull?.pull.state === 'merged') return { tone: 'good', word: 'merged' }
  if (stopped) return { tone: 'quiet', word: 'stopped' }
  switch (verdicts.step.waits) {
    case 'person':
      return { tone: 'asks', word: 'waits for a person' }
    case 'machine':
      return { tone: 'busy', word: 'at work' }
    case 'nothing':
      return { tone: 'quiet', word: 'over' }
    default:
      return verdicts.step.waits satisfies never
  }
}
