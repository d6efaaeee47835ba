/** A split agrees with itself and with its epic: number, coverage, risk, and an order that exists (D2, D5). */
import { type Bundle, riskClasses } from '../../core/bundle.ts'
import { listed } from '../../core/sentences.ts'
import { inOrder, Split, type SplitChild } from '../../core/split.ts'
import { type Check, mostObjections, objects } from './check.ts'

export const splitShape: Check = ({ deliverable, settings, bundle }) => {
  const parsed = Split.safeParse(deliverable)
  if (!parsed.success) return objects('The deliverable is not a split.')
  if (!bundle) return objects('There is no epic that this could be a split of.')
  const { children } = parsed.data
  const { max_children: most } = settings.epic
  const objections = [
    ...(children.length > most
      ? [
          `The split has ${children.length} children; policy allows ${most} (pipeline.epic.max_children). Split into fewer, larger ones.`,
        ]
      : []),
    ...(children.length < 2
      ? ['A split has at least two children. If the epic is one piece of work, ask whether it is a feature.']
      : []),
    ...keyObjections(children),
    ...coverageObjections(children, bundle),
    ...riskObjections(children, bundle),
  ]
  return objects(...objections.slice(0, mostObjections))
}

function keyObjections(children: readonly SplitChild[]): string[] {
  const keys = children.map((child) => child.key)
  const doubled = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))]
  if (doubled.length > 0) return [`These keys are used twice: ${listed(doubled)}. Each child has its own.`]
  const unknown = children.flatMap((child) =>
    child.dependsOn
      .filter((key) => !keys.includes(key))
      .map((key) => `Child ${child.key} depends on ${key}, which is no child of this split.`),
  )
  if (unknown.length > 0) return unknown
  const ordered = inOrder(children)
  const stuck = keys.filter((key) => !ordered.some((child) => child.key === key))
  return stuck.length > 0
    ? [
        `These children wait for each other in a circle, so none could ever start: ${listed(stuck, 12)}. Take one dependency out, or make them one child.`,
      ]
    : []
}

function coverageObjections(children: readonly SplitChild[], { criteria }: Bundle): string[] {
  const beyond = children.flatMap((child) =>
    child.covers
      .filter((number) => number > criteria.length)
      .map(
        (number) =>
          `Child ${child.key} covers criterion ${number}; the epic has ${criteria.length}. Name existing ones.`,
      ),
  )
  const missing = criteria.flatMap(({ statement }, index) =>
    children.some((child) => child.covers.includes(index + 1))
      ? []
      : [`No child covers criterion ${index + 1} of the epic ("${statement.slice(0, 120)}").`],
  )
  return [...beyond, ...missing]
}

/** Risk is never lowered on the way down (D2). */
function riskObjections(children: readonly SplitChild[], { riskClass }: Bundle): string[] {
  const rank = (risk: Bundle['riskClass']) => riskClasses.indexOf(risk)
  return children
    .filter((child) => rank(child.bundle.riskClass) < rank(riskClass))
    .map(
      (child) =>
        `Child ${child.key} says risk ${child.bundle.riskClass}; the epic's is ${riskClass}, and nobody lowers it (D2).`,
    )
}
