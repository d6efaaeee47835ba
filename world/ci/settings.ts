/** What a test or the demo says of a workflow, and what is taken where it says nothing. */
import type { Permissions } from '../github/state.ts'
import type { CiEvent, CiSettings, JobSettings } from './records.ts'

export type CiInput = {
  /** Default `.github/workflows/ci.yml`. The default branch must hold it. */
  workflow?: string
  /** The workflow's name; default `CI`. */
  title?: string
  jobs: readonly JobSettings[]
  /** Default push. An empty list runs nothing by itself: results are then scripted by report(). */
  events?: readonly CiEvent[]
  /** The branches whose pushes start it; default all. */
  branches?: readonly string[]
  artifacts?: CiSettings['artifacts']
  env?: Record<string, string>
  /** What the jobs' GITHUB_TOKEN may do; by default they get none. */
  permissions?: Permissions
  /** Absolute path of a folder linked into each checkout as node_modules. */
  dependencies?: string
  /** Of one job; default 120,000. */
  timeoutMs?: number
  /** Of one job; default 1 MB. */
  outputBytes?: number
  /** Jobs at once in the whole world; default 1. */
  concurrency?: 1 | 2
}

export function settingsOf(input: CiInput): CiSettings {
  return {
    workflow: input.workflow ?? '.github/workflows/ci.yml',
    title: input.title ?? 'CI',
    jobs: input.jobs,
    events: input.events ?? ['push'],
    branches: input.branches ?? null,
    artifacts: input.artifacts ?? [],
    env: input.env ?? {},
    dependencies: input.dependencies ?? null,
    permissions: input.permissions ?? null,
    timeoutMs: input.timeoutMs ?? 120_000,
    outputBytes: input.outputBytes ?? 1_000_000,
  }
}
