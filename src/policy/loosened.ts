/** What a change to the policy loosens, in words: the reviewer of a policy change reads consequences, not YAML (T14). */
import { code, listed } from '../core/sentences.ts'
import { loosenedRollout } from './loosenedRollout.ts'
import { agentOf } from './profiles.ts'
import type { Policy } from './schema.ts'

type Words = string | null

/**
 * Compare two policies.
 *
 * @returns one sentence for each thing that becomes looser, at most 40; empty when nothing does.
 */
export function loosened(before: Policy, after: Policy): string[] {
  const rules: Words[] = [
    when(before.enforce && !after.enforce, 'Nothing is held up any more: shadow mode is switched on.'),
    order(
      'The approval profile',
      ['solo', 'team', 'strict'],
      before.approvals.profile,
      after.approvals.profile,
    ),
    order(
      "What a person's own pull request needs",
      ['pass', 'gates', 'full'],
      peopleOf(before),
      peopleOf(after),
    ),
    order('The merge mode', ['checks', 'merge'], before.merge.mode, after.merge.mode),
    when(!before.merge.auto && after.merge.auto, 'What is green is merged without anyone asking for it.'),
    more('Further ways count as approving', before.approvals.by, after.approvals.by),
    more('More people are seniors', before.seniors, after.seniors),
    ...(['plan', 'review', 'deploy'] as const).map((check) =>
      more(
        `More people may approve ${check}`,
        before.approvals.approvers[check],
        after.approvals.approvers[check],
      ),
    ),
    more('No longer protected', globsOf(after), globsOf(before)),
    when(
      defaultsOf(before) && !defaultsOf(after),
      'The built-in protected paths (workflows, dependencies, migrations, authentication and others) are no longer protected.',
    ),
    more(
      'Branches that no longer follow a policy of their own',
      after.branches.protected,
      before.branches.protected,
    ),
    ...(['accounts', 'trailers', 'branches', 'labels'] as const).map((kind) =>
      more(
        `No longer marks an agent (${kind})`,
        after.agents[kind].map(String),
        before.agents[kind].map(String),
      ),
    ),
    more('Commands that no longer run', Object.keys(after.commands), Object.keys(before.commands)),
    ...loosenedGates(before.gates, after.gates, 'gates'),
    larger('Files that one change may touch', before.pipeline.max_files, after.pipeline.max_files),
    larger('Lines that one change may touch', before.pipeline.max_lines, after.pipeline.max_lines),
    ...Object.keys(after.profiles).flatMap((name) => loosenedProfile(before, after, name)),
    ...loosenedRollout(before.rollout, after.rollout),
  ]
  return rules.filter((words) => words !== null).slice(0, 40)
}

const when = (is: boolean, words: string): Words => (is ? words : null)

const peopleOf = ({ people, approvals }: Policy) =>
  people ?? (approvals.profile === 'strict' ? 'gates' : 'pass')
const globsOf = ({ protected: one }: Policy) => (Array.isArray(one) ? one : one.paths)
const defaultsOf = ({ protected: one }: Policy) => Array.isArray(one) || one.defaults

function order(what: string, steps: readonly string[], was: string, is: string): Words {
  return when(steps.indexOf(is) < steps.indexOf(was), `${what} goes from ${code(was)} down to ${code(is)}.`)
}

function larger(what: string, was: number, is: number): Words {
  return when(is > was, `${what}: ${was} before, ${is} after.`)
}

/** Names that the second list has and the first has not. */
function more(what: string, was: readonly string[], is: readonly string[]): Words {
  const added = is.filter((one) => !was.includes(one))
  return when(added.length > 0, `${what}: ${listed(added.map((one) => code(one)))}.`)
}

/** A profile is compared with itself, or with the plain one where it is new (P13). */
function loosenedProfile(before: Policy, after: Policy, name: string): Words[] {
  const was = agentOf(before, Object.hasOwn(before.profiles, name) ? name : undefined)
  const is = agentOf(after, name)
  const rules = ({ policy }: typeof was) => policy.pipeline
  const whose = `that one change of the profile ${name} may touch`
  return [
    larger(`Files ${whose}`, rules(was).max_files, rules(is).max_files),
    larger(`Lines ${whose}`, rules(was).max_lines, rules(is).max_lines),
    when(was.allowed !== null && is.allowed === null, `The profile ${name} may change every path.`),
    more(
      `The profile ${name} may change more paths`,
      was.allowed?.globs ?? is.allowed?.globs ?? [],
      is.allowed?.globs ?? [],
    ),
  ]
}

/** Gates differ in form: a switch turned off and a number that was changed are named with where they stand. */
function loosenedGates(before: unknown, after: unknown, path: string): Words[] {
  if (typeof before === 'boolean') return [when(before && after === false, `${code(path)} is switched off.`)]
  if (path === 'gates.ci.workflows' || path === 'gates.reports')
    return [more(`No longer asked for (${code(path)})`, labelsOf(after), labelsOf(before))]
  if (path === 'gates.references.known' || path === 'gates.secrets.ignore_paths')
    return [more(`More is left out (${code(path)})`, labelsOf(before), labelsOf(after))]
  if (['number', 'string'].includes(typeof before) || ['number', 'string'].includes(typeof after))
    return [
      when(before !== after, `The threshold ${code(path)} goes from ${String(before)} to ${String(after)}.`),
    ]
  if (!isMapping(before) || !isMapping(after)) return []
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => loosenedGates(before[key], after[key], `${path}.${key}`))
}

/** Entries of a list as words to compare and to read: what they hold, in the order of the schema. */
function labelsOf(list: unknown): string[] {
  return Array.isArray(list)
    ? list.map((one) => (isMapping(one) ? Object.values(one).flat().join(' ') : String(one)))
    : []
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
