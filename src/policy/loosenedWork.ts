/** What a policy change loosens in how work is done: commands, checks of deliverables, models, budgets, fixes (T14, P10, P11). */
import { code } from '../core/sentences.ts'
import type { Policy } from './schema.ts'
import { bothShown, labelsOf, larger, more, order, smaller, type Words, when } from './words.ts'

export function loosenedWork(before: Policy, after: Policy): Words[] {
  return [
    ...loosenedCommands(before.commands, after.commands),
    order(
      'What an incomplete issue meets (`delegation.bundle`)',
      ['warn', 'strict'],
      before.delegation.bundle,
      after.delegation.bundle,
    ),
    when(
      before.pipeline.validate && !after.pipeline.validate,
      'No second model checks deliverables any more (`pipeline.validate`).',
    ),
    larger('Attempts of a phase', before.pipeline.attempts, after.pipeline.attempts),
    smaller('Runs in which new tests must be red', before.pipeline.red_runs, after.pipeline.red_runs),
    larger('Child issues of an epic', before.pipeline.epic.max_children, after.pipeline.epic.max_children),
    ...loosenedModels(before.models, after.models),
    ...loosenedBudgets(before.budgets, after.budgets),
    when(!before.fix.people && after.fix.people, "Fixes also change people's own pull requests."),
    larger(
      'Lines of a region that a fix may change',
      before.fix.max_region_lines,
      after.fix.max_region_lines,
    ),
    larger('Threads that one fix may cover', before.fix.max_threads, after.fix.max_threads),
  ]
}

/** Nobody but a person can tell whether another command checks as much. */
function loosenedCommands(before: Policy['commands'], after: Policy['commands']): Words[] {
  const names = Object.keys(before) as (keyof Policy['commands'])[]
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (!was || !is) return when(was !== undefined, `The command ${code(name)} no longer runs.`)
    const [run, other] = bothShown(was.run, is.run)
    return [
      when(
        was.run !== is.run,
        `The command ${code(name)} is another one: ${run} before, ${other} after. Look whether it checks as much.`,
      ),
      more(`Reports that ${code(name)} is no longer read for`, labelsOf(is.reports), labelsOf(was.reports)),
    ]
  })
}

function loosenedModels(before: Policy['models'], after: Policy['models']): Words[] {
  const kinds = ['repositories', 'paths', 'labels', 'risk'] as const
  const pinned = kinds.some((kind) => before.sensitive[kind].length > 0)
  return [
    ...kinds.map((kind) =>
      more(
        `No longer kept to in-house models (${code(`models.sensitive.${kind}`)})`,
        after.sensitive[kind],
        before.sensitive[kind],
      ),
    ),
    when(
      pinned && more('', labelsOf(before.sensitive.use), labelsOf(after.sensitive.use)) !== null,
      `Further models see what is sensitive (${code('models.sensitive.use')}): ${labelsOf(after.sensitive.use)
        .map((one) => code(one))
        .join(', ')}.`,
    ),
    more('Further model endpoints', Object.keys(before.endpoints), Object.keys(after.endpoints)),
  ]
}

function loosenedBudgets(before: Policy['budgets'], after: Policy['budgets']): Words[] {
  const scopes = ['session', 'task', 'day', 'repository'] as const
  return [
    ...scopes.flatMap((scope) =>
      Object.entries(before[scope]).map(([unit, was]) =>
        larger(
          `What may be spent (${code(`budgets.${scope}.${unit}`)})`,
          was,
          Number(new Map(Object.entries(after[scope])).get(unit)),
        ),
      ),
    ),
    order('Who raises a budget', ['writers', 'seniors'], before.raised_by, after.raised_by),
    larger('What `/agent budget` may add to a task, US dollars', before.raise_usd, after.raise_usd),
  ]
}
