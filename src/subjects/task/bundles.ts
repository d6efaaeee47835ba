/** What the rules of delegation say about bundles that a session wrote: complete, readable, and with prior art that exists. */
import { Draft } from '../../core/draft.ts'
import { listed } from '../../core/sentences.ts'
import { mostReferences, Split, type SplitChild } from '../../core/split.ts'
import { gapsOfDraft } from '../../delegation/draft.ts'
import { gapsOfBundle, hiddenIn } from '../../delegation/formText.ts'
import { type CheckResult, objects, satisfied } from '../../pipeline/checks.ts'
import type { PhaseId } from '../../pipeline/settings.ts'
import type { TaskContext } from './context.ts'
import { longestSplit, splitText } from './epicText.ts'

/** The check `bundles` of a phase's deliverable; phases whose deliverable holds none satisfy it. */
export function bundlesIn(context: TaskContext, phase: PhaseId, deliverable: unknown): CheckResult {
  if (phase === 'split') return bundlesOfSplit(context, deliverable)
  return phase === 'draft' ? partsOfDraft(context, deliverable) : satisfied
}

function partsOfDraft(context: TaskContext, deliverable: unknown): CheckResult {
  const parsed = Draft.safeParse(deliverable)
  const asked = context.draft?.body
  if (!parsed.success || !asked) return objects('The deliverable is not a proposal for this issue.')
  const { notes, ...parts } = parsed.data
  const hidden = hiddenIn(notes)
  const lacking = asked.gaps.map((gap) => gap.part)
  const gaps = [...(hidden ? [hidden] : []), ...gapsOfDraft(asked.body, lacking, parts)]
  return gaps.length > 0 ? objects(...gaps.slice(0, 15)) : resolved(context, parts.priorArt ?? [])
}

function bundlesOfSplit(context: TaskContext, deliverable: unknown): CheckResult {
  const parsed = Split.safeParse(deliverable)
  if (!parsed.success) return objects('The deliverable is not a split.')
  const { summary, children } = parsed.data
  const hidden = hiddenIn([summary, ...children.map((child) => child.title)])
  const gaps = children.flatMap(({ key, bundle }) =>
    gapsOfBundle(bundle).map((gap) => `Child ${key}: ${gap}`),
  )
  const routes = routeObjections(context, children)
  const { length } = splitText(parsed.data)
  const long =
    length > longestSplit
      ? [
          `The split has ${length} characters as it is shown; a person must see all of it in one comment of at most ${longestSplit}. Say the same in fewer words.`,
        ]
      : []
  const references = [...new Set(children.flatMap(({ bundle }) => bundle.priorArt))]
  if (references.length > mostReferences)
    long.push(
      `The children name ${references.length} different references; at most ${mostReferences} are looked up. Name those that matter.`,
    )
  const objections = [...(hidden ? [hidden] : []), ...gaps, ...routes, ...long].slice(0, 50)
  if (objections.length > 0) return objects(...objections)
  return resolved(context, references)
}

/** Children run under the agent profile of their epic, and so on its routes (P13). */
function routeObjections({ agent }: TaskContext, children: readonly SplitChild[]): string[] {
  const allowed = agent.profile?.routes
  return children
    .filter(({ route }) => allowed && !allowed.includes(route))
    .map(
      ({ key, route }) =>
        `Child ${key} takes the route ${route}, which the profile ${agent.name} may not take (profiles.${agent.name}.routes).`,
    )
}

/** Whether every reference exists, once that was looked up. */
function resolved({ snapshot }: TaskContext, references: readonly string[]): CheckResult {
  const { priorArt } = snapshot
  if (priorArt === 'unknown' || references.some((one) => !priorArt.has(one)))
    return { ...satisfied, waiting: true }
  const broken = references.filter((one) => priorArt.get(one) === false)
  return broken.length === 0
    ? satisfied
    : objects(
        `This prior art does not exist: ${listed(
          broken.map((one) => `"${one.slice(0, 80)}"`),
          10,
        )}. Name files of the repository by their whole path, or issues and pull requests by their number.`,
      )
}
