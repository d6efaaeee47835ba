/** A shop whose tasks are brought to a moment and held there, and the people who do what a task asks of them. */
import { createClock } from '../../../src/adapters/clock.ts'
import { type Fact, lastFact } from '../../../src/core/facts.ts'
import type { GitHubState } from '../../../world/index.ts'
import type { Said } from '../../../world/model/answer.ts'
import { ledgerTemplate } from '../../support/ledger.ts'
import { listeningLog } from '../../support/listeningLog.ts'
import {
  deliverables,
  honest,
  kindOf,
  lackingIssue,
  shellFiles,
  shellIssue,
  shellPolicy,
  wantsRepair,
} from '../shellShop.ts'
import { openWorkshop, repository, type Workshop } from '../workshop.ts'
import type { Moment } from './moments.ts'

/** Seconds of the App's clock in a real one: what an App may write in an hour would stretch eight stories at once. */
const speed = 20
const waitMs = 300_000

export interface Story {
  shop: Workshop
  /** What the App logged as its own fault. */
  faults: string[]
  /** Open an issue, delegate it and bring it to the moment; returns its number. */
  bring(): Promise<number>
  /** Let every held session go on. */
  release(): void
  pullOf(issue: number): GitHubState.Pull | undefined
  issueOf(number: number): GitHubState.Issue | undefined
  /** Branches of a task, as GitHub has them, with their commits. */
  branches(issue: number): Promise<string[]>
  comments(issue: number, on: 'issue' | 'pull' | 'thread'): string[]
  /** Waits for a sentence, while people do what the task asks of them. */
  hears(issue: number, says: RegExp, on: 'issue' | 'pull' | 'thread'): Promise<void>
  /**
   * Waits until the next word is a person's, while people do what the task asks of them until then: a change that waits
   * for review, or before there was one, and where the task begins `anew`, a plan or a split that waits.
   */
  ends(issue: number, anew: boolean): Promise<void>
  /** `/agent fix` in the thread that a reviewer opened. */
  asksFix(issue: number): Promise<void>
  /** People look at the task anew, and do again what they did in vain. */
  anew(issue: number): void
}

export async function openStory(moment: Moment): Promise<Story> {
  const log = listeningLog()
  const faults: string[] = []
  const error = (fields: object, sentence: string) =>
    void faults.push(`${sentence} ${JSON.stringify(fields).slice(0, 600)}`)
  const holds = new Set<string>()
  const held = new Map<string, () => void>()
  const shop = await openWorkshop({
    ledgerTemplate,
    clock: createClock(speed),
    log: { ...log, error, child: () => ({ ...log, error }) },
    settings: { COUNTERSIGN_SWEEP_SECONDS: '3600' },
    files: {
      ...shellFiles,
      '.github/countersign.yml': shellPolicy(
        `red_runs: 1\n  validate: ${moment.session?.startsWith('validate:') ?? false}`,
      ),
    },
    ci: moment.session === 'repair' ? wantsRepair : 'true',
    sessions: [],
    async improvise({ subject }, request) {
      const kind = kindOf(request)
      const place = `${kind} ${subject}`
      if (holds.delete(place)) await new Promise<void>((resolve) => held.set(place, resolve))
      return answer(kind, moment)
    },
  })
  const { stage, ana, ben } = shop
  const { state } = stage.github
  const issueOf = (number: number) => [...state.issues.values()].find((one) => one.number === number)
  /** The newest: a branch that was deleted and made again has another one. */
  const pullOf = (issue: number) =>
    [...state.pulls.values()].filter((one) => one.headRef.startsWith(`agent/${issue}-`)).at(-1)
  const replies = (pull: GitHubState.Pull | undefined) =>
    [...state.reviewComments.values()].filter((one) => one.pullId === pull?.id).map(({ body }) => body)
  const comments: Story['comments'] = (issue, on) => {
    const pull = pullOf(issue)
    if (on === 'thread') return replies(pull)
    return on === 'issue' ? shop.comments(issue) : pull ? shop.comments(pull.number) : []
  }

  /** What people have done already, by issue: each thing once. */
  const obliged = new Map<number, Set<string>>()
  const once = async (issue: number, what: string, act: () => Promise<unknown>) => {
    const done = obliged.get(issue) ?? new Set()
    obliged.set(issue, done)
    if (done.has(what)) return
    done.add(what)
    await act()
  }
  /** Approve the plan, start the split, take the proposal over: whatever the task asks of people now. */
  async function oblige(issue: number): Promise<void> {
    const said = issueOf(issue) ? shop.comments(issue).join('\n') : ''
    // At the moments before there is a change the work ends where a plan or a split is offered.
    const words = moment.session === null ? 'start|draft accept' : 'draft accept'
    for (const [, word] of said.matchAll(new RegExp(`\`(/agent (?:${words}) [0-9a-f]{8})\``, 'g')))
      await once(issue, word ?? '', () => ana.comment(repository, issue, word ?? ''))
    const run = planRun(issue)
    const approve = run?.actions.find(({ label }) => label === 'Approve')
    if (run && approve && moment.stands !== 'nothing')
      await once(issue, `${run.id} ${approve.identifier}`, () => ana.press(run.id, approve.identifier))
  }
  const planRun = (issue: number) =>
    [...state.checkRuns.values()].find(
      (one) =>
        one.name === 'countersign/plan' &&
        one.headSha === pullOf(issue)?.headSha &&
        one.conclusion === 'action_required',
    )
  async function wait(issue: number, awaited: string, look: () => unknown, helps = true): Promise<void> {
    const found = async () => {
      const seen = await look()
      if (!seen && helps) await oblige(issue)
      return seen || undefined
    }
    await stage.until(`#${issue}: ${awaited}`, found, waitMs).catch((cause: Error) => {
      const all = (['issue', 'pull', 'thread'] as const).map((on) => comments(issue, on).join('\n---\n'))
      throw new Error(`${cause.message}; it has\n${all.join('\n=====\n')}`, { cause })
    })
  }

  /** In the one thread of Ben's: the review session has left a remark of its own. */
  async function asksFix(issue: number): Promise<void> {
    const pull = pullOf(issue)
    const asked = [...state.reviewComments.values()].find(
      ({ pullId, body }) => pullId === pull?.id && body === 'Say euro.',
    )
    if (!pull || !asked) throw new Error(`#${issue} has no review comment of Ben's`)
    await ben.reply(repository, pull.number, asked.id, '/agent fix')
  }

  async function bring(): Promise<number> {
    const body = moment.begins === 'lacking' ? lackingIssue : shellIssue
    const { number: issue } = await ana.openIssue(repository, { title: 'Two decimals', body })
    const { session, stands, begins } = moment
    const hold = (subject: number) => {
      const place = `${session} ${repository}#${subject}`
      holds.add(place)
      return place
    }
    let place = session === null || session === 'fix' ? '' : hold(issue)
    const labels = moment.route === 'feature' || session === 'route' ? [] : [moment.route]
    for (const label of [...labels, 'agent']) await ana.label(repository, issue, label)
    if (begins === 'lacking') {
      await wait(issue, 'the gaps', () => /needs \(D2\)/.test(shop.comments(issue).join()), false)
      await ana.comment(repository, issue, '/agent draft')
    }
    if (stands === 'ready') await wait(issue, 'the review', () => pullOf(issue)?.draft === false)
    if (session === 'fix') {
      const number = pullOf(issue)?.number ?? 0
      place = hold(number)
      await ben.review(repository, number, '', [{ path: 'src/price.sh', line: 1, body: 'Say euro.' }])
      await asksFix(issue)
    }
    if (session !== null) await wait(issue, session, () => held.has(place), stands !== 'nothing')
    else if (stands === 'draft') await wait(issue, 'the plan', () => planRun(issue), false)
    else if (stands === 'nothing')
      await wait(issue, 'the offer', () => /shown here whole as/.test(shop.comments(issue).join()), false)
    const chosen = lastFact(await shop.facts(issue), 'route.chosen')?.body.route
    if (chosen !== undefined && chosen !== moment.route)
      throw new Error(`#${issue} took the route ${chosen} in place of ${moment.route}`)
    return issue
  }

  async function isAtEnd(issue: number, anew: boolean): Promise<boolean> {
    const early = anew || moment.stands === 'nothing'
    const pull = pullOf(issue)
    if (moment.session === 'fix' && !early) return replies(pull).some((body) => /Fixed in/.test(body))
    if (moment.route !== 'epic' && (early ? !planRun(issue) : pull?.draft !== false)) return false
    // Delegated anew, it is at its end when the new bundle is.
    const facts = await shop.facts(issue)
    const since = lastFact(facts, 'bundle.frozen')?.seq ?? Number.MAX_SAFE_INTEGER
    const later = facts.filter(({ seq }) => seq > since)
    const many = (kind: Fact['body']['kind']) => later.filter(({ body }) => body.kind === kind).length
    if (moment.route !== 'epic') return many(early ? 'plan.issued' : 'work.pushed') > 0
    if (moment.session === null && !anew) return many('child.opened') === 2
    return later.some(({ body }) => body.kind === 'attempt.judged' && body.phase === 'split')
  }

  return {
    shop,
    faults,
    bring,
    asksFix,
    pullOf,
    issueOf,
    comments,
    release() {
      holds.clear()
      for (const go of held.values()) go()
      held.clear()
    },
    async branches(issue) {
      const refs = await ana.api('GET', `/repos/${repository}/git/matching-refs/heads/agent/${issue}-`)
      return (refs as { ref: string; object: { sha: string } }[]).map(
        ({ ref, object }) => `${ref} ${object.sha}`,
      )
    },
    hears: (issue, says, on) => wait(issue, `${says}`, () => says.test(comments(issue, on).join('\n---\n'))),
    ends: (issue, anew) => wait(issue, 'its end', () => isAtEnd(issue, anew), !anew),
    anew: (issue) => void obliged.delete(issue),
  }
}

function answer(kind: string, { route }: Moment): Said {
  if (kind.startsWith('validate:'))
    return { toolUse: [{ name: 'hand_in', input: { verdict: 'pass', objections: [] } }] }
  if (kind === 'route') return { toolUse: honest(kind, { route, reason: 'It has this shape.' }) }
  if (kind !== 'fix') return { toolUse: honest(kind, deliverables[kind] ?? {}) }
  const answers = [{ thread: 1, outcome: 'fixed', answer: 'It says euro.' }]
  return {
    toolUse: [
      { name: 'replace_in_region', input: { old_text: '# decimals', new_text: '# euro, decimals' } },
      { name: 'hand_in', input: { summary: 'Say euro', answers, cause: 'other' } },
    ],
  }
}
