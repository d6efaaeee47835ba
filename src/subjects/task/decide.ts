/** What a round of a task does about its verdicts: records first, then answers, comments, labels and work. Pure. */
import type { Action } from '../../core/action.ts'
import { type FactBody, settledBySeq } from '../../core/facts.ts'
import { answerTexts } from '../../core/heard.ts'
import { formatKey, parseKey } from '../../core/ids.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { profileOfLabel } from '../../policy/profiles.ts'
import type { Policy } from '../../policy/schema.ts'
import { epicAction } from './childStep.ts'
import { progressComment, sameProgress } from './progress.ts'
import { asksPerson, type TaskVerdicts } from './verdicts.ts'

/** Comments are restored for this many of the latest answers. */
const maximumComments = 30

/**
 * The actions of one round. While answers or copied commands are recorded, the step waits for the next round, which
 * follows at once and sees them: a stop that was just settled must not let one more session start (O4).
 */
export function decide(snapshot: TaskSnapshot<Policy>, verdicts: TaskVerdicts): Action[] {
  const { answers, copied, step } = verdicts
  const number = issueNumber(snapshot)
  if (number === null) return []
  const record = (body: FactBody, actor = null as Extract<Action, { kind: 'record' }>['actor']): Action => ({
    kind: 'record',
    subject: snapshot.key,
    actor,
    body,
  })
  const settling = [
    ...copied.map(({ actor, body }) => record(body, actor)),
    ...answers.flatMap((answer) => [
      ...answer.records.map((body) => record(body, answer.actor)),
      record({
        kind: 'settled',
        of: answer.of,
        outcome: answer.outcome,
        sentence: answer.sentence.slice(0, 4000),
      }),
    ]),
  ]
  if (settling.length > 0) return settling
  const recording = [...step.records.map((body) => record(body)), ...epicAction(snapshot, step.records)]
  // Nothing can be written on an issue that is gone; its epic still hears of it, and so does its open pull request.
  if (!snapshot.issue) return [...recording, ...orphanComment(snapshot, number)]
  const collect = step.needs
    .filter((request) => snapshot.evidence.get(request) === undefined)
    .map(
      (request): Action => ({
        kind: 'collect',
        repository: snapshot.repository.name,
        request,
        subject: snapshot.key,
      }),
    )
  return [
    ...recording,
    ...commentActions(snapshot, number, verdicts),
    ...labelActions(snapshot, number, verdicts),
    ...collect,
    ...step.effects,
    ...pullAction(snapshot, step.records),
  ]
}

/** Where the issue was deleted or moved away, its open pull request is the only place left to say so. */
function orphanComment({ pull, repository, missing }: TaskSnapshot<Policy>, issue: number): Action[] {
  const marker = 'orphan'
  if (missing.length > 0 || pull?.pull.state !== 'open') return []
  if (pull.ownComments.some((one) => one.marker === marker)) return []
  const body = `Issue ${issue}, which this pull request was made for, was deleted or moved to another repository, so the agent does nothing more here. Finish this by hand or close it; to go on with an agent, open the issue again and delegate it.`
  return [
    { kind: 'comment', repository: repository.name, number: pull.pull.number, marker, body, commentId: null },
  ]
}

function issueNumber(snapshot: TaskSnapshot<Policy>): number | null {
  const subject = parseKey(snapshot.key)
  return subject?.kind === 'task' ? subject.issue : null
}

function commentActions(snapshot: TaskSnapshot<Policy>, number: number, verdicts: TaskVerdicts): Action[] {
  const progress = progressComment(snapshot, verdicts.step)
  const wanted = [
    ...answerComments(snapshot),
    ...verdicts.step.comments,
    ...(progress === null ? [] : [{ marker: 'progress', body: progress }]),
  ]
  return wanted.flatMap(({ marker, body }): Action[] => {
    const own = snapshot.ownComments.find((one) => one.marker === marker)
    if (own && (marker === 'progress' ? sameProgress(own.body, body) : own.body.trim() === body.trim()))
      return []
    return [
      {
        kind: 'comment',
        repository: snapshot.repository.name,
        number,
        marker,
        body,
        commentId: own?.id ?? null,
        // From one phase to the next nobody has to do anything.
        mayWait: marker === 'progress' && verdicts.step.waits === 'machine',
      },
    ]
  })
}

/**
 * Comments that answers need, derived from what is settled, so that a crash between the two loses none. Bots are not
 * answered, so that two bots cannot talk to each other; commands copied from the pull request were answered there.
 */
function answerComments(snapshot: TaskSnapshot<Policy>): { marker: string; body: string }[] {
  const settled = settledBySeq(snapshot.facts)
  const textOf = answerTexts(snapshot.facts)
  const present = new Set(snapshot.ownComments.map((one) => one.marker))
  return snapshot.facts
    .filter(({ body }) => ['issue.delegated', 'comment.command', 'comment.unknown'].includes(body.kind))
    .slice(-maximumComments)
    .flatMap((fact) => {
      const answer = settled.get(fact.seq)
      const marker = `answer:${fact.seq}`
      if (!answer || present.has(marker) || fact.actor?.type !== 'User') return []
      if (
        fact.body.kind === 'issue.delegated' &&
        (answer.body.outcome === 'accepted' || !isOurLabel(snapshot, fact.body.label))
      )
        return []
      if (fact.body.kind === 'comment.command' && fact.body.on !== 'issue') return []
      const body = textOf(fact)
      return body === null ? [] : [{ marker, body }]
    })
}

/** Every label on every issue is seen by intake; only ours is worth a comment. */
function isOurLabel(snapshot: TaskSnapshot<Policy>, label: string): boolean {
  return snapshot.policy.ok && profileOfLabel(snapshot.policy.policy, label) !== undefined
}

/** The needs-human label stands while work that has begun waits for a person beyond an ordinary approval. */
function labelActions(snapshot: TaskSnapshot<Policy>, number: number, { step }: TaskVerdicts): Action[] {
  if (!snapshot.policy.ok || !snapshot.issue) return []
  const label = snapshot.policy.policy.delegation.needs_human_label
  const has = snapshot.issue.labels.includes(label)
  const needed = asksPerson(step)
  if (needed === has) return []
  return [
    {
      kind: 'label',
      repository: snapshot.repository.name,
      number,
      add: needed ? [label] : [],
      remove: needed ? [] : [label],
    },
  ]
}

/** The pull request's round reads this task's facts, so it runs again when a plan or its rejection is recorded. */
function pullAction(snapshot: TaskSnapshot<Policy>, records: readonly FactBody[]): Action[] {
  if (!snapshot.pull || records.length === 0) return []
  return [
    {
      kind: 'queue',
      subject: formatKey({
        kind: 'pull',
        repository: snapshot.repository.name,
        number: snapshot.pull.pull.number,
      }),
    },
  ]
}
