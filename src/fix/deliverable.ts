/** What a fix session hands in, and the objections of code against it (F2, F3). */
import { z } from 'zod'
import { RepositoryPath } from '../core/citation.ts'
import { ReworkCause } from '../core/facts/fix.ts'

const line = z.number().int().positive().max(10_000_000)

export const FixDeliverable = z.strictObject({
  summary: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .describe('One sentence in the imperative, for the commit message.'),
  answers: z
    .array(
      z.strictObject({
        thread: z.number().int().positive().describe('The number of the thread as listed.'),
        outcome: z.enum(['fixed', 'cannot']),
        answer: z
          .string()
          .trim()
          .min(1)
          .max(1500)
          .describe('To the reviewer: what was changed, or why it cannot be done here.'),
      }),
    )
    .min(1)
    .max(50),
  needs: z
    .array(
      z.strictObject({ path: RepositoryPath, from: line, to: line, why: z.string().trim().min(1).max(500) }),
    )
    .max(10)
    .default([])
    .describe('Lines outside the region that would have to change as well.'),
  cause: ReworkCause.default('other').describe(
    'Why the change had to be commented: an interface that does not exist, a vague specification, more than was asked for, a pattern foreign to this repository, or another reason.',
  ),
})
export type FixDeliverable = z.infer<typeof FixDeliverable>

/**
 * What is wrong with the answers, given what the session changed.
 *
 * @param threads how many threads it was given; they are numbered from 1.
 */
export function objectionsTo(deliverable: FixDeliverable, threads: number, changed: boolean): string[] {
  const objections: string[] = []
  const answered = new Set(deliverable.answers.map((one) => one.thread))
  for (let number = 1; number <= threads; number++)
    if (!answered.has(number)) objections.push(`Thread ${number} has no answer.`)
  for (const number of answered)
    if (number > threads) objections.push(`There is no thread ${number}; there are ${threads}.`)
  if (answered.size !== deliverable.answers.length) objections.push('A thread is answered twice.')
  const fixed = deliverable.answers.some((one) => one.outcome === 'fixed')
  if (fixed && !changed)
    objections.push(
      'An answer says "fixed" and the text of the region is as it was. Change it, or answer "cannot" and say why.',
    )
  if (!fixed && changed)
    objections.push(
      'The region was changed and no answer says "fixed". Put the text back, or say which thread it fixes.',
    )
  return objections
}
