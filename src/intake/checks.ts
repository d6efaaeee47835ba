/** `check_run`, `check_suite`, `workflow_run` and `status`: presses of our buttons, and hints that CI has moved. */
import { z } from 'zod'
import { checkNames, parseExternalId } from '../core/checkRun.ts'
import { parseKey, type RepositoryName, Sha, type SubjectKey } from '../core/ids.ts'
import { type Intake, type Reader, understood } from './result.ts'
import { lookAt, NamedPulls, OptionalSha, Repository, reading, Sender } from './shapes.ts'

const App = z.object({ id: z.number().int() }).nullish()

const CheckRun = z.object({
  action: z.string().max(100),
  repository: Repository,
  check_run: z.object({
    id: z.number().int(),
    name: z.string(),
    head_sha: OptionalSha,
    // Other Apps may write anything here.
    external_id: z.string().max(500).nullish().catch(null),
    app: App,
    pull_requests: NamedPulls,
  }),
  requested_action: z.object({ identifier: z.string() }).nullish(),
  sender: Sender,
})
type CheckRun = z.infer<typeof CheckRun>

export const checkRun: Reader = (payload, delivery, { appId }) =>
  reading(CheckRun, payload, (event) => {
    const { action, repository, check_run: run } = event
    if (run.app?.id !== appId) {
      return understood(`check run ${action}`, lookAt(repository, run.pull_requests, run.head_sha))
    }
    if (action === 'requested_action') return pressed(event, delivery)
    // Our own writes come back as events; to answer them with a round would go round for ever. A re-request is someone's
    // wish to look again, and nothing more (T8).
    if (action !== 'rerequested') return understood(`own check run ${action}`)
    const subject = subjectOf(run.external_id, repository.full_name)
    if (subject) return understood('look again', { keys: [subject] })
    return understood('look again', lookAt(repository, run.pull_requests, run.head_sha))
  })

const Pressed = z.object({ name: z.enum(checkNames), head_sha: Sha, identifier: z.string().min(1).max(20) })

function pressed(
  { repository, check_run: run, requested_action, sender }: CheckRun,
  delivery: string,
): Intake {
  const subject = subjectOf(run.external_id, repository.full_name)
  const press = Pressed.safeParse({ ...run, identifier: requested_action?.identifier })
  if (!subject || !press.success || !sender)
    return understood('ignored: not a press of a button that we made')
  const { name, head_sha, identifier } = press.data
  const body = {
    kind: 'button.pressed' as const,
    checkRunId: run.id,
    checkName: name,
    sha: head_sha,
    identifier,
    externalId: run.external_id ?? '',
  }
  return understood('button pressed', {
    keys: [subject],
    facts: [{ subject, entry: { actor: sender, body, delivery } }],
  })
}

/** The subject that the run was written for, if it belongs to the repository where the run is. */
function subjectOf(externalId: string | null | undefined, repository: RepositoryName): SubjectKey | null {
  const subject = parseExternalId(externalId)?.subject
  return subject && parseKey(subject)?.repository === repository ? subject : null
}

const Suite = z.object({ head_sha: OptionalSha, app: App, pull_requests: NamedPulls })
const CheckSuite = z.object({ action: z.string().max(100), repository: Repository, check_suite: Suite })

export const checkSuite: Reader = (payload, _delivery, { appId }) =>
  reading(CheckSuite, payload, ({ action, repository, check_suite: suite }) => {
    if (suite.app?.id === appId && action !== 'rerequested') return understood(`own check suite ${action}`)
    return understood(`check suite ${action}`, lookAt(repository, suite.pull_requests, suite.head_sha))
  })

const WorkflowRun = z.object({
  action: z.string().max(100),
  repository: Repository,
  workflow_run: z.object({ head_sha: OptionalSha, pull_requests: NamedPulls }),
})

export const workflowRun: Reader = (payload) =>
  reading(WorkflowRun, payload, ({ action, repository, workflow_run: run }) =>
    understood(`workflow run ${action}`, lookAt(repository, run.pull_requests, run.head_sha)),
  )

export const status: Reader = (payload) =>
  reading(z.object({ repository: Repository, sha: Sha }), payload, ({ repository, sha }) =>
    understood('status', {
      checked: [{ repository: repository.full_name, sha }],
      shas: [{ repository: repository.full_name, sha }],
    }),
  )
