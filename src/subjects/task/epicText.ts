/** The split as a person reads it: all of it in one comment, since what is started is what is shown (A2, T28). */

import type { ChildState } from '../../core/facts/epic.ts'
import type { FactBody } from '../../core/facts.ts'
import { outgoingText } from '../../core/outgoingText.ts'
import { code, count, listed, person, short } from '../../core/sentences.ts'
import type { ChildReading } from '../../core/snapshot/task.ts'
import type { Split, SplitChild, SplitRecord } from '../../core/split.ts'
import { bundleText } from '../../delegation/frozen.ts'

/** GitHub takes 65,536 characters; a longer split is an objection, never a cut. */
export const longestSplit = 60_000
/** Longer than any text of a split with all of it escaped. */
const uncut = 40_000

/** The children, each with its whole bundle. */
export function splitText({ summary, children }: Split): string {
  return [
    outgoingText(summary, { inline: true, most: uncut }),
    ...children.flatMap((child, index) => ['', ...childText(child, index + 1)]),
  ].join('\n')
}

function childText({ key, title, route, bundle, covers, dependsOn }: SplitChild, number: number): string[] {
  const after =
    dependsOn.length > 0
      ? `, after ${listed(
          dependsOn.map((one) => code(one)),
          20,
        )}`
      : ''
  const serves = covers.length > 0 ? listed(covers.map(String), 50) : 'none of the epic'
  return [
    `### ${number}. ${outgoingText(title, { inline: true, most: uncut })}`,
    '',
    `${code(key)}, route ${route}${after}; covers criteria: ${serves}`,
    '',
    ...bundleText(bundle, uncut),
  ]
}

/** The comment on a split that waits; `earlier` are open children of a split that was started before. */
export function offeredText(
  { record, digest }: { record: SplitRecord; digest: string },
  earlier: readonly number[],
): string {
  const { children } = record.split
  return [
    `This epic would be split into ${count(children.length, 'issue')}, shown here whole as ${code(short(digest))}. None is created before a person starts it (D5).`,
    '',
    splitText(record.split),
    '',
    ...(earlier.length > 0
      ? [
          `**Still open from an earlier split:** ${listed(
            earlier.map((issue) => `#${issue}`),
            50,
          )}. They go on beside the new ones unless somebody stops or closes them.`,
          '',
        ]
      : []),
    `Someone with write access who agrees comments ${code(`/agent start ${short(digest)}`)} and delegates every one of these issues by that; each still needs the approvals of its own plan and pull request. ${code('/agent reject plan <reason>')} sends the split back, and ${code('/agent route feature')} makes the issue one piece of work again.`,
  ].join('\n')
}

/** The same comment once the split was started. */
export function startedText({ record, digest, by }: Extract<FactBody, { kind: 'split.approved' }>): string {
  return [
    `This epic is split into ${count(record.split.children.length, 'issue')}. ${person(by)} started what is shown here as ${code(short(digest))}, and delegates each of them (D1, D5).`,
    '',
    splitText(record.split),
  ].join('\n')
}

const words: Record<ChildState, string> = {
  waits: 'waits for what it depends on',
  working: 'at work',
  approval: 'waits for approval',
  person: 'needs a person',
  stopped: 'stopped',
  merged: 'merged',
  closed: 'closed without a merge',
}

/** The table of children in the progress comment (O3). GitHub shows title and state of a number that is written bare. */
export function childRows(children: readonly ChildReading[]): string[] {
  if (children.length === 0) return []
  return [
    '',
    '| child | state | pull request |',
    '| --- | --- | --- |',
    ...children.map(
      ({ issue, child, state, pull }) =>
        `| #${issue} ${code(child)} | ${words[state]} | ${pull === null ? '' : `#${pull}`} |`,
    ),
  ]
}
