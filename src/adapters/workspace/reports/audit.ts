/** Dependency audits: `npm audit --json`, `pnpm audit --json` and OSV-Scanner's JSON (G4). */
import { z } from 'zod'
import type { AuditReport } from '../../../core/reports.ts'
import { type Parsed, parseJson } from './read.ts'

type Severity = AuditReport['findings'][number]['severity']

const text = z.string().transform((one) => one.slice(0, 300))
const Npm = z.object({
  auditReportVersion: z.number(),
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      via: z.array(z.union([z.string(), z.object({ title: text.optional() })])).default([]),
    }),
  ),
})
/** npm 6 and pnpm. */
const Advisories = z.object({
  advisories: z.record(
    z.string(),
    z.object({ module_name: z.string(), severity: z.string(), title: text.default('') }),
  ),
})
const Osv = z.object({
  results: z.array(
    z.object({
      packages: z
        .array(
          z.object({
            package: z.object({ name: z.string() }),
            vulnerabilities: z
              .array(
                z.object({
                  id: z.string(),
                  summary: text.default(''),
                  database_specific: z.object({ severity: z.string().optional() }).optional(),
                }),
              )
              .default([]),
            groups: z
              .array(z.object({ ids: z.array(z.string()), max_severity: z.string().optional() }))
              .default([]),
          }),
        )
        .default([]),
    }),
  ),
})
/** What npm and pnpm write instead of a report when the registry did not answer. */
const Refused = z.union([
  z.object({
    error: z.object({
      code: z.string().default(''),
      summary: z.string().default(''),
      message: z.string().default(''),
    }),
  }),
  z.object({ statusCode: z.number(), message: z.string().default('') }),
])

const most = 1000

/** Read a report of any of the three; one that says the registry did not answer is told apart from one without findings. */
export function parseAudit(source: string): Parsed<AuditReport> {
  const json = parseJson(source)
  if (!json.ok) return json
  const findings = npmFindings(json.value) ?? advisoryFindings(json.value) ?? osvFindings(json.value)
  if (findings) {
    // Worst first, so that a cut never hides the ones that count.
    findings.sort((a, b) => order.indexOf(b.severity) - order.indexOf(a.severity))
    return { ok: true, value: { findings: findings.slice(0, most), unreachable: null } }
  }
  const refused = Refused.safeParse(json.value)
  if (!refused.success) return { ok: false, problem: 'it is no JSON of npm audit, pnpm audit or OSV-Scanner' }
  const why =
    'error' in refused.data
      ? [refused.data.error.code, refused.data.error.summary || refused.data.error.message]
          .filter(Boolean)
          .join(': ')
      : `status ${refused.data.statusCode} ${refused.data.message}`
  return { ok: true, value: { findings: [], unreachable: (why || 'no reason given').slice(0, 500) } }
}

const order: readonly Severity[] = ['info', 'low', 'moderate', 'high', 'critical', 'unknown']

/** A word that is not known counts as the worst: nobody has said that it is harmless. */
function severityOf(word: string): Severity {
  const plain = word.toLowerCase()
  if (plain === 'medium') return 'moderate'
  return order.find((one) => one === plain) ?? 'unknown'
}

function npmFindings(json: unknown): AuditReport['findings'] | null {
  const parsed = Npm.safeParse(json)
  if (!parsed.success) return null
  return Object.entries(parsed.data.vulnerabilities).map(([name, { severity, via }]) => {
    const title = via.map((one) => (typeof one === 'string' ? `through ${one}` : (one.title ?? '')))
    return { name: name.slice(0, 300), severity: severityOf(severity), title: (title[0] ?? '').slice(0, 300) }
  })
}

function advisoryFindings(json: unknown): AuditReport['findings'] | null {
  const parsed = Advisories.safeParse(json)
  if (!parsed.success) return null
  return Object.values(parsed.data.advisories).map((one) => ({
    name: one.module_name.slice(0, 300),
    severity: severityOf(one.severity),
    title: one.title,
  }))
}

function osvFindings(json: unknown): AuditReport['findings'] | null {
  const parsed = Osv.safeParse(json)
  if (!parsed.success) return null
  return parsed.data.results.flatMap(({ packages }) =>
    packages.flatMap((one) =>
      one.vulnerabilities.map((found) => {
        const score = one.groups.find((group) => group.ids.includes(found.id))?.max_severity
        const word = found.database_specific?.severity
        return {
          name: one.package.name.slice(0, 300),
          severity: word ? severityOf(word) : scored(score),
          title: `${found.id} ${found.summary}`.slice(0, 300),
        }
      }),
    ),
  )
}

/** CVSS's own bands. */
function scored(score: string | undefined): Severity {
  const value = Number.parseFloat(score ?? '')
  if (!Number.isFinite(value) || value < 0 || value > 10) return 'unknown'
  if (value >= 9) return 'critical'
  if (value >= 7) return 'high'
  return value >= 4 ? 'moderate' : 'low'
}
