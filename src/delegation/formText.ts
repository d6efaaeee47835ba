/** A bundle written the way a person fills the issue form in, so that what is read back is what was written (D2). */
import type { Bundle } from '../core/bundle.ts'
import { digestOf } from '../core/digest.ts'
import type { Parts } from '../core/draft.ts'
import { hiddenCharacters } from '../core/hiddenText.ts'
import { outgoingText } from '../core/outgoingText.ts'
import { code, listed } from '../core/sentences.ts'
import { partNames, parts, readBundle } from './bundle.ts'

/** Longer than any part of a bundle with all of it escaped: nothing is cut on the way out. */
const uncut = 40_000
const line = (text: string) => outgoingText(text, { inline: true, most: uncut })

/** The given parts under the headings of the form; text by others is made harmless (T28). */
export function formText(bundle: Parts): string {
  const { goal, criteria, constraints, priorArt, riskClass } = bundle
  const sections = [
    ...(goal === undefined ? [] : [section('goal', [line(goal)])]),
    ...(criteria === undefined ? [] : [section('criteria', criteria.flatMap(criterionLines))]),
    ...(constraints === undefined
      ? []
      : [
          section(
            'constraints',
            constraints.map((one) => `- ${line(one)}`),
          ),
        ]),
    ...(priorArt === undefined
      ? []
      : [
          section(
            'priorArt',
            priorArt.map((one) => `- ${code(one, 500)}`),
          ),
        ]),
    ...(riskClass === undefined ? [] : [section('riskClass', [riskClass])]),
  ]
  return sections.join('\n\n')
}

function section(part: keyof typeof parts, lines: readonly string[]): string {
  return [`### ${parts[part].heading}`, '', ...lines].join('\n')
}

function criterionLines({ statement, passExample, failExample }: Bundle['criteria'][number]): string[] {
  return [
    `- ${line(statement)}`,
    `  Pass example: ${line(passExample)}`,
    `  Fail example: ${line(failExample)}`,
  ]
}

/**
 * Why a bundle that no person wrote cannot be taken as one: the very judge of people's issues reads it in the form in
 * which it would be written, and what is read must be what was meant.
 *
 * @returns one sentence for each gap; empty when it is complete.
 */
export function gapsOfBundle(bundle: Bundle): string[] {
  const texts = [
    bundle.goal,
    ...bundle.criteria.flatMap((one) => [one.statement, one.passExample, one.failExample]),
    ...bundle.constraints,
    ...bundle.priorArt,
  ]
  const hidden = hiddenIn(texts)
  if (hidden) return [hidden]
  const reading = readBundle(formText(bundle))
  if (!reading.ok) return reading.gaps.map(({ part, problem, howTo }) => `${part} ${problem}. ${howTo}`)
  return readsBack(bundle, reading.bundle)
}

/** A sentence for each part that was not read as it was meant. */
export function readsBack(meant: Parts, read: Bundle): string[] {
  const changed = partNames.filter((part) => {
    const shown = asRead(meant)[part]
    return shown !== undefined && digestOf(read[part]) !== digestOf(shown)
  })
  return changed.map(
    (part) =>
      `${parts[part].heading} cannot be written into an issue and read back unchanged. Use one line of plain words for each text, without list marks, and a plain path or number for each reference.`,
  )
}

/** Hidden characters are named and never stripped (D4); null when there are none. */
export function hiddenIn(texts: readonly string[]): string | null {
  const found = texts.flatMap((text) => hiddenCharacters(text, 5)).slice(0, 5)
  return found.length === 0
    ? null
    : `The text holds hidden characters: ${listed(found.map(({ codePoint, name }) => `${codePoint} (${name})`))}. Write it without them (D4).`
}

/** The bundle as it stands on the page: each text escaped and on one line. */
function asRead({ goal, criteria, constraints, priorArt, riskClass }: Parts): Parts {
  return {
    ...(goal === undefined ? {} : { goal: line(goal) }),
    ...(criteria === undefined
      ? {}
      : {
          criteria: criteria.map((one) => ({
            statement: line(one.statement),
            passExample: line(one.passExample),
            failExample: line(one.failExample),
          })),
        }),
    ...(constraints === undefined ? {} : { constraints: constraints.map(line) }),
    ...(priorArt === undefined ? {} : { priorArt: [...new Set(priorArt)] }),
    ...(riskClass === undefined ? {} : { riskClass }),
  }
}
