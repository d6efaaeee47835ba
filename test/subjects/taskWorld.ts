/** Plays rounds of a task: facts grow by its records, sessions end as the test says, evidence is what the test gives. */

import type { Account, Standing } from '../../src/core/account.ts'
import type { Action } from '../../src/core/action.ts'
import { digestOf } from '../../src/core/digest.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../../src/core/evidence.ts'
import type { Fact, FactBody } from '../../src/core/facts.ts'
import type { TaskSnapshot } from '../../src/core/snapshot/task.ts'
import { nothing, noUsage } from '../../src/core/usage.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { decide, judge, needs, type TaskVerdicts } from '../../src/subjects/task.ts'
import { planFixture } from '../support/plan.ts'
import {
  app,
  dana,
  everybody,
  policyOf,
  pullSnapshot,
  repository,
  type SnapshotParts,
  sha,
} from '../support/snapshots.ts'

export const key = `task:${repository.name}#12`

export const goodBody = `### Goal

Refuse long input.

### Acceptance criteria

- Input over 1000 characters is refused
  Pass example: 1001 characters give a RangeError
  Fail example: 1001 characters give a tree

### Constraints

- No new dependency

### Prior art

- \`src/parse.ts\`

### Risk class

low
`

export const testSpec = { run: 'npm test', reports: [{ format: 'junit', path: 'junit.xml' }] }

export class TaskWorld {
  facts: Fact[] = []
  comments: { id: number; marker: string; body: string }[] = []
  labels: string[] = ['agent']
  /** Whether a model chooses the route: most stories are about what comes after that. */
  routesByModel = false
  policyRaw: object = { commands: { test: testSpec, typecheck: { run: 'tsc' } } }
  policyBroken = false
  people: ReadonlyMap<number, Standing> = everybody()
  priorArt: TaskSnapshot['priorArt'] = new Map([['src/parse.ts', true]])
  missing: string[] = []
  spending = { day: nothing, repository: nothing }
  lastEditor: Account | null = null
  author: Account = dana
  body = goodBody
  base = sha('base')
  type: string | null = null
  evidence: (request: EvidenceRequest) => EvidenceResult | undefined = () => undefined
  pull: SnapshotParts | null = null
  parent: TaskSnapshot['parent'] = null
  children: TaskSnapshot['children'] = []
  /** Sessions, pushes and the like that rounds have asked for, in order. */
  asked: Action[] = []
  #seen = new Set<string>()

  add(body: FactBody, actor: Account | null = null): Fact {
    const seq = this.facts.length
    const hash = digestOf({ seq, body })
    const fact: Fact = {
      subject: key,
      seq,
      actor,
      atMs: 1000 + seq,
      delivery: null,
      body,
      previousHash: this.facts.at(-1)?.hash ?? '',
      hash,
    }
    this.facts = [...this.facts, fact]
    return fact
  }

  label(by: Account | null = dana, label = 'agent', labels = [label]): void {
    this.add(
      {
        kind: 'issue.delegated',
        label,
        labels,
        title: 'Limit the parser',
        body: this.body,
        bodyDigest: digestOf(this.body),
        author: this.author,
      },
      by,
    )
  }

  edit(body: string, by: Account = dana): void {
    this.body = body
    this.lastEditor = by
    this.add({ kind: 'issue.edited', bodyDigest: digestOf(body), body, title: 'Limit the parser' }, by)
  }

  say(
    verb: Extract<FactBody, { kind: 'comment.command' }>['verb'],
    rest = '',
    by: Account = dana,
    viaApp: number | null = null,
  ): Fact {
    return this.add(
      {
        kind: 'comment.command',
        commentId: 1000 + this.facts.length,
        on: 'issue',
        verb,
        rest,
        bodyDigest: digestOf(rest),
        viaApp,
      },
      by,
    )
  }

  policy(): Policy {
    const { pipeline = {}, ...rest } = this.policyRaw as { pipeline?: object }
    return policyOf({ ...rest, pipeline: { routes: { by_model: this.routesByModel }, ...pipeline } })
  }

  snapshot(): TaskSnapshot<Policy> {
    const policy = this.policy()
    return {
      key,
      nowMs: 50_000,
      missing: this.missing,
      app,
      repository,
      policy: this.policyBroken
        ? { ok: false, mistakes: [], sentence: 'Line 3 of the policy is wrong.', sha: null }
        : { ok: true, policy, sha: this.base, source: 'repository' },
      issue: {
        id: 1,
        number: 12,
        title: 'Limit the parser',
        body: this.body,
        bodyDigest: digestOf(this.body),
        state: 'open',
        labels: this.labels,
        type: this.type,
        author: this.author,
        lastEditor: this.lastEditor,
      },
      base: { ref: 'main', tip: this.base },
      people: this.people,
      priorArt: this.priorArt,
      ownComments: this.comments,
      facts: this.facts,
      evidence: {
        get: ((request: EvidenceRequest) => this.evidence(request)) as TaskSnapshot['evidence']['get'],
      },
      spending: this.spending,
      parent: this.parent,
      children: this.children,
      pull: this.pull
        ? pullSnapshot({ ...this.pull, policy: this.policyRaw, task: { key, issue: 12, facts: this.facts } })
        : null,
    }
  }

  /** One round. Returns the actions; records and comments have been applied. */
  round(): { actions: Action[]; verdicts: TaskVerdicts } {
    return this.roundOf(this.snapshot())
  }

  roundOf(snapshot: TaskSnapshot<Policy>): { actions: Action[]; verdicts: TaskVerdicts } {
    needs(snapshot)
    const verdicts = judge(snapshot)
    const actions = decide(snapshot, verdicts)
    for (const action of actions) {
      if (action.kind === 'record') this.add(action.body, action.actor)
      else if (action.kind === 'comment') {
        this.comments = [
          ...this.comments.filter((one) => one.marker !== action.marker),
          { id: 1, marker: action.marker, body: action.body },
        ]
      } else if (action.kind === 'label')
        this.labels = [...this.labels.filter((one) => !action.remove.includes(one)), ...action.add]
      else if (!this.#seen.has(digestOf(action))) {
        this.#seen.add(digestOf(action))
        this.asked.push(action)
      }
    }
    return { actions, verdicts }
  }

  /** Rounds until nothing is recorded or written any more. Bounded, since a task must settle (L2). */
  settle(): TaskVerdicts {
    for (let rounds = 0; rounds < 40; rounds += 1) {
      const { actions, verdicts } = this.round()
      if (!actions.some((action) => ['record', 'comment', 'label'].includes(action.kind))) return verdicts
    }
    throw new Error('the task does not settle')
  }

  comment(marker: string): string {
    return this.comments.find((one) => one.marker === marker)?.body ?? ''
  }

  sessions(): string[] {
    return this.asked.flatMap((action) =>
      action.kind === 'session' ? [`${action.phase}#${action.attempt}`] : [],
    )
  }

  /** End a session as the worker would. */
  end(
    phase: string,
    attempt: number,
    deliverable: unknown,
    candidate: string | null = null,
    parts: { costUsd?: number } = {},
  ): void {
    this.ended(
      phase,
      attempt,
      { kind: 'deliverable', digest: digestOf(deliverable), deliverable },
      candidate,
      parts.costUsd,
    )
  }

  ended(
    phase: string,
    attempt: number,
    outcome: Extract<FactBody, { kind: 'attempt.ended' }>['outcome'],
    candidate: string | null = null,
    costUsd = 0.1,
  ): void {
    const session = `${phase}-${attempt}`
    const common = { phase, attempt, session, endpoint: 'anthropic', model: 'claude-test' }
    this.add({ kind: 'attempt.started', ...common })
    this.add({
      kind: 'attempt.ended',
      ...common,
      outcome,
      candidate,
      usage: noUsage,
      costUsd,
      durationMs: 1000,
    })
  }

  pass(phase: string, attempt: number): void {
    this.end(`validate:${phase}`, attempt, { verdict: 'pass', objections: [] })
  }

  /** Hand in and have it validated. */
  accept(phase: string, attempt: number, deliverable: unknown, candidate: string | null = null): void {
    this.settle()
    this.end(phase, attempt, deliverable, candidate)
    this.settle()
    if (phase !== 'review') this.pass(phase, attempt)
    this.settle()
  }

  /** Up to the accepted plan, everything resolving. */
  planned(plan: Parameters<typeof planFixture>[0] = {}): void {
    this.evidence = evidence()
    this.label()
    this.accept('discovery', 1, discovery)
    this.accept('spec', 1, spec)
    this.accept('plan', 1, planFixture(plan))
  }

  /** The plan commit is there and its pull request open. */
  issued(): void {
    const action = this.asked.filter((one) => one.kind === 'issuePlan').at(-1)
    if (action?.kind !== 'issuePlan') throw new Error('no plan is to be issued')
    const { record, base, branch } = action
    this.add({
      kind: 'plan.issued',
      digest: digestOf(record),
      commit: sha(`plan ${record.nonce}`),
      base,
      branch,
      record,
    })
    this.add({ kind: 'pull.opened', number: 34, head: sha(`plan ${record.nonce}`) })
    this.pull = {
      pull: {
        draft: true,
        author: app.bot,
        head: { sha: sha(`plan ${record.nonce}`), ref: branch, repositoryId: repository.id, fork: false },
      },
    }
  }
}

const citation = { path: 'src/parse.ts', line: 3, quote: 'export function parse(text: string): Tree {' }
export const discovery = {
  summary: 's',
  interfaces: [{ name: 'parse', purpose: 'p', citation }],
  conventions: [],
  tests: [],
  unknowns: [],
}
export const spec = {
  summary: 's',
  behaviours: [{ statement: 's', criterion: 1, passExample: 'p', failExample: 'f' }],
  interfaces: [],
  outOfScope: [],
}
export const tests = {
  summary: 's',
  tests: [{ name: 'parse > refuses long input', file: 'test/parse.test.ts', proves: 'p' }],
}

/** Evidence for every request, all as it should be, but for what `wrong` answers. */
export function evidence(wrong: (request: EvidenceRequest) => EvidenceResult | undefined = () => undefined) {
  return (request: EvidenceRequest): EvidenceResult | undefined => wrong(request) ?? fine(request)
}

function fine(request: EvidenceRequest): EvidenceResult {
  switch (request.kind) {
    case 'citations':
      return {
        ok: true,
        body: { results: request.citations.map((one) => ({ citation: one, resolved: true })) },
      }
    case 'diff': {
      const paths =
        request.head === sha('tests')
          ? ['test/parse.test.ts']
          : request.head === sha('docs')
            ? ['docs/parse.md']
            : ['src/parse.ts']
      return {
        ok: true,
        body: {
          mergeBase: request.base,
          digest: digestOf(request),
          files: paths.map((path) => ({
            path,
            pathIsUtf8: true,
            status: 'modified' as const,
            renamedFrom: null,
            oldMode: '100644' as const,
            newMode: '100644' as const,
            binary: false,
            additions: 2,
            deletions: 0,
            linkTarget: null,
            truncated: false,
            added: [],
            removed: [],
          })),
        },
      }
    }
    case 'command': {
      const red = request.name === 'test' && request.sha === sha('tests')
      const cases = [
        { name: 'parse > refuses long input', status: red ? ('failed' as const) : ('passed' as const) },
      ]
      return {
        ok: true,
        body: {
          exitCode: red ? 1 : 0,
          stoppedBy: null,
          outputTail: '',
          durationMs: 1,
          ...(request.name === 'test' ? { tests: cases } : {}),
        },
      }
    }
    case 'references':
      return { ok: true, body: { filesRead: 1, unresolved: [], unchecked: [] } }
    default:
      return { ok: false, reason: `not part of this test: ${evidenceKey(repository.name, request)}` }
  }
}
