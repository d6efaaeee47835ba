/** What a session is given, from facts and git: the inputs of its phase, the commits it starts on, its commands. */
import { commandSpec } from '../core/commandSettings.ts'
import { type CommandName, type CommandSpec, DiffBody } from '../core/evidence.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { Git } from '../core/ports.ts'
import type { Attempt } from '../pipeline/attempts.ts'
import type { Material } from '../pipeline/inputs.ts'
import type { Phase } from '../pipeline/phase.ts'
import { phases } from '../pipeline/phases.ts'
import { failureText } from '../pipeline/repairs.ts'
import type { PhaseId } from '../pipeline/settings.ts'
import { acceptedHead, deliverableOf, routeOf, sentBackOf, type TaskState } from '../pipeline/taskState.ts'
import type { Policy } from '../policy/schema.ts'

/** Characters of a diff that a session sees. */
const longestDiff = 50_000

export interface Position {
  phase: Phase
  of: PhaseId | null
  /** The accepted work that the attempt sits on: the parent of its candidate. */
  before: Sha
  /** What the worktree holds at first: an earlier attempt's files, else `before`. */
  start: Sha
}

/** Where a session starts. `attempt` is the attempt that a validator checks, or null. */
export function positionOf(
  state: TaskState,
  phase: Phase,
  of: PhaseId | null,
  earlier: Attempt | null,
  base: Sha,
): Position {
  const before = acceptedHead(state, of ?? phase.id) ?? base
  // What the review sent back goes on from the head that it read, which holds the work of later phases as well.
  const isOlder = earlier !== null && earlier.seq < (sentBackOf(state)?.seq ?? -1)
  return { phase, of, before, start: (isOlder ? null : earlier?.ended?.candidate) ?? before }
}

/** Gather the material. Deliverables that the phase does not name are not even looked up (P1). */
export async function gatherMaterial(
  git: Git,
  repository: RepositoryName,
  state: TaskState,
  position: Position,
  checked: Attempt | null,
): Promise<Omit<Material, 'instructions'>> {
  const { frozen, issued } = state
  const { phase, of } = position
  const author = of === null ? phase : phases[of]
  const deliverables: Material['deliverables'] = {}
  const known = [...routeOf(state).before, ...routeOf(state).after]
  for (const id of known)
    if (author.input.some((name) => name === id)) deliverables[id] = deliverableOf(state, id)
  const outcome = checked?.ended?.outcome
  if (of !== null && outcome?.kind === 'deliverable') deliverables[of] = outcome.deliverable
  const wantsDiff = author.input.includes('diff') || (of !== null && author.writes !== 'none')
  return {
    bundle: frozen?.body.bundle ?? {
      goal: '',
      criteria: [],
      constraints: [],
      priorArt: [],
      riskClass: 'high',
    },
    title: frozen?.body.title ?? '',
    plan: issued?.body.record.plan ?? null,
    deliverables,
    diff: wantsDiff && issued ? await diffText(git, repository, issued.body.commit, position.start) : null,
    ci: issued && author.input.includes('ci') ? failureText(state.facts, issued.seq) : null,
  }
}

/** Policy's commands that the phase may run. */
export function commandsOf(phase: Phase, policy: Policy): ReadonlyMap<CommandName, CommandSpec> {
  const found = phase.commands.flatMap((name): [CommandName, CommandSpec][] => {
    const spec = commandSpec(policy.commands, name)
    return spec ? [[name, spec]] : []
  })
  return new Map(found)
}

async function diffText(git: Git, repository: RepositoryName, base: Sha, head: Sha): Promise<string | null> {
  if (base === head) return null
  const result = await git.collect(repository, { kind: 'diff', base, head })
  const body = result.ok ? DiffBody.safeParse(result.body) : null
  return body?.success ? renderDiff(body.data).slice(0, longestDiff) : null
}

/** A diff as plain text: per file the removed and added lines with their numbers. */
function renderDiff(body: DiffBody): string {
  return body.files
    .map((file) => {
      const lines = [
        ...file.removed.map((one) => `-${one.line}|${one.text}`),
        ...file.added.map((one) => `+${one.line}|${one.text}`),
      ]
      return [`${file.status} ${file.path}${file.truncated ? ' (cut)' : ''}`, ...lines].join('\n')
    })
    .join('\n\n')
}
