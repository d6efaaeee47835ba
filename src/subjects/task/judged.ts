/** The judgement of one command: accepted or refused, with its sentence and the facts that take effect with it. */
import type { FactOf } from '../../core/facts.ts'
import type { Answer } from './verdicts.ts'

export type Command = FactOf<'comment.command'>

export interface Judged {
  outcome: Answer['outcome']
  sentence: string
  records?: Answer['records']
}

export const accepted = (sentence: string, records: Answer['records'] = []): Judged => ({
  outcome: 'accepted',
  sentence,
  records,
})

export const refused = (sentence: string): Judged => ({ outcome: 'refused', sentence })
