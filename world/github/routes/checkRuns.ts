/** Check runs and suites: written by Apps only, with GitHub's limits on buttons and texts. */
import { z } from 'zod'
import { invalid, notFound } from '../errors.ts'
import { createRun, emitRunRequest, emitSuite, type RunInput, updateRun } from '../ops/checks.ts'
import { type Call, counted, created, list, ok, type Router } from '../router.ts'
import { must } from '../site.ts'
import type { App, CheckRun, CheckSuite } from '../state.ts'
import { annotationView, checkRunView, checkSuiteView, runsOf } from '../views/check.ts'

const annotation = z.object({
  path: z.string(),
  start_line: z.number().int(),
  end_line: z.number().int(),
  start_column: z
    .number()
    .int()
    .nullish()
    .transform((v) => v ?? null),
  end_column: z
    .number()
    .int()
    .nullish()
    .transform((v) => v ?? null),
  annotation_level: z.enum(['notice', 'warning', 'failure']),
  message: z.string().max(64 * 1024),
  title: z
    .string()
    .max(255)
    .nullish()
    .transform((v) => v ?? null),
  raw_details: z
    .string()
    .max(64 * 1024)
    .nullish()
    .transform((v) => v ?? null),
})
const output = z.object({
  title: z.string().optional(),
  summary: z.string().max(65_535).optional(),
  text: z.string().max(65_535).nullish(),
  annotations: z.array(annotation).max(50).optional(),
  images: z
    .array(z.object({ alt: z.string(), image_url: z.string(), caption: z.string().optional() }))
    .optional(),
})
const action = z.object({
  label: z.string().max(20),
  description: z.string().max(40),
  identifier: z.string().max(20),
})
const fields = z.object({
  name: z.string().min(1).optional(),
  details_url: z.string().optional(),
  external_id: z.string().optional(),
  status: z.enum(['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending']).optional(),
  conclusion: z
    .enum(['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'])
    .optional(),
  started_at: z.string().optional(),
  completed_at: z.string().optional(),
  output: output.optional(),
  actions: z.array(action).max(3).optional(),
})
const createBody = fields.extend({ name: z.string().min(1), head_sha: z.string() })

function toInput(input: z.infer<typeof fields>): Partial<RunInput> {
  if (input.status === 'completed' && input.conclusion === undefined) {
    throw invalid([{ resource: 'CheckRun', field: 'conclusion', code: 'missing_field' }])
  }
  const { output: o } = input
  if (o !== undefined && o.summary === undefined)
    throw invalid([{ resource: 'CheckRun', field: 'output.summary', code: 'missing_field' }])
  return {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.details_url === undefined ? {} : { detailsUrl: input.details_url }),
    ...(input.external_id === undefined ? {} : { externalId: input.external_id }),
    ...(input.status === undefined ? {} : { status: input.status }),
    // A completion time alone completes nothing; GitHub wants a conclusion with it.
    ...(input.conclusion === undefined ? {} : { conclusion: input.conclusion }),
    ...(input.started_at === undefined ? {} : { startedAt: input.started_at }),
    ...(input.completed_at === undefined ? {} : { completedAt: input.completed_at }),
    ...(o === undefined
      ? {}
      : {
          output: { title: o.title ?? null, summary: o.summary ?? null, text: o.text ?? null },
          annotations: o.annotations ?? [],
        }),
    ...(input.actions === undefined ? {} : { actions: input.actions }),
  }
}

function writer(c: Call): App {
  if (c.actor.kind !== 'installation') throw notFound()
  return c.actor.app
}

function runAt(c: Call): CheckRun {
  const run = c.site.state.checkRuns.get(c.id('check_run_id'))
  if (run === undefined || run.repoId !== c.repo.id) throw notFound()
  return run
}

function ownRun(c: Call): CheckRun {
  const run = runAt(c)
  if (run.appId !== writer(c).id) throw notFound()
  return run
}

function suiteAt(c: Call): CheckSuite {
  const suite = c.site.state.checkSuites.get(c.id('check_suite_id'))
  if (suite === undefined || suite.repoId !== c.repo.id) throw notFound()
  return suite
}

/** Runs as lists show them: by default only the newest of each name in a suite; Actions have a suite a workflow run. */
function filtered(c: Call, runs: CheckRun[]): CheckRun[] {
  const name = c.query.get('check_name')
  const app = c.query.get('app_id')
  const status = c.query.get('status')
  const kept = runs.filter(
    (r) =>
      (name === null || r.name === name) &&
      (app === null || r.appId === Number(app)) &&
      (status === null || r.status === status),
  )
  if (c.query.get('filter') === 'all') return kept.reverse()
  const newest = new Map<string, CheckRun>()
  for (const run of kept) newest.set(`${run.suiteId} ${run.name}`, run)
  return [...newest.values()].sort((a, b) => b.id - a.id)
}

async function shaOf(c: Call): Promise<string> {
  const sha = await c.site.git.commitSha(c.repo.dir, c.params.ref ?? '')
  if (sha === null) throw invalid([], `No commit found for SHA: ${c.params.ref}`)
  return sha
}

export function checkRoutes(router: Router): void {
  const read = { permission: 'checks:read' }
  const write = { permission: 'checks:write', role: 'app-only' as const }
  const base = '/repos/{owner}/{repo}'
  router.route('POST', `${base}/check-runs`, write, async (c) => {
    const body = c.parse(createBody)
    if (
      !/^[0-9a-f]{40}$/.test(body.head_sha) ||
      (await c.site.git.commitSha(c.repo.dir, body.head_sha)) === null
    ) {
      throw invalid([], `No commit found for SHA: ${body.head_sha}`)
    }
    if (body.output !== undefined && body.output.title === undefined)
      throw invalid([{ resource: 'CheckRun', field: 'output.title', code: 'missing_field' }])
    const run = await createRun(c.site, c.repo, writer(c), c.author, {
      ...toInput(body),
      name: body.name,
      headSha: body.head_sha,
    })
    return created(checkRunView(c.site, run))
  })
  router.route('PATCH', `${base}/check-runs/{check_run_id}`, write, async (c) => {
    const run = ownRun(c)
    await updateRun(c.site, run, c.author, toInput(c.parse(fields)))
    return ok(checkRunView(c.site, run))
  })
  router.route('GET', `${base}/check-runs/{check_run_id}`, read, (c) => ok(checkRunView(c.site, runAt(c))))
  router.route('GET', `${base}/check-runs/{check_run_id}/annotations`, read, (c) => {
    const run = runAt(c)
    return list(c, run.annotations, (a) => annotationView(c.site, run, a))
  })
  router.route('POST', `${base}/check-runs/{check_run_id}/rerequest`, write, (c) => {
    emitRunRequest(c.site, ownRun(c), c.author, null)
    return created({})
  })
  router.route('GET', `${base}/commits/{ref}/check-runs`, read, async (c) => {
    const sha = await shaOf(c)
    const runs = [...c.site.state.checkRuns.values()].filter(
      (r) => r.repoId === c.repo.id && r.headSha === sha,
    )
    return counted(c, 'check_runs', filtered(c, runs), (r) => checkRunView(c.site, r))
  })
  router.route('GET', `${base}/commits/{ref}/check-suites`, read, async (c) => {
    const sha = await shaOf(c)
    const app = c.query.get('app_id')
    const suites = [...c.site.state.checkSuites.values()].filter(
      (s) => s.repoId === c.repo.id && s.headSha === sha && (app === null || s.appId === Number(app)),
    )
    return counted(c, 'check_suites', suites, (s) => checkSuiteView(c.site, s))
  })
  router.route('GET', `${base}/check-suites/{check_suite_id}`, read, async (c) =>
    ok(await checkSuiteView(c.site, suiteAt(c))),
  )
  router.route('GET', `${base}/check-suites/{check_suite_id}/check-runs`, read, (c) =>
    counted(c, 'check_runs', filtered(c, runsOf(c.site, suiteAt(c))), (r) => checkRunView(c.site, r)),
  )
  router.route('POST', `${base}/check-suites/{check_suite_id}/rerequest`, write, async (c) => {
    const suite = suiteAt(c)
    must(c.site.state.apps, suite.appId, 'app')
    await emitSuite(c.site, suite, 'rerequested', c.author)
    return created({})
  })
}
