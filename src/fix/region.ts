/** Cited regions: which lines of which file a thread is about at the present head, and threads that share them (F2, T32). */
import type { EvidenceRequest } from '../core/evidence.ts'
import type { FixScope } from '../core/facts/fix.ts'
import type { Sha } from '../core/ids.ts'
import { code, count } from '../core/sentences.ts'
import type { ReviewThread } from '../core/snapshot/pull.ts'
import type { LineMapBody } from '../core/twoCommits.ts'
import { type LineRange, mapRange } from './lineMap.ts'

/** What fixes the meaning of line numbers. */
export interface RegionPlace {
  /** Commit that is fixed. */
  head: Sha
  /** Tip of the base branch: left-side lines are those of the merge base with it. */
  baseTip: Sha
  /** Commit that the person looked at when asking for other lines. */
  askedAt: Sha
}

export type LineMapRequest = Extract<EvidenceRequest, { kind: 'lineMap' }>
/** A line map, or the sentence why there is none. */
export type MapOf = (
  request: LineMapRequest,
) => { ok: true; body: LineMapBody } | { ok: false; reason: string }

export type CitedRegion = { ok: true; path: string; range: LineRange } | { ok: false; sentence: string }

const no = (sentence: string): CitedRegion => ({ ok: false, sentence })
/** A rewritten place may be this much longer than what was cited; beyond that nobody could say what is meant. */
const growth = { times: 3, lines: 20 }

/** The line maps that a thread's region is read from. */
export function mapsFor(thread: ReviewThread, scope: FixScope, place: RegionPlace): LineMapRequest[] {
  const original = thread.originalCommit ?? place.head
  const map = (from: Sha, base: Sha | null): LineMapRequest => ({
    kind: 'lineMap',
    from,
    to: place.head,
    base,
    path: thread.path,
  })
  if (scope.kind === 'lines') return [map(original, null), map(place.askedAt, null)]
  if (scope.kind === 'file' || thread.subject === 'file') return [map(original, null)]
  const sides = new Set([thread.side, thread.startSide ?? thread.side])
  return [
    ...(sides.has('RIGHT') ? [map(original, null)] : []),
    ...(sides.has('LEFT') ? [map(original, place.baseTip)] : []),
  ]
}

/** The region of a thread at the head, or the sentence why it has none. */
export function regionOf(
  thread: ReviewThread,
  scope: FixScope,
  place: RegionPlace,
  mapOf: MapOf,
): CitedRegion {
  const requests = mapsFor(thread, scope, place)
  const maps = new Map<LineMapRequest, LineMapBody>()
  for (const request of requests) {
    const result = mapOf(request)
    if (!result.ok)
      return no(
        `The lines of this comment cannot be found in the present head: ${result.reason} Comment on the lines as they are now.`,
      )
    maps.set(request, result.body)
  }
  const bodies = requests.map((request) => maps.get(request)).filter((body) => body !== undefined)
  const [first] = bodies
  if (!first || first.path === null || bodies.some((body) => body.path !== first.path))
    return no(`${code(thread.path)} does not exist at the present head, so there is nothing left to fix.`)
  if (first.problem) return no(`${code(first.path)} ${first.problem}, and a fix edits lines of text only.`)
  if (scope.kind === 'file' || (scope.kind === 'cited' && thread.subject === 'file'))
    return { ok: true, path: first.path, range: { from: 1, to: first.lines + 1 } }
  const range =
    scope.kind === 'lines' ? askedLines(scope, bodies.at(-1) ?? first) : citedLines(thread, requests, maps)
  return typeof range === 'string' ? no(range) : within(first, range)
}

function within(file: LineMapBody, range: LineRange): CitedRegion {
  if (range.to > file.lines + 1)
    return no(
      `${code(file.path ?? '')} has ${count(file.lines, 'line')} and the request names line ${range.to - 1}.`,
    )
  return { ok: true, path: file.path ?? '', range }
}

/** Lines that the command names: those of the commit that was the head when it was written. */
function askedLines(scope: Extract<FixScope, { kind: 'lines' }>, map: LineMapBody): LineRange | string {
  const mapped = mapRange(map.hunks, { from: scope.from, to: scope.to + 1 })
  return mapped.changed
    ? `Lines ${scope.from}-${scope.to} were changed by a push after the request. Look at them again, then repeat it.`
    : { from: mapped.from, to: mapped.to }
}

/** Lines that the comment stands on. */
function citedLines(
  thread: ReviewThread,
  requests: readonly LineMapRequest[],
  maps: ReadonlyMap<LineMapRequest, LineMapBody>,
): LineRange | string {
  const last = thread.originalLine
  if (last === null)
    return 'GitHub does not say on which lines this comment was made. Comment on the lines again.'
  const start = thread.originalStartLine ?? last
  const startSide = thread.startSide ?? thread.side
  const mapped = (side: 'LEFT' | 'RIGHT', range: LineRange) => {
    const request = requests.find((one) => (one.base === null) === (side === 'RIGHT'))
    return mapRange((request && maps.get(request)?.hunks) ?? [], range)
  }
  if (startSide !== thread.side) {
    // From a deleted line to one that was added: everything that now stands between the two.
    const from = mapped(startSide, { from: start, to: start + 1 })
    const to = mapped(thread.side, { from: last, to: last + 1 })
    return from.from <= to.to ? { from: from.from, to: to.to } : { from: to.from, to: from.to }
  }
  const cited = { from: Math.min(start, last), to: Math.max(start, last) + 1 }
  const now = mapped(thread.side, cited)
  const was = cited.to - cited.from
  if (thread.side === 'RIGHT' && now.to === now.from)
    return 'The commented lines were deleted by a later push, so there is nothing left to fix. Resolve the thread, or comment on what stands there now.'
  if (now.changed && now.to - now.from > was * growth.times + growth.lines)
    return `The commented ${count(was, 'line')} were rewritten into ${count(now.to - now.from, 'line')}: what is meant cannot be told. Comment on the lines as they are now.`
  return { from: now.from, to: now.to }
}

/** Threads whose regions overlap or touch: they are fixed by one session, others never see each other. */
export interface FixGroup<T> {
  path: string
  range: LineRange
  members: T[]
}

/** Group by place, in the order of the files. A thread that stands alone is a group of one. */
export function groupRegions<T extends { path: string; range: LineRange }>(
  regions: readonly T[],
): FixGroup<T>[] {
  const sorted = [...regions].sort((a, b) =>
    a.path === b.path ? a.range.from - b.range.from || a.range.to - b.range.to : a.path < b.path ? -1 : 1,
  )
  const groups: FixGroup<T>[] = []
  for (const region of sorted) {
    const open = groups.at(-1)
    if (open && open.path === region.path && region.range.from <= open.range.to) {
      open.range = { from: open.range.from, to: Math.max(open.range.to, region.range.to) }
      open.members.push(region)
    } else groups.push({ path: region.path, range: { ...region.range }, members: [region] })
  }
  return groups
}
