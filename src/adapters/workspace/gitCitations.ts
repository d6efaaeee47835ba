/** Citation evidence: a quoted line is compared with that line of the base commit; no parser is needed (P4). */
import type { Citation } from '../../core/citation.ts'
import type { EvidenceResult } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import { readBlobs } from './gitObjects.ts'

const maximumFileBytes = 5 * 1024 * 1024
type Result = Extract<EvidenceResult<'citations'>, { ok: true }>['body']['results'][number]

/** Resolve each citation at the base commit. */
export async function collectCitations(
  directory: string,
  base: Sha,
  citations: readonly Citation[],
): Promise<EvidenceResult<'citations'>> {
  const nameOf = (citation: Citation) => `${base}:${citation.path}`
  const blobs = await readBlobs(directory, citations.map(nameOf), maximumFileBytes)
  const lines = new Map<string, string[]>()
  for (const [name, bytes] of blobs) {
    if (bytes !== 'large') lines.set(name, bytes.toString('utf8').split(/\r?\n/))
  }
  const results = citations.map((citation): Result => {
    const name = nameOf(citation)
    if (blobs.get(name) === 'large')
      return no(citation, `${citation.path} is larger than 5 MB and cannot be cited.`)
    const text = lines.get(name)
    if (!text) return no(citation, `${citation.path} does not exist in ${base.slice(0, 12)}.`)
    return resolve(citation, text)
  })
  return { ok: true, body: { results } }
}

function no(citation: Citation, reason: string): Result {
  return { citation, resolved: false, reason }
}

function resolve(citation: Citation, text: readonly string[]): Result {
  const quote = citation.quote.trim()
  if (text[citation.line - 1]?.trim() === quote && quote !== '') return { citation, resolved: true }
  const equal = text.flatMap((line, index) => (line.trim() === quote ? [index + 1] : []))
  const nearest = equal.sort((a, b) => Math.abs(a - citation.line) - Math.abs(b - citation.line)).slice(0, 5)
  const around = [-2, -1, 0, 1, 2].map((offset) => citation.line + offset)
  const shown = (nearest.length > 0 ? nearest : around).filter((line) => line >= 1 && line <= text.length)
  const reason =
    nearest.length > 0
      ? `Line ${citation.line} of ${citation.path} is something else; the quoted text is on line ${nearest.join(', ')}.`
      : citation.line > text.length
        ? `${citation.path} has only ${text.length} lines.`
        : `Line ${citation.line} of ${citation.path} is something else, and the quoted text is nowhere in the file.`
  return {
    ...no(citation, reason),
    nearby: shown.map((line) => ({ line, text: (text[line - 1] ?? '').slice(0, 2000) })),
  }
}
