/** A proposal for an incomplete issue: where its parts go, and whether the issue would be complete with them (D2, D4). */
import type { Parts } from '../core/draft.ts'
import { type PartName, partNames, partOf, parts, readBundle } from './bundle.ts'
import { formText, hiddenIn, readsBack } from './formText.ts'
import { headingsOf, maskComments } from './sections.ts'

/** GitHub's bound on the text of an issue. */
const longestBody = 65_536

/**
 * The text with the proposed parts. A part that stands there, however incomplete, is replaced with all that
 * belongs to it; one that does not is added at the end. Everything else stays, byte for byte but for line ends.
 */
export function withParts(body: string, proposal: Parts): string {
  const text = body.replace(/\r\n?/g, '\n')
  const lines = text.split('\n')
  const standing = headingsOf(maskComments(text).split('\n')).flatMap(({ at, title }) => {
    const part = partOf(title)
    return part ? [{ at, part }] : []
  })
  const proposed = partNames.filter((part) => proposal[part] !== undefined)
  const added = proposed.filter((part) => !standing.some((one) => one.part === part))
  for (const part of [...proposed].sort((a, b) => placeOf(standing, b) - placeOf(standing, a))) {
    const index = standing.findIndex((one) => one.part === part)
    if (index === -1) continue
    const from = standing[index]?.at ?? 0
    const to = standing[index + 1]?.at ?? lines.length
    lines.splice(from, to - from, ...formText({ [part]: proposal[part] }).split('\n'), '')
  }
  const end = added.map((part) => formText({ [part]: proposal[part] }))
  return [lines.join('\n').trimEnd(), ...end].join('\n\n').trim()
}

function placeOf(standing: readonly { at: number; part: PartName }[], part: PartName): number {
  return standing.find((one) => one.part === part)?.at ?? -1
}

/**
 * Why a proposal does not do, one sentence each; empty when the issue is complete with it.
 *
 * @param lacking headings of the parts that had a gap: these, and no others, are proposed.
 */
export function gapsOfDraft(body: string, lacking: readonly string[], proposal: Parts): string[] {
  const { goal, criteria, constraints, priorArt } = proposal
  const hidden = hiddenIn([
    goal ?? '',
    ...(criteria ?? []).flatMap((one) => [one.statement, one.passExample, one.failExample]),
    ...(constraints ?? []),
    ...(priorArt ?? []),
  ])
  if (hidden) return [hidden]
  const extra = partNames.filter(
    (part) => proposal[part] !== undefined && !lacking.includes(parts[part].heading),
  )
  const missing = partNames.filter(
    (part) => proposal[part] === undefined && lacking.includes(parts[part].heading),
  )
  if (extra.length > 0 || missing.length > 0)
    return [
      ...extra.map(
        (part) => `${parts[part].heading} has no gap; leave it out, it stays as the person wrote it.`,
      ),
      ...missing.map((part) => `${parts[part].heading} has a gap and is not proposed.`),
    ]
  const text = withParts(body, proposal)
  if (text.length > longestBody)
    return [
      `With the proposal the issue has ${text.length} characters; GitHub takes ${longestBody}. Say it shorter.`,
    ]
  const reading = readBundle(text)
  return reading.ok
    ? readsBack(proposal, reading.bundle)
    : reading.gaps.map(({ part, problem, howTo }) => `${part} ${problem}. ${howTo}`)
}
