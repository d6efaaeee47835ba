/** `size-limit --json`: the size of each bundle in bytes (G8). */
import { z } from 'zod'
import type { SizeReport } from '../../../core/reports.ts'
import { type Parsed, parseJson } from './read.ts'

const Report = z
  .array(z.object({ name: z.string().min(1).max(300), size: z.number().int().nonnegative().max(1e12) }))
  .min(1)
  .max(1000)

/** Read a report. One without entries, or with a size that is no number of bytes, proves nothing and is refused. */
export function parseSizeLimit(text: string): Parsed<SizeReport> {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = Report.safeParse(json.value)
  if (!parsed.success)
    return {
      ok: false,
      problem: 'it is no JSON of size-limit: a list of entries with name and size is expected',
    }
  const names = new Set(parsed.data.map((one) => one.name))
  if (names.size < parsed.data.length) return { ok: false, problem: 'two of its entries have one name' }
  return { ok: true, value: { entries: parsed.data.map(({ name, size }) => ({ name, bytes: size })) } }
}
