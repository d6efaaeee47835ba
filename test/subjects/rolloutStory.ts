/** Tells stories of rollouts: rounds are run and their actions carried out until nothing is left to do, then the clock moves. */
import type { Account } from '../../src/core/account.ts'
import type { Action } from '../../src/core/action.ts'
import { formatExternalId, parseExternalId } from '../../src/core/checkRun.ts'
import { digestOf } from '../../src/core/digest.ts'
import type { EvidenceRequest } from '../../src/core/evidence.ts'
import { FactBody, type FactKind } from '../../src/core/facts.ts'
import { Policy } from '../../src/policy/schema.ts'
import { check, decide, judge, needs } from '../../src/subjects/rollout.ts'
import * as fixture from '../support/snapshots.ts'
import { effectOf, finishes, starts } from './rolloutEffects.ts'
import {
  type Commit,
  type Deployed,
  freshTown,
  keyOf,
  placeOf,
  type Reading,
  readingName,
  recorded,
  type Setting,
  shaOf,
  snapshotOf,
  type Town,
} from './rolloutWorld.ts'

const source = { kind: 'json', url: 'https://metrics.example/now', pointer: '/value' } as const
export const errors = { rule: 'error_rate', source } as const
const good: Reading = { errors: 0.0005, more: 0.0005, slow: 100, memory: 0.4 }

/** An environment with an error rate, a window of five samples a minute apart, and people asked unless parts say otherwise. */
export const environment = (parts: object = {}) => ({
  window_minutes: 5,
  requests: { source },
  monitors: { errors },
  ...parts,
})

/** A commit that an agent's pull request brought, approved and merged through the gates. */
export function byAgent(parent: string | null, number: number, parts: Partial<Commit> = {}): Commit {
  return {
    parent,
    pull: {
      number,
      facts: [
        { body: { kind: 'origin.evidence', source: 'account', detail: 'copilot wrote it' } },
        { body: mergedBody(`head ${number}`) },
      ],
    },
    ...parts,
  }
}
export const mergedBody = (head: string, merge = shaOf(`merge ${head}`)): FactBody => ({
  kind: 'merged',
  head: shaOf(head),
  merge,
  landedOn: 'main',
  expected: 'main',
})
export const line: Record<string, Commit> = {
  a: byAgent(null, 1),
  b: byAgent('a', 2),
  c: byAgent('b', 3),
}

export interface StoryParts {
  environments: object
  policy?: object
  ruled?: string[]
  commits?: Record<string, Commit>
  url?: string
}

type Answer = { town: Town; actions: Action[] }

export class RolloutStory {
  setting: Setting
  town: Town
  /** What the service shows while a commit runs, by the number of the sample in its deployment's window. */
  weather: Record<string, (sample: number) => Reading> = {}
  /** Whether the canary of a commit passes. */
  canary: Record<string, boolean> = {}
  /** Actions that left the rounds, in order, but for those asked for again. */
  asked: Action[] = []

  constructor({ environments, policy = {}, ruled = [], commits = line, url }: StoryParts, tip = 'a') {
    const parsed = Policy.parse({ seniors: ['dana'], ...policy, rollout: { environments } })
    this.setting = { policy: parsed, commits, ruled, url: url ?? null }
    this.town = freshTown(tip)
  }

  /** Change what policy says from here on. */
  amend(environments: object, policy: object = {}): void {
    const parsed = Policy.parse({ seniors: ['dana'], ...policy, rollout: { environments } })
    this.setting = { ...this.setting, policy: parsed }
  }

  snapshot(name: string) {
    const snapshot = snapshotOf(this.setting, this.town, name)
    const wanted = new Set(needs(snapshot).map((request) => digestOf(request)))
    const { evidence } = snapshot
    return {
      ...snapshot,
      evidence: {
        get: <R extends EvidenceRequest>(request: R) =>
          wanted.has(digestOf(request)) ? evidence.get(request) : undefined,
      },
    }
  }

  verdicts(name: string) {
    return judge(this.snapshot(name))
  }

  /** What a round would do now. Every invariant holds of it, and it is decided the same twice. */
  decide(name: string): Action[] {
    const snapshot = this.snapshot(name)
    const actions = decide(snapshot, judge(snapshot))
    const broken = check(snapshot, actions)
    if (broken.length > 0) throw new Error(broken.join('; '))
    if (digestOf(actions) !== digestOf(decide(snapshot, judge(snapshot))))
      throw new Error('S7: decided differently the second time')
    return actions
  }

  /** One round: its records first, then what it does to GitHub. */
  round(name: string): Answer {
    const actions = this.decide(name)
    for (const action of actions) this.apply(name, action)
    return { town: this.town, actions }
  }

  apply(name: string, action: Action): void {
    if (action.kind === 'record') this.record(name, action.body, action.actor)
    else if (action.kind === 'collect') this.collect(name, action.request)
    else {
      const { town, facts, asked } = effectOf(this.setting, this.town, name, action)
      this.town = town
      for (const body of facts) this.record(name, body)
      if (asked) this.record(name, asked)
    }
    if (!['wake', 'queue', 'collect'].includes(action.kind)) this.asked.push(action)
  }

  record(name: string, body: FactBody, by: Account | null = null): void {
    this.town = recorded(this.town, name, FactBody.parse(body), by)
  }

  /** The commit that runs in an environment now. */
  running(name: string): string | null {
    const { deployments, stood } = placeOf(this.town, name)
    return deployments.find(({ id }) => id === stood.at(-1))?.real ?? null
  }

  private collect(name: string, request: EvidenceRequest): void {
    const key = readingName(request)
    if (key === null) return
    const deployed = placeOf(this.town, name).deployments.find(
      (one) => 'deployment' in request && one.id === request.deployment,
    )
    const real = deployed?.real ?? ''
    const taken = Object.keys(this.town.readings).filter((one) => one.startsWith(`sample ${deployed?.id} `))
    const weather = this.weather[real] ?? (() => good)
    const reading =
      request.kind === 'probes'
        ? { ok: this.canary[real] === false ? 0 : 1 }
        : request.kind === 'baseline'
          ? good
          : weather(taken.length + 1)
    this.town = { ...this.town, readings: { ...this.town.readings, [key]: reading } }
  }

  /** Rounds until none has anything to do but wait (L2). */
  settle(): void {
    const names = Object.keys(this.setting.policy.rollout.environments)
    const all = [...new Set([...names, ...Object.keys(this.town.places)])]
    for (let turn = 0; turn < 60; turn++) {
      const before = JSON.stringify(this.town)
      for (const name of all) this.round(name)
      if (JSON.stringify(this.town) === before) return
    }
    throw new Error('L2: the rounds never came to rest')
  }

  /** Let time pass, with the rounds that were asked to be woken. */
  pass(minutes: number): void {
    const until = this.town.nowMs + minutes * 60_000
    for (let turn = 0; turn < 3000; turn++) {
      const wakes = Object.values(this.town.places).flatMap(({ wakeMs }) =>
        wakeMs !== null && wakeMs > this.town.nowMs && wakeMs <= until ? [wakeMs] : [],
      )
      if (wakes.length === 0) break
      this.town = { ...this.town, nowMs: Math.min(...wakes) }
      this.settle()
    }
    this.town = { ...this.town, nowMs: until }
  }

  /** The repository's own delivery deploys a commit; in a ruled environment its job waits. Returns the deployment's id. */
  deliver(name: string, commit: string, parts: Partial<Deployed> = {}): number {
    const deployed = { sha: commit, real: commit, ...parts }
    const { town, asked, deployment } = starts(this.setting, this.town, name, deployed)
    this.town = town
    if (asked) this.record(name, asked)
    this.settle()
    return deployment
  }

  last(name: string): Deployed {
    const deployed = placeOf(this.town, name).deployments.at(-1)
    if (!deployed) throw new Error(`nothing was deployed to ${name}`)
    return deployed
  }

  finish(name: string, state: Deployed['state'] = 'success', id = this.last(name).id): void {
    this.town = finishes(this.town, name, id, state)
    this.settle()
  }

  /** Deploy, let it through where nobody needs to be asked, and watch its window to the end. */
  ship(name: string, commit: string): void {
    this.deliver(name, commit)
    this.finish(name)
    this.pass(30)
  }

  page(commit: string) {
    const run = this.town.runs.findLast((one) => one.sha === shaOf(commit))
    const external = parseExternalId(run?.externalId)
    if (!run || !external) throw new Error(`no countersign/deploy on ${commit}`)
    return { run, external }
  }

  /** Press a button on the page of a commit, or on one that was open since before. */
  press(commit: string, letter: 'a' | 'r' | 'f', by: Account, page = this.page(commit)): string {
    const { run, external } = page
    const name = external.subject.slice(external.subject.indexOf('@') + 1)
    this.record(
      name,
      {
        kind: 'button.pressed',
        checkRunId: run.id,
        checkName: 'countersign/deploy',
        sha: run.sha,
        identifier: `${letter}:${external.shown.slice(0, 16)}`,
        externalId: formatExternalId(keyOf(name), external.generation, external.shown),
      },
      by,
    )
    const place = placeOf(this.town, name).facts.length - 1
    this.settle()
    const answer = this.facts(name, 'settled').find(({ of }) => of === place)
    return answer ? `${answer.outcome}: ${answer.sentence}` : 'not answered'
  }

  facts<K extends FactKind>(name: string, kind: K): Extract<FactBody, { kind: K }>[] {
    return placeOf(this.town, name).facts.flatMap(({ body }) =>
      body.kind === kind ? [body as Extract<FactBody, { kind: K }>] : [],
    )
  }

  kinds(name: string): FactKind[] {
    return placeOf(this.town, name).facts.map(({ body }) => body.kind)
  }

  outcomes(name: string): string[] {
    return this.facts(name, 'window.ended').map(({ sha, outcome }) => `${this.nameOf(sha)} ${outcome}`)
  }

  alerts(name: string): string[] {
    return this.facts(name, 'alert.raised').map(({ what, title, text }) => `${what}: ${title}: ${text}`)
  }

  nameOf(sha: string): string {
    return Object.keys(this.setting.commits).find((name) => shaOf(name) === sha) ?? sha
  }
}

export const { dana, erik, fay, gus, stranger, copilot, bot } = fixture

/** Production by the repository's own delivery, held by the rule. */
export const ruled = (parts: object = {}, more: object = {}): StoryParts => ({
  environments: { production: environment(parts) },
  ruled: ['production'],
  ...more,
})

/** `a` is approved there, stands, and is healthy. */
export function standsHealthy<S extends RolloutStory>(story: S): S {
  story.deliver('production', 'a')
  story.press('a', 'a', dana)
  story.finish('production')
  story.pass(20)
  const outcomes = story.outcomes('production').join()
  if (outcomes !== 'a healthy') throw new Error(`not healthy: ${outcomes}`)
  return story
}
