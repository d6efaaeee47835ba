/** SARIF 2.1.0: results of static analysis, with their level, place and fingerprint. */
import { z } from 'zod'
import type { AnalysisFinding } from '../../../core/reports.ts'
import { type Parsed, type PathResolver, parseJson } from './read.ts'

const text = z.string().transform((one) => one.slice(0, 1000))
const level = z.enum(['none', 'note', 'warning', 'error'])
const Rule = z.object({
  id: z.string().max(300),
  defaultConfiguration: z.object({ level: level.optional() }).optional(),
  properties: z.object({ 'security-severity': z.union([z.string(), z.number()]).optional() }).optional(),
})
const Component = z.object({
  name: z.string().transform((one) => one.slice(0, 200)),
  rules: z.array(Rule).max(50_000).default([]),
})
const Location = z.object({
  physicalLocation: z
    .object({
      artifactLocation: z.object({ uri: z.string().max(4096) }).optional(),
      region: z.object({ startLine: z.number().int().positive().optional() }).optional(),
    })
    .optional(),
})
const Result = z.object({
  ruleId: z.string().max(300).optional(),
  ruleIndex: z.number().int().min(-1).optional(),
  rule: z
    .object({ id: z.string().max(300).optional(), index: z.number().int().min(-1).optional() })
    .optional(),
  level: level.optional(),
  kind: z.string().default('fail'),
  baselineState: z.string().optional(),
  message: z.object({ text: text.optional(), id: z.string().optional() }),
  locations: z.array(Location).max(100).default([]),
  fingerprints: z.record(z.string(), z.string()).default({}),
  partialFingerprints: z.record(z.string(), z.string()).default({}),
  suppressions: z.array(z.object({ status: z.string().default('accepted') })).default([]),
})
type Result = z.infer<typeof Result>
const Run = z.object({
  tool: z.object({ driver: Component, extensions: z.array(Component).max(1000).default([]) }),
  /** Absent or null: the format's way to say that nothing was scanned. */
  results: z.array(Result).max(50_000),
  invocations: z.array(z.object({ executionSuccessful: z.boolean() })).default([]),
})
const Log = z.object({ version: z.literal('2.1.0'), runs: z.array(Run).min(1).max(200) })

/** From this score on (of 10) a security finding is an error whatever level its rule has; 7 is where "high" begins. */
const severe = 7

/**
 * Read the results that stand: neither suppressed in the source (a comment that does so is G12's) nor gone, and of a
 * kind that asks for something. A tool that says it failed, or that scanned nothing, makes the report unusable.
 */
export function parseSarif(written: string, resolve: PathResolver): Parsed<AnalysisFinding[]> {
  const json = parseJson(written)
  if (!json.ok) return json
  const parsed = Log.safeParse(json.value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return {
      ok: false,
      problem: `it is no SARIF 2.1.0 with results (${issue?.path.join('.') || 'the document'}: ${issue?.message})`,
    }
  }
  const findings: AnalysisFinding[] = []
  for (const run of parsed.data.runs) {
    const tool = run.tool.driver.name
    if (run.invocations.some((one) => !one.executionSuccessful))
      return { ok: false, problem: `${tool} says in it that its run did not succeed` }
    for (const result of run.results) if (stands(result)) findings.push(findingOf(result, run, resolve))
  }
  return findings.length > 5000
    ? { ok: false, problem: 'it holds more than 5000 results' }
    : { ok: true, value: findings }
}

function stands(result: Result): boolean {
  const suppressed = result.suppressions.some((one) => one.status === 'accepted')
  return !suppressed && result.baselineState !== 'absent' && ['fail', 'open', 'review'].includes(result.kind)
}

function findingOf(result: Result, run: z.infer<typeof Run>, resolve: PathResolver): AnalysisFinding {
  const id = result.ruleId ?? result.rule?.id
  const index = result.ruleIndex ?? result.rule?.index ?? -1
  const rules = [run.tool.driver, ...run.tool.extensions].flatMap((component) => component.rules)
  // An index counts within one component; only the driver's can be told without its reference.
  const rule =
    rules.find((one) => one.id === id) ?? (id === undefined ? run.tool.driver.rules[index] : undefined)
  const place = result.locations[0]?.physicalLocation
  const uri = place?.artifactLocation?.uri
  const path = uri === undefined ? null : resolve(decoded(uri))
  const prints = Object.entries({ ...result.fingerprints, ...result.partialFingerprints })
  return {
    tool: run.tool.driver.name,
    rule: id ?? rule?.id ?? 'unnamed',
    level: levelOf(result, rule),
    message: result.message.text ?? result.message.id ?? '',
    path,
    line: path === null ? null : (place?.region?.startLine ?? null),
    fingerprint: prints
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(' ')
      .slice(0, 500),
  }
}

function levelOf(result: Result, rule: z.infer<typeof Rule> | undefined): AnalysisFinding['level'] {
  if (Number(rule?.properties?.['security-severity'] ?? 0) >= severe) return 'error'
  const own = result.level ?? rule?.defaultConfiguration?.level ?? 'warning'
  return own === 'none' ? 'note' : own
}

/** URIs escape; what is no valid escape is taken as it stands. */
function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    return uri
  }
}
