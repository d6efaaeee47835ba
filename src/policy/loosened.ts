/** What a change to the policy loosens, in words: the reviewer of a policy change reads consequences, not YAML (T14). */
import { code } from '../core/sentences.ts'
import { loosenedFloor } from './loosenedFloor.ts'
import { loosenedRollout } from './loosenedRollout.ts'
import { loosenedWork } from './loosenedWork.ts'
import { agentOf } from './profiles.ts'
import type { Policy } from './schema.ts'
import { isMapping, labelsOf, larger, more, order, type Words, when } from './words.ts'

/**
 * Compare two policies.
 *
 * @returns one sentence for each thing that becomes looser; empty when nothing does.
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
    ...loosenedFloor(before, after),
    ...loosenedWork(before, after),
    ...loosenedGates(before.gates, after.gates, 'gates'),
    larger('Files that one change may touch', before.pipeline.max_files, after.pipeline.max_files),
    larger('Lines that one change may touch', before.pipeline.max_lines, after.pipeline.max_lines),
    ...Object.keys(after.profiles).flatMap((name) => loosenedProfile(before, after, name)),
    ...loosenedRollout(before.rollout, after.rollout),
  ]
  return rules.filter((words) => words !== null)
}

const peopleOf = ({ people, approvals }: Policy) =>
  people ?? (approvals.profile === 'strict' ? 'gates' : 'pass')
const globsOf = ({ protected: one }: Policy) => (Array.isArray(one) ? one : one.paths)
const defaultsOf = ({ protected: one }: Policy) => Array.isArray(one) || one.defaults

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
  if (path === 'gates.ci.workflows' && labelsOf(before).length === 0)
    return [
      when(
        labelsOf(after).length > 0,
        `Only the named workflows must succeed (${code(path)}); every check that is seen had to.`,
      ),
    ]
  if (path === 'gates.ci.workflows' || path === 'gates.reports')
    return [more(`No longer asked for (${code(path)})`, labelsOf(after), labelsOf(before))]
  if (path === 'gates.paths')
    return [
      when(
        JSON.stringify(before) !== JSON.stringify(after),
        `What counts as test, documentation and configuration is named anew (${code(path)}): look what falls out.`,
      ),
    ]
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
