/** Every metric that Countersign reports: a name that is not here is a bug, so that dashboards can rely on this list. */

export interface MetricDefinition {
  kind: 'counter' | 'gauge' | 'histogram'
  help: string
  labels: readonly string[]
  /** Upper bounds of a histogram, in the unit of its name. */
  buckets?: readonly number[]
}

const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const slow = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600]

/** Names as in the code; each is exported with the prefix `countersign_`. */
export const metricDefinitions: Readonly<Record<string, MetricDefinition>> = {
  webhooks_total: { kind: 'counter', help: 'Deliveries by event and answer.', labels: ['event', 'status'] },
  webhook_seconds: { kind: 'histogram', help: 'Time from request to answer.', labels: [], buckets: quick },
  facts_total: { kind: 'counter', help: 'Facts recorded, by where they came from.', labels: ['via'] },
  board_answers_total: {
    kind: 'counter',
    help: 'Answers of the board, by class of status.',
    labels: ['status'],
  },
  board_sign_ins_total: { kind: 'counter', help: 'Ends of sign-ins to the board.', labels: ['outcome'] },
  rounds_total: { kind: 'counter', help: 'Rounds of the loop.', labels: ['subject', 'outcome'] },
  round_seconds: { kind: 'histogram', help: 'Duration of a round.', labels: ['subject'], buckets: slow },
  actions_total: { kind: 'counter', help: 'Actions carried out, by kind.', labels: ['kind'] },
  actions_refused_total: { kind: 'counter', help: 'Actions that GitHub refused, by kind.', labels: ['kind'] },
  actions_held_total: {
    kind: 'counter',
    help: 'Rounds that left a comment or check run to the next, since it only informs.',
    labels: ['kind'],
  },
  invariant_violations_total: {
    kind: 'counter',
    help: 'Rounds refused by an invariant.',
    labels: ['invariant'],
  },
  incidents_total: { kind: 'counter', help: 'Incidents reported.', labels: ['kind'] },
  deployments_started_total: {
    kind: 'counter',
    help: 'Deployments that Countersign started: forward or rollback.',
    labels: ['purpose'],
  },
  deploy_rules_total: {
    kind: 'counter',
    help: 'Answers to deployment protection rules.',
    labels: ['outcome'],
  },
  alerts_total: { kind: 'counter', help: 'Alerts sent to channels, by outcome.', labels: ['outcome'] },
  jobs_given_up_total: { kind: 'counter', help: 'Jobs dropped with a reason, by lane.', labels: ['lane'] },
  queue_depth: { kind: 'gauge', help: 'Jobs that wait or run, by lane.', labels: ['lane'] },
  sweep_subjects_total: { kind: 'counter', help: 'Subjects queued by the sweep.', labels: [] },
  audited_repositories_total: {
    kind: 'counter',
    help: 'Looks of the sweep at what moved the protected branches of a repository.',
    labels: [],
  },
  redeliveries_total: { kind: 'counter', help: 'Failed deliveries asked for again.', labels: [] },
  github_requests_total: { kind: 'counter', help: 'Requests to GitHub.', labels: ['kind'] },
  github_limit_remaining: {
    kind: 'gauge',
    help: 'What is left of the primary limit.',
    labels: ['installation'],
  },
  attempts_total: {
    kind: 'counter',
    help: 'How attempts came out, by phase and number: what pipeline.attempts is tuned by.',
    labels: ['phase', 'attempt', 'outcome'],
  },
  sessions_total: {
    kind: 'counter',
    help: 'Model sessions by phase and outcome.',
    labels: ['phase', 'outcome'],
  },
  session_seconds: { kind: 'histogram', help: 'Duration of a session.', labels: ['phase'], buckets: slow },
  session_cost_usd_total: { kind: 'counter', help: 'Money spent on models.', labels: ['phase', 'model'] },
  session_tokens_total: { kind: 'counter', help: 'Tokens by direction.', labels: ['phase', 'direction'] },
  work_seconds: { kind: 'histogram', help: 'Duration of a unit of work.', labels: ['kind'], buckets: slow },
  outbound_requests_total: {
    kind: 'counter',
    help: 'Requests of monitors, probes and alerts, by how they ended.',
    labels: ['purpose', 'outcome'],
  },
  sandbox_ready: { kind: 'gauge', help: '1 when the sandbox passed its self-test.', labels: [] },
}
