/** The text of a child issue: where it comes from, what it waits for, and its bundle as the issue form would have it (D5). */
import type { Account } from '../core/account.ts'
import type { Digest } from '../core/ids.ts'
import { code, listed, person, short } from '../core/sentences.ts'
import type { SplitChild } from '../core/split.ts'
import { formText } from './formText.ts'

/**
 * @param epic the number of the issue that was split.
 * @param dependsOn the numbers of the issues that this child waits for.
 */
export function childText(
  child: SplitChild,
  origin: { epic: number; split: Digest; by: Account; dependsOn: readonly number[] },
): string {
  const { epic, split, by, dependsOn } = origin
  const begins =
    dependsOn.length > 0
      ? `It begins when ${listed(
          dependsOn.map((issue) => `#${issue}`),
          20,
        )} ${dependsOn.length === 1 ? 'is' : 'are'} merged.`
      : 'It begins at once.'
  return [
    `Part of #${epic}, on the route ${child.route}. ${begins}`,
    '',
    `A session wrote this text; ${person(by)} started it with the split ${code(short(split))} and delegates it by that (D1). It is frozen: later edits change nothing until someone sets the label here (D4).`,
    '',
    formText(child.bundle),
    '',
  ].join('\n')
}
