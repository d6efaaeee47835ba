/** The text with which a phase is handed to a person: what was tried, and the three things that a person can do (P3). */
import { bounded, outgoingText } from '../core/outgoingText.ts'
import type { PhaseState } from './attempts.ts'
import { objectionsTo, objectorNames } from './objections.ts'

/** GitHub's bound on a comment is 65,536 characters; what a person can do must still stand below what was tried. */
const longestTried = 30_000

/** Markdown for the hand-off comment. Model text and command output in it are made harmless (T28). */
export function handOffText(state: PhaseState, reason: string, pull: number | null): string {
  const tried = state.attempts.flatMap((one) => {
    const problems = objectionsTo(one).map(
      ({ by, text }) => `   - ${objectorNames[by]}: ${outgoingText(text, { inline: true, most: 700 })}`,
    )
    return [`${one.attempt}. ${one.model}, $${(one.ended?.costUsd ?? 0).toFixed(2)}`, ...problems]
  })
  return [
    `The phase **${state.phase}** is handed to a person: ${outgoingText(reason, { inline: true })}. It is not done.`,
    '',
    '**Tried**',
    tried.length > 0 ? bounded(tried.join('\n'), longestTried) : 'Nothing yet.',
    '',
    '**What a person with write access can do**',
    '1. Comment `/agent retry`: the session goes on with all objections above and a fresh count of attempts.',
    '2. Change the issue and set the label again: the work starts over with the new bundle.',
    pull === null
      ? '3. Do the work by hand, and comment `/agent stop` here.'
      : `3. Finish the draft pull request #${pull} by hand, and comment \`/agent stop\` here.`,
  ].join('\n')
}
