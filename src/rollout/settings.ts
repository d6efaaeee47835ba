/** The `rollout:` part of policy: environments, who deploys there, what is watched, and who is asked (R1 to R4). */
import { z } from 'zod'
import { type Fact, factsOf } from '../core/facts.ts'
import { environmentId } from '../core/ids.ts'
import { MonitorSource, ProbeCheck } from '../core/monitoring.ts'
import type { WatchRules } from '../core/watch.ts'
import { FreezeWindow } from './freeze.ts'
import { MonitorSettings, monitorRule } from './monitorSettings.ts'

const workflowFile = z
  .string()
  .max(300)
  .regex(/^\.github\/workflows\/[^/]+\.ya?ml$/, 'a workflow file such as .github/workflows/deploy.yml')

/** A probe as policy writes it; its fields mean what they mean in ProbeCheck. */
const ProbeSettings = z
  .strictObject({
    name: ProbeCheck.shape.name,
    method: ProbeCheck.shape.method,
    path: ProbeCheck.shape.path,
    status: ProbeCheck.shape.status,
    json: ProbeCheck.shape.assertions.describe('Values that the answer must hold, each by a JSON pointer.'),
    timeout_seconds: ProbeCheck.shape.timeoutSeconds,
    retries: ProbeCheck.shape.retries,
  })
  .refine(
    ({ method, json }) => method !== 'HEAD' || json.length === 0,
    'HEAD has no body to look into; use GET',
  )

const environmentName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\n\0]+$/, 'the name of an environment on GitHub')
const monitorName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,59}$/, 'a short name in lower case, such as `errors`')

export const EnvironmentSettings = z.strictObject({
  after: environmentName
    .optional()
    .describe('The environment in which the same commit must have passed its window first.'),
  deploy: z
    .enum(['observe', 'create', 'dispatch'])
    .default('observe')
    .describe(
      'observe: your own delivery deploys. create: Countersign creates the deployment, and a workflow listens. dispatch: it starts `workflow`.',
    ),
  workflow: workflowFile
    .optional()
    .describe('Started to deploy (dispatch) and to roll back; it gets the inputs `environment` and `sha`.'),
  deploy_minutes: z
    .number()
    .int()
    .min(1)
    .max(1440)
    .default(60)
    .describe('A deployment without a result by then is held and alerted.'),
  rollback_minutes: z
    .number()
    .int()
    .min(1)
    .max(1440)
    .default(10)
    .describe('A rollback without a result by then is alerted: nobody may be listening.'),
  approval: z
    .enum(['person', 'none'])
    .optional()
    .describe('Whether a person is asked. Default: where no other environment comes after this one.'),
  four_eyes: z.boolean().default(false).describe('Two people must approve. Always so under `strict`.'),
  expires_hours: z.number().int().min(1).max(720).default(24).describe('An approval counts for so long.'),
  freeze: z.array(FreezeWindow).max(20).default([]).describe('When nothing is deployed here.'),
  canary: z
    .strictObject({
      probes: z.array(ProbeSettings).max(20).default([]),
      workflow: workflowFile
        .optional()
        .describe('A smoke test that is started with the inputs `environment`, `sha` and `url`.'),
      minutes: z.number().int().min(1).max(240).default(15),
    })
    .prefault({}),
  window_minutes: z.number().min(0.01).max(1440).default(30),
  sample_seconds: z.number().min(0.1).max(3600).default(60),
  inconclusive_samples: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(5)
    .describe('Samples in a row that may say nothing before it is held and alerted.'),
  requests: z
    .strictObject({ source: MonitorSource, minimum: z.number().int().min(0).max(1e9).default(100) })
    .optional()
    .describe('How many requests a sample covers; rates and times over fewer say nothing.'),
  monitors: z.record(monitorName, MonitorSettings).default({}),
  irreversible: z
    .array(z.string().min(1).max(300))
    .max(100)
    .default([])
    .describe('Globs of changes that are never rolled back by themselves, such as `migrations/**`.'),
  alerts: z
    .strictObject({
      channel: z.string().max(60).optional().describe("A name among the operator's channels."),
      mention: z
        .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*(?:\/[A-Za-z0-9._-]+)?$/, 'a login or org/team'))
        .max(20)
        .default([]),
    })
    .prefault({}),
})
export type EnvironmentSettings = z.infer<typeof EnvironmentSettings>

export const RolloutSettings = z
  .strictObject({ environments: z.record(environmentName, EnvironmentSettings).default({}) })
  .superRefine(({ environments }, context) => {
    const names = Object.keys(environments)
    const wrong = (name: string, key: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['environments', name, key], message })
    if (names.length > 20)
      context.addIssue({ code: 'custom', path: ['environments'], message: 'at most 20 environments' })
    for (const [name, one] of Object.entries(environments)) {
      const first = spelledIn(environments, name)
      if (first !== name)
        context.addIssue({
          code: 'custom',
          path: ['environments', name],
          message: `${first} and ${name} are one environment to GitHub, which ignores case; keep one of them`,
        })
      if (one.after !== undefined && !settingsOf(environments, one.after))
        wrong(name, 'after', `${one.after} is not among the environments`)
      if (comesAfterItself(environments, name)) wrong(name, 'after', 'the environments wait for each other')
      if (one.deploy === 'dispatch' && one.workflow === undefined)
        wrong(name, 'workflow', '`deploy: dispatch` needs the workflow that it starts')
    }
    const asking = names.filter((name) => asksPeople(environments, name))
    // The check is one a commit and name: two environments would write over each other's question (design: Check runs).
    for (const name of asking.slice(1))
      wrong(name, 'approval', `${asking[0]} asks a person already, and one commit has one countersign/deploy`)
  })
export type RolloutSettings = z.infer<typeof RolloutSettings>

type Environments = Readonly<Record<string, EnvironmentSettings>>

/** What policy says of an environment, or null: its name is whatever GitHub sends, such as `constructor`. */
export function settingsOf(environments: Environments, name: string): EnvironmentSettings | null {
  const spelled = spelledIn(environments, name)
  return Object.hasOwn(environments, spelled) ? (environments[spelled] ?? null) : null
}

/** The name of an environment as policy writes it; as given where policy does not know it. */
export function spelledIn(environments: Environments, name: string): string {
  return Object.keys(environments).find((one) => environmentId(one) === environmentId(name)) ?? name
}

function comesAfterItself(environments: Environments, name: string): boolean {
  let at = settingsOf(environments, name)?.after
  for (let steps = 0; at !== undefined && steps <= 20; steps++) {
    if (environmentId(at) === environmentId(name)) return true
    at = settingsOf(environments, at)?.after
  }
  return false
}

/** The environments that policy puts right after this one. */
export function nextAfter(environments: Environments, name: string): string[] {
  return Object.entries(environments).flatMap(([one, { after }]) =>
    after !== undefined && environmentId(after) === environmentId(name) ? [one] : [],
  )
}

/** Whether policy asks a person before a commit comes to this environment: where nothing comes after it, unless told. */
export function asksPeople(environments: Environments, name: string): boolean {
  const written = settingsOf(environments, name)?.approval
  if (written) return written === 'person'
  return nextAfter(environments, name).length === 0
}

/** How a commit is deployed again, and which changes cannot be taken back. */
export interface WayBack {
  workflow: string | null
  irreversible: readonly string[]
}

/** As policy says it; where it cannot be used, or no longer names the environment, as it was said when the last window opened. */
export function wayBack(settings: EnvironmentSettings | null, facts: readonly Fact[]): WayBack {
  if (settings) return { workflow: settings.workflow ?? null, irreversible: settings.irreversible }
  const known = factsOf(facts, 'window.opened').findLast(({ body }) => body.back)
  return known?.body.back ?? { workflow: null, irreversible: [] }
}

/** How long a deployment may take to show a result; the defaults where policy names no such environment any more. */
export function limitMinutes(settings: EnvironmentSettings | null, purpose: 'forward' | 'rollback'): number {
  return purpose === 'rollback' ? (settings?.rollback_minutes ?? 10) : (settings?.deploy_minutes ?? 60)
}

/** The rules of a window as they are frozen when it opens. */
export function watchRules(settings: EnvironmentSettings): WatchRules {
  const intervalMs = Math.round(settings.sample_seconds * 1000)
  const samples = Math.min(2000, Math.max(1, Math.round((settings.window_minutes * 60_000) / intervalMs)))
  return {
    samples,
    intervalMs,
    inconclusive: settings.inconclusive_samples,
    requests: settings.requests ?? null,
    monitors: Object.entries(settings.monitors).map(([name, monitor]) => monitorRule(name, monitor)),
  }
}

/** The probes of a canary as they are run. */
export function probeChecks({ canary }: EnvironmentSettings): ProbeCheck[] {
  return canary.probes.map(({ json, timeout_seconds: timeoutSeconds, ...probe }) => ({
    ...probe,
    assertions: json,
    timeoutSeconds,
  }))
}
