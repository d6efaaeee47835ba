/** Writing a check run: found again by name and App, bounded, its annotations sent in batches of 50 (S7). */
import { Mutex } from 'async-mutex'
import { z } from 'zod'
import {
  buttonIdentifier,
  type DesiredCheckRun,
  type ObservedCheckRun,
  parseExternalId,
} from '../../core/checkRun.ts'
import { Bug, Terminal } from '../../core/errors.ts'
import type { RepositoryName, Sha, SubjectKey } from '../../core/ids.ts'
import type { Clock, Seen } from '../../core/ports.ts'
import type { Annotation } from '../../core/verdict.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { createLru } from './lru.ts'
import { CheckRun, ownRun } from './readChecks.ts'
import { bounded, boundedLine, maximumSummary } from './text.ts'

/** GitHub's limits on one request (github-facts); more annotations follow in updates, which append. */
const annotationsPerRequest = 50
const buttonsPerRun = 3
/** More than this on one run helps nobody: the summary names every gate. */
const maximumAnnotations = 500
const maximumTitle = 120
const maximumMessage = 4000
/** For how long the list of our runs on a commit holds while they are being made. */
const listedForMs = 10_000

const Listed = z.object({
  check_runs: z.array(CheckRun.pick({ id: true, name: true, app: true })),
})
const Placed = z.array(
  z.object({
    path: z.string(),
    start_line: z.number(),
    end_line: z.number(),
    message: z.string().nullable(),
  }),
)

export interface CheckRunWriter {
  /** @returns the run that was created or updated, as GitHub answered it. */
  write(name: RepositoryName, run: DesiredCheckRun, seen: Seen): Promise<ObservedCheckRun>
  /** The runs of ours that a commit had when it was read from `beganMs` on: they need not be listed once more. */
  saw(name: RepositoryName, sha: Sha, runs: readonly ObservedCheckRun[], beganMs: number): void
}

/** The address of a page about a subject, or null where there is none. */
export type PageOf = (subject: SubjectKey) => string | null

/** @param pageOf where a run leads to; without a page GitHub shows the App's own. */
export function createCheckRunWriter(
  client: Client,
  appId: number,
  clock: Clock,
  pageOf: PageOf,
): CheckRunWriter {
  // Two pull requests with one head want the same run: one creates it, the other finds it.
  const creating = new Mutex()
  /** Our runs on a commit that this process made or found, and until when that is all there is. */
  const listed = createLru<{ ids: Map<string, number>; untilMs: number }>({ entries: 500 })

  async function write(name: RepositoryName, run: DesiredCheckRun, seen: Seen): Promise<ObservedCheckRun> {
    if (typeof seen === 'number') {
      const updated = await absentOn404(update(name, run, seen))
      if (updated.found) return observed(updated.value)
      // What has gone needs no last words; it must not come back as an unfinished run.
      if (run.state === 'kept') throw new Terminal(`run ${seen} of ${run.name} is gone`, '')
    }
    return creating.runExclusive(async () => {
      const found = await find(name, run, seen === 'none')
      return observed(await (found === null ? create(name, run) : update(name, run, found)))
    })
  }

  /**
   * Our newest run of this name on this commit: an answer to an earlier creation may have been lost. The runs of one
   * commit are made together, so the list is read once for all of them.
   *
   * @param sure the caller has just seen that there is none; only another pull request's round can have made it since.
   */
  async function find(name: RepositoryName, run: DesiredCheckRun, sure: boolean): Promise<number | null> {
    const key = `${name}@${run.sha}`
    const known = listed.get(key)
    const made = known?.ids.get(run.name)
    if (made !== undefined) return made
    if (sure || (known && clock.nowMs() < known.untilMs)) return null
    const route = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'
    // Asked for just as the observation does, so that an unchanged list costs nothing.
    const inputs = { ...parts(name), ref: run.sha, filter: 'latest' }
    const list = (page: z.infer<typeof Listed>) => page.check_runs.filter((one) => one.app?.id === appId)
    const runs = await client.pages(on(name, 'read'), route, inputs, {
      schema: Listed,
      items: list,
      most: 10,
    })
    const ids = new Map<string, number>()
    for (const one of runs) ids.set(one.name, Math.max(one.id, ids.get(one.name) ?? 0))
    listed.set(key, { ids, untilMs: clock.nowMs() + listedForMs })
    return ids.get(run.name) ?? null
  }

  function saw(name: RepositoryName, sha: Sha, runs: readonly ObservedCheckRun[], beganMs: number): void {
    const key = `${name}@${sha}`
    const known = listed.get(key)
    const ids = new Map(known?.ids)
    for (const run of runs) ids.set(run.name, Math.max(run.id, ids.get(run.name) ?? 0))
    listed.set(key, { ids, untilMs: Math.max(known?.untilMs ?? 0, beganMs + listedForMs) })
  }

  async function create(name: RepositoryName, run: DesiredCheckRun): Promise<CheckRun> {
    const annotations = run.annotations.slice(0, maximumAnnotations)
    const body = { ...contentOf(run, annotations.slice(0, annotationsPerRequest)), head_sha: run.sha }
    const route = 'POST /repos/{owner}/{repo}/check-runs'
    const made = await created(
      name,
      run,
      client.rest(on(name, 'check'), route, { ...parts(name), ...body }, CheckRun),
    )
    await append(name, run, made.id, annotations.slice(annotationsPerRequest))
    return made
  }

  /** Put the new run into the list, or forget the list when it is not known whether there is one. */
  async function created(name: RepositoryName, run: DesiredCheckRun, creation: Promise<CheckRun>) {
    const key = `${name}@${run.sha}`
    try {
      const made = await creation
      const known = listed.get(key) ?? { ids: new Map(), untilMs: 0 }
      known.ids.set(run.name, made.id)
      listed.set(key, known)
      return made
    } catch (error) {
      listed.delete(key)
      throw error
    }
  }

  async function update(name: RepositoryName, run: DesiredCheckRun, id: number): Promise<CheckRun> {
    const annotations = await missing(name, id, run.annotations.slice(0, maximumAnnotations))
    const written = await patch(name, run, id, annotations.slice(0, annotationsPerRequest))
    // A completed run that GitHub does not reopen would still show green: a new run of the name supersedes it.
    if (run.state === 'in_progress' && written.status === 'completed') return create(name, run)
    await append(name, run, id, annotations.slice(annotationsPerRequest))
    return written
  }

  async function append(
    name: RepositoryName,
    run: DesiredCheckRun,
    id: number,
    rest: Annotation[],
  ): Promise<void> {
    for (let at = 0; at < rest.length; at += annotationsPerRequest) {
      await patch(name, run, id, rest.slice(at, at + annotationsPerRequest))
    }
  }

  function patch(name: RepositoryName, run: DesiredCheckRun, id: number, annotations: Annotation[]) {
    const route = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'
    const body = { ...parts(name), check_run_id: id, ...contentOf(run, annotations) }
    return client.rest(on(name, 'check'), route, body, CheckRun)
  }

  /** Updates append and nothing removes: only what is not there yet is sent. */
  async function missing(name: RepositoryName, id: number, annotations: Annotation[]): Promise<Annotation[]> {
    if (annotations.length === 0) return []
    const route = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations'
    const inputs = { ...parts(name), check_run_id: id }
    const placed = await client.pages(on(name, 'check'), route, inputs, {
      schema: Placed,
      items: (page) => page,
      most: 20,
    })
    const known = new Set(
      placed.map((one) => placeOf(one.path, one.start_line, one.end_line, one.message ?? '')),
    )
    return annotations.filter((one) => {
      const message = bounded(one.message, maximumMessage)
      return !known.has(placeOf(one.path, one.startLine, one.endLine, message))
    })
  }

  function contentOf(run: DesiredCheckRun, annotations: Annotation[]) {
    const subject = parseExternalId(run.externalId)?.subject
    const page = subject === undefined ? null : pageOf(subject)
    return {
      name: run.name,
      external_id: run.externalId,
      ...(page === null ? {} : { details_url: page }),
      ...stateOf(run.state, clock),
      output: {
        title: boundedLine(run.title, maximumTitle),
        summary: bounded(run.summary, maximumSummary),
        ...(annotations.length > 0 ? { annotations: annotations.map(annotationOf) } : {}),
      },
      actions: run.buttons.slice(0, buttonsPerRun).map((button) => ({
        label: boundedLine(button.label, 20),
        description: boundedLine(button.description, 40),
        identifier: buttonIdentifier(button.intent, run.shown),
      })),
    }
  }

  return { write, saw }
}

function observed(run: CheckRun): ObservedCheckRun {
  const [own] = ownRun(run)
  if (!own) throw new Bug(`GitHub answered a write with a run of another name: ${run.name}`)
  return own
}

function stateOf(state: DesiredCheckRun['state'], clock: Clock) {
  if (state === 'kept') return {}
  if (state === 'in_progress') return { status: 'in_progress' } as const
  const completed_at = new Date(clock.nowMs()).toISOString()
  return { status: 'completed', conclusion: state, completed_at } as const
}

function annotationOf(annotation: Annotation) {
  return {
    path: annotation.path,
    start_line: annotation.startLine,
    end_line: Math.max(annotation.startLine, annotation.endLine),
    annotation_level: annotation.level,
    message: bounded(annotation.message, maximumMessage),
  }
}

function placeOf(path: string, start: number, end: number, message: string): string {
  return JSON.stringify([path, start, end, message])
}
