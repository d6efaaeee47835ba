/** The GitHub adapter: the Forge and Deliveries ports over one client for the judging App and one for the drafting App. */
import { Mutex } from 'async-mutex'
import type { Account } from '../../core/account.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { Clock, Deliveries, Forge, Log, Metrics } from '../../core/ports.ts'
import type { AppIdentity } from '../../core/snapshot/common.ts'
import type { Grant } from './access.ts'
import { readArtifact } from './artifacts.ts'
import { createClient } from './client.ts'
import { createConversation } from './conversation.ts'
import { createDeliveries } from './deliveries.ts'
import { createDeployments } from './deployments.ts'
import { createIncidents } from './incidents.ts'
import { createIssues } from './issues.ts'
import { dispatchedRuns, dispatchWorkflow, readJobLog, rerunFailedJobs } from './jobs.ts'
import { asksSignatures, makeCommit, moveBranch } from './makeCommit.ts'
import { markReady, merge, openPull, postReview } from './pulls.ts'
import * as pullsOfCommit from './pullsOfCommit.ts'
import { createChecks, readWorkflowRun, readWorkflowRuns } from './readChecks.ts'
import { readDeployments } from './readDeployments.ts'
import { readIssue, readIssueType } from './readIssue.ts'
import { readMoves, readPushes } from './readMoves.ts'
import { createStandings } from './readPeople.ts'
import { createOpenedBy, readPull } from './readPull.ts'
import { resolveReferences } from './readReferences.ts'
import * as repositories from './readRepository.ts'
import { readBranchRules } from './readRules.ts'
import { replyInThread, resolveThread } from './threads.ts'
import { createCheckRunWriter, type PageOf } from './writeCheckRun.ts'

export interface ForgeOptions {
  appId: number
  /** PEM. */
  privateKey: string
  /** Default `https://api.github.com`. Enterprise Server and the stand-in: `<host>/api/v3`. */
  baseUrl?: string
  clock: Clock
  log: Log
  metrics: Metrics
  /** The App that pushes and opens pull requests, when it is not the judging one. */
  drafter?: { appId: number; privateKey: string } | null
  /** Where the check runs of a subject lead to. */
  pageOf?: PageOf
  /** Told every minted token, so that the log can blank it by value (O5). */
  onSecret?: (secret: string) => void
  /** Takes known secrets out of a text that is about to leave (T28); nothing is known when absent. */
  clean?: (text: string) => string
}

/**
 * Connect to GitHub. Nothing is asked before the first call.
 *
 * Every method throws RetryLater when GitHub is limited or out, and a Terminal (GitHubRefusal) with a sentence when it
 * refuses for good.
 */
export function createForge(options: ForgeOptions): Forge & {
  deliveries: Deliveries
  /** Ids of the accounts under which we act; empty until the identity was asked for. */
  own(): ReadonlySet<number>
} {
  const { clock, log, metrics, onSecret = () => undefined, clean = (text: string) => text } = options
  const baseUrl = (options.baseUrl ?? 'https://api.github.com').replace(/\/+$/, '')
  const connect = (app: { appId: number; privateKey: string }) =>
    createClient({ as: app, baseUrl, clock, log, metrics, onSecret, clean })
  const judge = connect({ appId: options.appId, privateKey: options.privateKey })
  const drafter = options.drafter ? connect(options.drafter) : null
  const drafting = drafter ?? judge
  const openedBy = createOpenedBy()
  const checks = createChecks(judge, options.appId)
  const files = repositories.createFiles(judge, clock)
  const mergedPulls = pullsOfCommit.createMergedPulls(judge)
  const web = webAddress(baseUrl)

  const identifying = new Mutex()
  let known: AppIdentity | null = null
  const ownIds = new Set<number>()
  /** The App's identity never changes while it runs: it is asked for once. */
  const identity = () =>
    identifying.runExclusive(async () => {
      known ??= await repositories.readIdentity(judge, drafter)
      for (const account of [known.bot, known.drafterBot]) if (account) ownIds.add(account.id)
      return known
    })
  const botId = async () => (await identity()).bot.id
  const ownAccounts = async (): Promise<[Account, ...Account[]]> => {
    const { bot, drafterBot } = await identity()
    return drafterBot ? [bot, drafterBot] : [bot]
  }

  const checkRuns = createCheckRunWriter(judge, options.appId, clock, options.pageOf ?? (() => null))
  const conversation = createConversation(judge, botId)
  const botLogin = async () => (await identity()).bot.login
  const incidents = createIncidents(judge, conversation, botLogin)
  const issues = createIssues(judge, botLogin, log)
  const deployments = createDeployments(judge, botId)
  const credentials = async (client: typeof judge, name: RepositoryName, grant: Grant) => ({
    url: `${web}/${name}.git`,
    token: await client.tokens.token({ kind: 'repository', name, grant }),
  })

  return {
    identity,
    own: () => ownIds,
    repository: (name) => repositories.readRepository(judge, name),
    async pull(name, number) {
      const know = { openedBy, checks, files, own: await ownAccounts() }
      const beganMs = clock.nowMs()
      const found = await readPull(judge, know, name, number)
      if (found.found && found.value.checks)
        checkRuns.saw(name, found.value.pull.head.sha, found.value.checks.own, beganMs)
      return found
    },
    async checks(name, sha) {
      const beganMs = clock.nowMs()
      const found = await checks.read(name, sha)
      checkRuns.saw(name, sha, found.own, beganMs)
      return found
    },
    workflowRuns: (name, sha) => readWorkflowRuns(judge, name, sha),
    artifact: (name, request) => readArtifact(judge, name, request),
    pushes: (name, ref) => readPushes(judge, name, ref),
    moves: (name, since) => readMoves(judge, name, since),
    issue: async (name, number) => readIssue(judge, { botId: await botId(), files }, name, number),
    issueType: (name, number) => readIssueType(judge, name, number),
    standing: createStandings(judge, log, clock),
    branchTip: (name, ref) => repositories.readBranchTip(judge, name, ref),
    file: (name, sha, path) => files.read(name, sha, path),
    resolves: (name, sha, references) =>
      resolveReferences(judge, name, sha, { references, host: new URL(web).host }),
    openPulls: (name, base) => pullsOfCommit.readOpenPulls(judge, name, base),
    jobLog: (name, jobId) => readJobLog(judge, name, jobId),
    pullsWithHead: (name, sha) => pullsOfCommit.readPullsWithHead(judge, name, sha),
    mergedPulls: mergedPulls.read,
    deployments: async (name, spellings, open) =>
      readDeployments(judge, await identity(), name, { spellings, open }),
    workflowRun: (name, runId) => readWorkflowRun(judge, name, runId),
    branchRules: (name, ref) => readBranchRules(judge, name, ref),
    asksSignatures: (name, base, branch) => asksSignatures(judge, name, base, branch),
    installedRepositories: () => repositories.readInstalled(judge),

    writeCheckRun: checkRuns.write,
    upsertComment: conversation.upsert,
    setLabels: conversation.label,
    acknowledge: conversation.acknowledge,
    openPull: (name, input) =>
      openPull(drafting, name, input, (nodeId) =>
        openedBy.set(nodeId, options.drafter?.appId ?? options.appId),
      ),
    makeCommit: (name, input) => makeCommit(drafting, name, input),
    moveBranch: (name, input) => moveBranch(drafting, name, input),
    markReady: (name, { nodeId }) => markReady(judge, name, nodeId),
    postReview: async (name, number, input, seen) =>
      postReview(judge, (await identity()).bot, name, number, input, seen),
    rerunFailedJobs: (name, runId) => rerunFailedJobs(judge, name, runId),
    replyInThread: (name, number, input) => replyInThread(judge, name, number, input),
    resolveThread: (name, threadId) => resolveThread(judge, name, threadId),
    openIssue: issues.open,
    addSubIssue: issues.addSubIssue,
    editBody: issues.editBody,
    reportIncident: incidents.report,
    createDeployment: deployments.create,
    markDeployment: deployments.mark,
    answerProtection: deployments.answer,
    dispatchWorkflow: (name, input) => dispatchWorkflow(judge, name, input),
    dispatchedRuns: async (name, input) => dispatchedRuns(judge, (await identity()).bot, name, input),
    async merge(name, number, input) {
      const outcome = await merge(judge, name, number, input)
      if (outcome.kind === 'merged')
        mergedPulls.know(name, outcome.sha, [{ number, base: outcome.landedOn, landed: true }])
      return outcome
    },

    credentials: {
      read: (name) => credentials(judge, name, 'fetch'),
      push: (name) => credentials(drafting, name, 'push'),
    },
    deliveries: createDeliveries(judge),
  }
}

/** GitHub's website, from which repositories are cloned too: `https://github.com`, or the host of an Enterprise Server. */
export function webAddress(baseUrl: string): string {
  const { protocol, host, pathname } = new URL(baseUrl)
  if (pathname.endsWith('/api/v3')) return baseUrl.slice(0, -'/api/v3'.length)
  return host === 'api.github.com' ? 'https://github.com' : `${protocol}//${host.replace(/^api\./, '')}`
}
