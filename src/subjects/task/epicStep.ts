/** An epic from its accepted split on: protected surfaces, a person's start, the issues, and what may begin (D5, D3, A2). */
import { type FactOf, factsOf } from '../../core/facts.ts'
import { code, count, listed, short } from '../../core/sentences.ts'
import type { ChildReading } from '../../core/snapshot/task.ts'
import { Split, type SplitRecord, splitDigest } from '../../core/split.ts'
import { surfacesOfBundle } from '../../delegation/protectedSurfaces.ts'
import { stateOf } from '../../pipeline/taskState.ts'
import { issueOf, nonceOf, type TaskContext } from './context.ts'
import { offeredText, startedText } from './epicText.ts'
import { protectedStep } from './planStep.ts'
import { type Step, step } from './verdicts.ts'

/** The accepted split as it is shown, with the digest that starts it; null while there is none. */
export function offeredSplit(context: TaskContext): { record: SplitRecord; digest: string } | null {
  const { frozen, snapshot } = context
  const { progress } = stateOf(context, 'split')
  if (!frozen || progress.state !== 'accepted') return null
  const outcome = progress.attempt.ended?.outcome
  const split = Split.safeParse(outcome?.kind === 'deliverable' ? outcome.deliverable : null)
  if (!split.success) return null
  const record: SplitRecord = {
    version: 1,
    repositoryId: snapshot.repository.id,
    issue: issueOf(context),
    delegationDigest: frozen.body.digest,
    nonce: nonceOf(context, progress.attempt.attempt),
    split: split.data,
  }
  return { record, digest: splitDigest(record) }
}

/** The step of an epic whose split is accepted. */
export function epicStep(context: TaskContext): Step {
  const { split, snapshot } = context
  if (!split) return offerStep(context)
  const { record, digest } = split.body
  const made = childrenOf(context)
  if (made.length < record.split.children.length)
    return step(
      'machine',
      `The issues of the split are created: ${made.length} of ${record.split.children.length} are there.`,
      {
        comments: [{ marker: 'split', body: startedText(split.body) }],
        effects: [{ kind: 'openChildren', subject: snapshot.key, split: digest }],
      },
    )
  return releaseStep(context, split, made)
}

/** The children of the split that was started; those of an earlier bundle do not count. */
export function childrenOf({ split, facts, snapshot }: TaskContext): ChildReading[] {
  const made = new Set(
    factsOf(facts, 'child.opened')
      .filter(({ body }) => body.split === split?.body.digest)
      .map(({ body }) => body.issue),
  )
  return snapshot.children.filter((child) => made.has(child.issue))
}

function offerStep(context: TaskContext): Step {
  const offered = offeredSplit(context)
  if (!offered) return step('machine', 'The split is not there yet.')
  const { children } = offered.record.split
  const held = heldForSenior(context, offered.record)
  if (held) return held
  const earlier = context.snapshot.children.filter((child) => !hasEnded(child))
  const body = offeredText(
    offered,
    earlier.map((child) => child.issue),
  )
  return step(
    'person',
    `The split into ${count(children.length, 'issue')} waits for a person: someone with write access reads it in the comment on it and types ${code(`/agent start ${short(offered.digest)}`)}.`,
    { comments: [{ marker: 'split', body }] },
  )
}

/** A split that names a protected surface is not even offered before a senior allows it (D3). */
export function heldForSenior(context: TaskContext, { split }: SplitRecord): Step | null {
  if (context.protectedAllowed) return null
  const surfaces = split.children.flatMap((child) => surfacesOfBundle(child.bundle, context.rules))
  return protectedStep('split', surfaces, context)
}

export function hasEnded({ state }: Pick<ChildReading, 'state'>): boolean {
  return state === 'merged' || state === 'closed'
}

/** Lets begin what depends on nothing unmerged, and says how the children stand. */
function releaseStep(context: TaskContext, split: FactOf<'split.approved'>, made: ChildReading[]): Step {
  const { facts } = context
  const { record, digest } = split.body
  const byKey = new Map(made.map((child) => [child.child, child]))
  const released = new Set(
    factsOf(facts, 'child.released')
      .filter(({ body }) => body.split === digest)
      .map(({ body }) => body.child),
  )
  const waiting = record.split.children.filter(({ key }) => !released.has(key))
  const due = waiting.filter(({ dependsOn }) => dependsOn.every((key) => byKey.get(key)?.state === 'merged'))
  if (due.length > 0)
    return step('machine', `${listed(due.map(({ key }) => numberOf(byKey, key)))} may begin.`, {
      records: due.map(({ key }) => ({ kind: 'child.released', split: digest, child: key })),
    })
  const open = made.filter((child) => !hasEnded(child))
  if (open.length === 0) return step('nothing', endSentence(made), { over: true })
  const blocked = waiting.flatMap(({ key, dependsOn }) => {
    const lost = dependsOn.filter((on) => byKey.get(on)?.state === 'closed')
    const child = byKey.get(key)
    return lost.length > 0 && child && !hasEnded(child)
      ? [`${numberOf(byKey, key)} waits for ${listed(lost.map((on) => numberOf(byKey, on)))}`]
      : []
  })
  if (blocked.length > 0) {
    const label = code(context.policy.delegation.label)
    const body = `${listed(blocked, 12)}, closed without a merge, so it would wait for ever. Reopen what it waits for; or set the label ${label} on the waiting issue, which delegates it by itself; or close it.`
    return step('person', body, { comments: [{ marker: 'failed:epic', body }] })
  }
  const merged = made.filter((child) => child.state === 'merged').length
  const asking = made.filter((child) => child.state === 'person').map((child) => `#${child.issue}`)
  const needs =
    asking.length > 0 ? ` ${listed(asking)} ${asking.length === 1 ? 'needs' : 'need'} a person.` : ''
  return step('machine', `${merged} of ${count(made.length, 'child issue')} merged.${needs}`, {
    // Released, but not seen to have begun: asked again in case the queue was lost (T34).
    effects: made
      .filter((child) => child.state === 'waits' && released.has(child.child))
      .map((child) => ({ kind: 'queue', subject: child.key })),
  })
}

function endSentence(made: readonly ChildReading[]): string {
  const closed = made.filter((child) => child.state === 'closed').map((child) => `#${child.issue}`)
  if (closed.length === 0)
    return `All ${made.length} child issues are merged. Close this issue when its criteria hold.`
  const verb = closed.length === 1 ? 'was' : 'were'
  return `All ${made.length} child issues have ended: ${made.length - closed.length} merged, and ${listed(closed)} ${verb} closed without a merge. What they covered is not done.`
}

function numberOf(byKey: ReadonlyMap<string, ChildReading>, key: string): string {
  return `#${byKey.get(key)?.issue ?? 0}`
}

/** Children that must look at what was said on the epic: a stop, resume or retry that they do not know (O4). */
export function wakeChildren({ facts, commands, snapshot }: TaskContext): Step['effects'] {
  const said = factsOf(facts, 'comment.command')
  const opened = new Map(factsOf(facts, 'child.opened').map(({ seq, body }) => [body.issue, seq]))
  return snapshot.children
    .filter((child) => !hasEnded(child))
    .filter((child) =>
      commands.some(
        ({ seq, settledSeq, verb }) =>
          isPassedOn(verb) &&
          settledSeq > (opened.get(child.issue) ?? Number.MAX_SAFE_INTEGER) &&
          said.some((one) => one.seq === seq && !child.commands.includes(one.body.commentId)),
      ),
    )
    .map(({ key }) => ({ kind: 'queue', subject: key }))
}

/** Commands that hold for what belongs to a task as well: its children, and itself when given on its pull request. */
export function isPassedOn(verb: string): boolean {
  return ['stop', 'resume', 'retry'].includes(verb)
}
