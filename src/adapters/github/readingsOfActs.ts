/** What our own acts and pushes make old, and what they put into kept readings instead, so that it is not read back. */
import type { ObservedCheckRun } from '../../core/checkRun.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type {
  CheckObservation,
  Forge,
  ForgeActs,
  ForgeReads,
  Git,
  ReadingPart,
  Readings,
} from '../../core/ports.ts'
import type { OwnComment } from '../../core/snapshot/common.ts'
import type { NativeReview, ThreadComment } from '../../core/snapshot/pull.ts'
import type { KeptReadings } from './readings.ts'

/**
 * The same forge, whose acts drop the readings that they make old. A read that was under way meanwhile is dropped too,
 * since it may have looked before the act.
 */
export function dropping(forge: Forge, readings: KeptReadings): Forge {
  const after = async <T>(
    name: RepositoryName,
    parts: ReadingPart[] | undefined,
    act: Promise<T>,
  ): Promise<T> => {
    try {
      return await act
    } finally {
      // A refused or lost answer may have been carried out all the same.
      readings.drop(name, parts)
    }
  }
  // Spelled out, so that a new act does not compile before somebody has said what it makes old.
  const acts: ForgeActs = {
    async upsertComment(name, number, marker, body, seen) {
      try {
        const id = await forge.upsertComment(name, number, marker, body, seen)
        for (const part of ['pull', 'issue'])
          readings.mend(name, [part, number], (found) =>
            withComment(found as Conversation, { id, marker, body }),
          )
        return id
      } catch (error) {
        readings.drop(name, ['pull', 'issue'])
        throw error
      }
    },
    async writeCheckRun(name, run, seen) {
      try {
        const written = await forge.writeCheckRun(name, run, seen)
        readings.mend(name, ['checks', run.sha], (seen) => withRun(seen as CheckObservation, written))
        return written
      } catch (error) {
        readings.drop(name, ['checks'])
        throw error
      }
    },
    setLabels: (name, number, add, remove) =>
      after(name, ['pull', 'issue'], forge.setLabels(name, number, add, remove)),
    // A reaction is in no reading.
    acknowledge: (item) => forge.acknowledge(item),
    openPull: (name, input) => after(name, ['pull', 'checks', 'branches'], forge.openPull(name, input)),
    // A commit that no branch holds is in no reading.
    makeCommit: (...input) => forge.makeCommit(...input),
    async moveBranch(name, input) {
      try {
        return await forge.moveBranch(name, input)
      } finally {
        readings.moved(name, input.branch, input.to)
      }
    },
    async markReady(name, pull) {
      try {
        await forge.markReady(name, pull)
        readings.mend(name, ['pull', pull.number], (found) => outOfDraft(found as Pull))
      } catch (error) {
        readings.drop(name, ['pull'])
        throw error
      }
    },
    async postReview(name, number, input, seen) {
      try {
        const review = await forge.postReview(name, number, input, seen)
        // Its comments are threads of their own, which are read.
        if (!review || input.comments.length > 0) readings.drop(name, ['pull'])
        else readings.mend(name, ['pull', number], (found) => withReview(found as Pull, review))
        return review
      } catch (error) {
        readings.drop(name, ['pull'])
        throw error
      }
    },
    async replyInThread(name, number, input) {
      try {
        const reply = await forge.replyInThread(name, number, input)
        readings.mend(name, ['pull', number], (found) => withReply(found as Pull, input.commentId, reply))
        return reply
      } catch (error) {
        readings.drop(name, ['pull'])
        throw error
      }
    },
    resolveThread: (name, threadId) => after(name, ['pull'], forge.resolveThread(name, threadId)),
    openIssue: (...input) => forge.openIssue(...input),
    addSubIssue: (...input) => forge.addSubIssue(...input),
    editBody: (name, number, input) => after(name, ['issue'], forge.editBody(name, number, input)),
    // An issue of its own, which no round reads.
    reportIncident: (...input) => forge.reportIncident(...input),
    createDeployment: (name, input) => after(name, ['deployments'], forge.createDeployment(name, input)),
    markDeployment: (name, id, input) => after(name, ['deployments'], forge.markDeployment(name, id, input)),
    answerProtection: (name, input) => after(name, ['deployments'], forge.answerProtection(name, input)),
    dispatchWorkflow: (name, input) => after(name, ['checks'], forge.dispatchWorkflow(name, input)),
    dispatchedRuns: (...input) => forge.dispatchedRuns(...input),
    rerunFailedJobs: (name, runId) => after(name, ['checks'], forge.rerunFailedJobs(name, runId)),
    merge: (name, number, input) => after(name, undefined, forge.merge(name, number, input)),
  }
  return { ...forge, ...acts }
}

/** git whose pushes drop what they make old of a repository: GitHub's own webhook about them comes later than the next round. */
export function droppingPushes(git: Git, readings: Pick<Readings, 'moved'>): Git {
  const after = async <T>(
    name: RepositoryName,
    { branch, sha }: { branch: string; sha: Sha },
    push: Promise<T>,
  ): Promise<T> => {
    try {
      return await push
    } finally {
      readings.moved(name, branch, sha)
    }
  }
  return {
    ...git,
    push: (name, input) => after(name, input, git.push(name, input)),
    pushFix: (name, input) => after(name, input, git.pushFix(name, input)),
  }
}

type Conversation = Awaited<ReturnType<ForgeReads['issue']>> | Awaited<ReturnType<ForgeReads['pull']>>

function withComment(reading: Conversation, comment: OwnComment): Conversation {
  if (!reading.found) return reading
  const others = reading.value.ownComments.filter((one) => one.marker !== comment.marker)
  return { ...reading, value: { ...reading.value, ownComments: [...others, comment] } } as Conversation
}

function withRun(seen: CheckObservation, run: ObservedCheckRun): CheckObservation {
  return { ...seen, own: [...seen.own.filter((one) => one.id !== run.id), run] }
}

type Pull = Awaited<ReturnType<ForgeReads['pull']>>

function withReview(found: Pull, review: NativeReview): Pull {
  if (!found.found) return found
  const others = found.value.reviews.filter(({ id }) => id !== review.id)
  return { ...found, value: { ...found.value, reviews: [...others, review] } }
}

function outOfDraft(found: Pull): Pull {
  if (!found.found) return found
  return { ...found, value: { ...found.value, pull: { ...found.value.pull, draft: false } } }
}

function withReply(found: Pull, to: number, reply: ThreadComment | null): Pull {
  if (!found.found || !reply) return found
  const threads = found.value.threads.map((thread) =>
    thread.comments[0]?.id === to ? { ...thread, comments: [...thread.comments, reply] } : thread,
  )
  return { ...found, value: { ...found.value, threads } }
}
