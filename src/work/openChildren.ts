/** Work item `openChildren`: makes the issues of a split that a person has started, and delegates each, once (D5, S7). */
import { RetryLater } from '../core/errors.ts'
import { type Fact, type FactBody, type FactOf, factsOf, lastFact } from '../core/facts.ts'
import { formatKey, parseKey, type RepositoryName } from '../core/ids.ts'
import { outgoingCommitText } from '../core/outgoingText.ts'
import type { Forge } from '../core/ports.ts'
import { inOrder, type SplitChild } from '../core/split.ts'
import type { WorkItem } from '../core/work.ts'
import { bundleDigest } from '../delegation/bundle.ts'
import { childText } from '../delegation/childText.ts'
import { frozenOf } from '../pipeline/taskState.ts'
import { record, type SettlePorts, settle } from './settle.ts'
import { isTaskStopped } from './stopped.ts'

export interface OpenChildrenPorts extends SettlePorts {
  forge: Pick<Forge, 'openIssue' | 'addSubIssue'>
}

type Item = Extract<WorkItem, { kind: 'openChildren' }>

/** A split that was started, on its way to being issues. */
interface Opening {
  item: Item
  repository: RepositoryName
  epic: number
  approval: FactOf<'split.approved'>
}

/**
 * Make every child that is not there yet, in the order of their dependencies, so that each text can name the numbers it
 * waits for. For each child the intent is recorded first: a run that finds an intent of an earlier one looks for the
 * issue before it makes it. A split that a later one has replaced, or a stopped epic, changes nothing.
 */
export async function runOpenChildren(item: Item, ports: OpenChildrenPorts): Promise<void> {
  const { ledger } = ports
  await settle(item.subject, `openChildren:${item.split}`, ports, async (repository) => {
    const approvals = factsOf(await ledger.facts(item.subject), 'split.approved')
    const approval = approvals.find(({ body }) => body.digest === item.split)
    const subject = parseKey(item.subject)
    if (!approval || approvals.at(-1)?.body.digest !== item.split || subject?.kind !== 'task') return
    const opening = { item, repository, epic: subject.issue, approval }
    for (const child of inOrder(approval.body.record.split.children)) {
      if (await isTaskStopped(ledger, item.subject)) return
      await delegate(opening, child, await open(opening, child, ports), ports)
    }
  })
}

/** The issue's number, found on record or on GitHub, or made. */
async function open(opening: Opening, child: SplitChild, ports: OpenChildrenPorts): Promise<number> {
  const { item, repository, epic, approval } = opening
  const { ledger, forge } = ports
  const which = { split: item.split, child: child.key }
  const known = openedOf(await ledger.facts(item.subject), which)
  if (known) return known.body.issue
  const look = !(await intend(item.subject, which, ledger))
  const issue = await forge.openIssue(repository, {
    marker: `child:${epic}:${item.split.slice(0, 16)}:${child.key}`,
    title: outgoingCommitText(child.title, { most: 200 }),
    body: childText(child, {
      epic,
      split: item.split,
      by: approval.body.by,
      dependsOn: await numbersOf(opening, child, ledger),
    }),
    after: epic,
    look,
  })
  // Before the record: a run after a crash finds the issue again and comes past here once more.
  await forge.addSubIssue(repository, epic, issue.id)
  const facts = await record(
    ledger,
    item.subject,
    { kind: 'child.opened', ...which, issue: issue.number },
    (facts) => openedOf(facts, which) !== undefined,
  )
  return openedOf(facts, which)?.body.issue ?? issue.number
}

interface Which {
  split: string
  child: string
}

function openedOf(facts: readonly Fact[], { split, child }: Which) {
  return factsOf(facts, 'child.opened').find(({ body }) => body.split === split && body.child === child)
}

/** True when the intent is new: then nobody can have made the issue. */
async function intend(subject: string, which: Which, ledger: SettlePorts['ledger']): Promise<boolean> {
  let isNew = true
  await record(ledger, subject, { kind: 'child.intended', ...which }, (facts) => {
    isNew = !factsOf(facts, 'child.intended').some(
      ({ body }) => body.split === which.split && body.child === which.child,
    )
    return !isNew
  })
  return isNew
}

async function numbersOf(
  { item }: Opening,
  child: SplitChild,
  ledger: SettlePorts['ledger'],
): Promise<number[]> {
  const facts = await ledger.facts(item.subject)
  return child.dependsOn.flatMap(
    (key) => openedOf(facts, { split: item.split, child: key })?.body.issue ?? [],
  )
}

/**
 * The child's own first facts, in one append: delegated by whoever started the split, with the bundle that was shown
 * (D1, D4). They run under the agent profile of the epic (P13), and what pins it to in-house models pins them (P10).
 */
async function delegate(
  opening: Opening,
  child: SplitChild,
  issue: number,
  ports: OpenChildrenPorts,
): Promise<void> {
  const { item, repository, epic, approval } = opening
  const { ledger, queue } = ports
  const subject = formatKey({ kind: 'task', repository, issue })
  const dependsOn = await numbersOf(opening, child, ledger)
  const epicFacts = await ledger.facts(item.subject)
  const sensitive = lastFact(epicFacts, 'task.sensitive')
  const profile = frozenOf(epicFacts)?.body.profile
  for (let attempt = 0; attempt < 10; attempt++) {
    const facts = await ledger.facts(subject)
    if (factsOf(facts, 'child.delegated').some(({ body }) => body.split === item.split)) return
    const bodies: FactBody[] = [
      {
        kind: 'child.delegated',
        parent: item.subject,
        split: item.split,
        child: child.key,
        approval: approval.seq,
        dependsOn,
      },
      {
        kind: 'bundle.frozen',
        delegation: facts.length,
        digest: bundleDigest(child.bundle),
        bundle: child.bundle,
        delegator: approval.body.by,
        title: child.title,
        ...(profile === undefined ? {} : { profile }),
      },
      { kind: 'route.chosen', route: child.route, why: `the split of the epic #${epic} says so` },
      ...(sensitive
        ? [
            {
              kind: 'task.sensitive' as const,
              why: `its epic #${epic} is sensitive: ${sensitive.body.why}`.slice(0, 4000),
            },
          ]
        : []),
    ]
    const added = await ledger.append(
      subject,
      bodies.map((body) => ({ actor: body.kind === 'child.delegated' ? approval.body.by : null, body })),
      { ifLength: facts.length },
    )
    if (added) return queue.reconcile(subject)
  }
  throw new RetryLater(`${subject} changed ten times while it was to be delegated`, 1000)
}
