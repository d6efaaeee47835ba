/** The progress comment: one table of phases with state, attempts and cost, written from real state (O3). */
import { count } from '../../core/sentences.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { tokensOf } from '../../core/usage.ts'
import { nearBudget } from '../../pipeline/budget.ts'
import type { Policy } from '../../policy/schema.ts'
import { budgetOf } from './budgetStep.ts'
import { contextOf, type TaskContext } from './context.ts'
import { childrenOf } from './epicStep.ts'
import { childRows } from './epicText.ts'
import { type PhaseView, phaseViews } from './phaseView.ts'
import { routeText } from './texts.ts'
import type { Step } from './verdicts.ts'

/**
 * The comment's body, or null before a bundle is frozen: until then the bundle's own comment says everything. While the
 * route is being chosen there is nothing to show but that the issue was closed; all else that holds it up has a comment.
 */
export function progressComment(snapshot: TaskSnapshot<Policy>, next: Step): string | null {
  if (!snapshot.policy.ok || snapshot.missing.length > 0) return null
  const context = contextOf(snapshot, snapshot.policy.policy)
  const { frozen, route, spent, agent } = context
  if (!frozen || (!route && next.waits !== 'nothing')) return null
  const pull = snapshot.pull ? ` Pull request: #${snapshot.pull.pull.number}.` : ''
  const profile = agent.name === undefined ? '' : `, profile ${agent.name}`
  return [
    `**Countersign**: ${next.sentence}`,
    '',
    `${route ? `${routeText(route.body)} ` : ''}Bundle \`${frozen.body.digest.slice(0, 8)}\`, risk ${frozen.body.bundle.riskClass}${profile}.${pull}`,
    '',
    ...(route ? [...phaseRows(context), ...childRows(childrenOf(context)), ''] : []),
    ...nearBudget(budgetOf(context)).flatMap((warning) => [`**${warning}**`, '']),
    `${count(spent.sessions, 'session')}, ${tokensOf(spent.usage).toLocaleString('en-US')} tokens, $${spent.costUsd.toFixed(2)} of $${(context.policy.budgets.task.usd + context.raised.usd).toFixed(2)}. \`/agent help\` lists the commands.`,
  ].join('\n')
}

function phaseRows(context: TaskContext): string[] {
  return [
    '| phase | state | attempts | cost | model |',
    '| --- | --- | --- | --- | --- |',
    ...phaseViews(context).map(row),
  ]
}

function row({ phase, attempts, word, costUsd, responsibility }: PhaseView): string {
  const last = attempts.at(-1)
  const answered = last?.ended?.model ?? last?.model ?? ''
  const model = answered === (last?.model ?? '') ? answered : `${answered}, asked for ${last?.model}`
  return `| <span title="${responsibility}">${phase}</span> | ${word} | ${attempts.length || ''} | ${costUsd > 0 ? `$${costUsd.toFixed(2)}` : ''} | ${model.replace(/[|`\n]/g, ' ')} |`
}

/** States of the phase at work that come and go within seconds. */
const busy = new Set(['not yet', 'goes back', 'running', 'checking', 'validating'])

/**
 * True when a person would learn nothing from the new body: tokens, cost and the small steps within one attempt do not
 * make an edit. They are brought up to date with the next one, at the latest when the attempt ends.
 */
export function sameProgress(standing: string, wanted: string): boolean {
  return visible(standing) === visible(wanted)
}

function visible(body: string): string {
  const [first = '', ...rest] = body.trim().split('\n')
  const working = /\b(?:starts|at work|being checked|passed its checks|goes back|validat\w+)\b/.test(first)
  const [, active] = (working && /\b([a-z]+)(?: session|:)/.exec(first)) || []
  const attempt = /\battempt \d+/.exec(first)?.[0] ?? 'attempt 1'
  const rows = rest.slice(0, -1).map((line) => {
    const [, phase, word = ''] = /^\| <span[^>]*>([^<]*)<\/span> \| ([^|]*) \|/.exec(line) ?? []
    if (phase === undefined) return line
    return `${phase} ${phase === active && busy.has(word) ? 'at work' : word}`
  })
  return [active === undefined ? first : `${active}, ${attempt}`, ...rows].join('\n')
}
