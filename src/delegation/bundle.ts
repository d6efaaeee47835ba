/** Read the delegation bundle out of an issue body, or say part by part what is missing and how to write it (D2). */
import { Bundle, riskClasses } from '../core/bundle.ts'
import { digestOf } from '../core/digest.ts'
import { hiddenCharacters } from '../core/hiddenText.ts'
import type { Digest } from '../core/ids.ts'
import { readCriteria } from './criteria.ts'
import { itemsOf, readSections } from './sections.ts'
import { vagueWords } from './vague.ts'

/** One gap of the bundle: which part, what is wrong, and what to write instead. */
export interface Gap {
  part: string
  problem: string
  howTo: string
}

export type BundleReading =
  | { ok: true; bundle: Bundle; digest: Digest; notes: string[] }
  | { ok: false; gaps: Gap[]; notes: string[]; hidden: boolean }

/** The parts in the order of the issue form; `titles` are the headings that count, in lower case. */
export const parts = {
  goal: { heading: 'Goal', titles: ['goal', 'problem', 'what', 'summary'] },
  criteria: { heading: 'Acceptance criteria', titles: ['acceptance criteria', 'criteria', 'acceptance'] },
  constraints: { heading: 'Constraints', titles: ['constraints', 'constraint'] },
  priorArt: { heading: 'Prior art', titles: ['prior art', 'references', 'related'] },
  riskClass: { heading: 'Risk class', titles: ['risk class', 'risk'] },
} as const

export type PartName = keyof typeof parts
export const partNames = Object.keys(parts) as PartName[]

/** The part that a heading begins, or null. */
export function partOf(title: string): PartName | null {
  const plain = plainTitle(title)
  return partNames.find((part) => (parts[part].titles as readonly string[]).includes(plain)) ?? null
}

/** What to type for each part; also the text of the issue form's fields. */
export const howToWrite = {
  goal: 'Under "### Goal", say in a sentence or two what should be true afterwards and for whom.',
  criteria:
    'Under "### Acceptance criteria", write one list item for each, with "Pass example:" and "Fail example:" lines below it.',
  constraints: 'Under "### Constraints", write one list item for each limit, or "none".',
  priorArt:
    'Under "### Prior art", list files of this repository, issues or pull requests to follow, e.g. `src/parse.ts`, `#12`.',
  riskClass: 'Under "### Risk class", write low, medium or high.',
} as const

/**
 * Read the bundle.
 *
 * @param body the issue's body as Markdown, at most 65,536 characters of it are read.
 * @returns the bundle with its digest, or every gap. Hidden characters are a gap with their code points, whatever else
 *   the body says (D4); HTML comments are left out and a note says so.
 */
export function readBundle(body: string): BundleReading {
  const hidden = hiddenCharacters(body, 10)
  if (hidden.length > 0) return { ok: false, gaps: [hiddenGap(hidden)], notes: [], hidden: true }
  const { sections, removedComments } = readSections(body)
  const notes =
    removedComments > 0
      ? [
          `${removedComments} HTML comment${removedComments === 1 ? ' was' : 's were'} left out: nobody sees them on the page.`,
        ]
      : []
  const linesOf = (titles: readonly string[]) => {
    const at = sections.findIndex(({ title }) => titles.includes(plainTitle(title)))
    return at === -1 ? null : sectionWithChildren(sections, at)
  }

  const gaps: Gap[] = []
  const gap = (part: keyof typeof howToWrite, problem: string) =>
    gaps.push({ part: parts[part].heading, problem, howTo: howToWrite[part] })

  const goal = (linesOf(parts.goal.titles) ?? []).join('\n').trim()
  if (goal === '') gap('goal', 'is missing')
  const { criteria, gaps: criteriaGaps } = readCriteria(linesOf(parts.criteria.titles) ?? [])
  for (const problem of criteriaGaps) gap('criteria', problem)
  const constraints = itemsOf(linesOf(parts.constraints.titles) ?? [])
  if (constraints.length === 0) gap('constraints', 'are missing')
  const priorArt = itemsOf(linesOf(parts.priorArt.titles) ?? []).flatMap(referencesOf)
  if (priorArt.length === 0) gap('priorArt', 'is missing or names no file, issue or pull request')
  const risk = (linesOf(parts.riskClass.titles) ?? [])
    .join(' ')
    .trim()
    .toLowerCase()
    .replace(/[.*`_]/g, '')
  const riskClass = riskClasses.find((known) => known === risk)
  if (!riskClass) gap('riskClass', risk === '' ? 'is missing' : 'is none of low, medium, high')

  for (const [part, texts] of [
    ['goal', [goal]],
    ['criteria', criteria.flatMap((one) => [one.statement, one.passExample, one.failExample])],
  ] as const) {
    const vague = vagueWords(texts)
    if (vague.length > 0)
      gap(
        part,
        `is vague: ${vague.map((word) => `"${word}"`).join(', ')} can be read in more than one way; say what is measured`,
      )
  }
  if (gaps.length > 0) return { ok: false, gaps, notes, hidden: false }
  const bundle = Bundle.safeParse({ goal, criteria, constraints, priorArt, riskClass })
  if (!bundle.success) return { ok: false, gaps: schemaGaps(bundle.error.issues), notes, hidden: false }
  return { ok: true, bundle: bundle.data, digest: digestOf(bundle.data), notes }
}

/** The digest that a frozen bundle carries. */
export function bundleDigest(bundle: Bundle): Digest {
  return digestOf(bundle)
}

/** Prior-art references that do not resolve, as gaps. A reference that could not be looked up is not a gap yet. */
export function unresolvedGaps(bundle: Bundle, resolves: ReadonlyMap<string, boolean>): Gap[] {
  const broken = bundle.priorArt.filter((reference) => resolves.get(reference) === false)
  if (broken.length === 0) return []
  const named = broken.map((reference) => `"${reference.slice(0, 80)}"`).join(', ')
  return [
    {
      part: parts.priorArt.heading,
      problem: `names what does not exist: ${named}`,
      howTo: howToWrite.priorArt,
    },
  ]
}

function hiddenGap(found: ReturnType<typeof hiddenCharacters>): Gap {
  const named = found.map(
    ({ codePoint, name, line, column }) => `${codePoint} (${name}) at line ${line}, column ${column}`,
  )
  return {
    part: 'Whole text',
    problem: `holds hidden characters: ${named.join('; ')}`,
    howTo:
      'Delete these characters from the issue. They are never stripped for you, since what a reader sees must be what is frozen (D4).',
  }
}

function schemaGaps(issues: readonly { path: PropertyKey[]; message: string }[]): Gap[] {
  return issues.slice(0, 10).map(({ path, message }) => {
    const part = partNames.find((known) => known === path[0]) ?? 'goal'
    return { part: parts[part].heading, problem: `does not fit (${message})`, howTo: howToWrite[part] }
  })
}

/** A heading with its deeper-looking neighbours: criteria are often written as one heading each. */
function sectionWithChildren(sections: readonly { title: string; lines: string[] }[], at: number): string[] {
  const lines = [...(sections[at]?.lines ?? [])]
  for (const next of sections.slice(at + 1)) {
    if (partOf(next.title)) break
    lines.push(`- ${next.title}`, ...next.lines)
  }
  return lines
}

function plainTitle(title: string): string {
  return title
    .toLowerCase()
    .replace(/[*_`:]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The references in one prior-art item: code spans and links first, else words that look like one. */
function referencesOf(item: string): string[] {
  const found = [
    ...item.matchAll(
      /`([^`\n]{1,500})`|\]\((\S{1,500}?)\)|(?<![\w/`])((?:[\w.-]+\/[\w.-]+)?#\d{1,9})\b|(https:\/\/\S{1,500})|((?:[\w.-]+\/)+[\w.-]+|[\w-]+\.[a-z]{1,5})(?=$|[\s,;:)])/g,
    ),
  ]
  const references = found.flatMap((match) => match.slice(1).filter((part) => part !== undefined))
  return [
    ...new Set(references.map((reference) => reference.replace(/[.,;)]+$/, '').trim()).filter(Boolean)),
  ].slice(0, 50)
}

/** What a gap becomes under `bundle: warn`: said openly, so that neither session nor approver takes it for a decision. */
const notGiven = 'not given'

/**
 * A bundle made of what there is, for `bundle: warn` (D2). Hidden characters are never let through.
 *
 * @returns null when the text holds hidden characters.
 */
export function lenientBundle(body: string, title: string): Bundle | null {
  if (hiddenCharacters(body, 1).length > 0) return null
  const { sections } = readSections(body)
  const linesOf = (titles: readonly string[]) => {
    const at = sections.findIndex((section) => titles.includes(plainTitle(section.title)))
    return at === -1 ? [] : sectionWithChildren(sections, at)
  }
  const orNotGiven = (items: string[]) =>
    (items.length > 0 ? items : [notGiven]).map((item) => item.slice(0, 4000))
  const { criteria } = readCriteria(linesOf(parts.criteria.titles))
  const given = criteria.length > 0 ? criteria : [{ statement: title, passExample: '', failExample: '' }]
  const risk = linesOf(parts.riskClass.titles).join(' ').trim().toLowerCase()
  const bundle = Bundle.safeParse({
    goal: linesOf(parts.goal.titles).join('\n').trim().slice(0, 4000) || title || notGiven,
    criteria: given.map((one) => ({
      statement: (one.statement || notGiven).slice(0, 4000),
      passExample: (one.passExample || notGiven).slice(0, 4000),
      failExample: (one.failExample || notGiven).slice(0, 4000),
    })),
    constraints: orNotGiven(itemsOf(linesOf(parts.constraints.titles))).slice(0, 50),
    priorArt: orNotGiven(itemsOf(linesOf(parts.priorArt.titles)).flatMap(referencesOf))
      .map((item) => item.slice(0, 500))
      .slice(0, 50),
    // Unsaid risk is not low risk.
    riskClass: riskClasses.find((known) => known === risk) ?? 'medium',
  })
  return bundle.success ? bundle.data : null
}
