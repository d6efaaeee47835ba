/** What `countersign init` would do: files to propose, labels to create, and what is left as it is. Nothing is overwritten. */

import { policyPath } from '../core/policyFiles.ts'
import { issueForm } from '../delegation/issueForm.ts'
import { labelKey } from '../delegation/settings.ts'
import type { ProfilesSettings } from '../pipeline/profileSettings.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { Policy } from '../policy/schema.ts'
import { detect } from './initDetect.ts'
import { policyText } from './initPolicy.ts'
import { formPath, type InitTarget } from './initTarget.ts'

export interface ProposedFile {
  path: string
  content: string
}

export interface ProposedLabel {
  name: string
  color: string
  description: string
}

export interface InitPlan {
  /** Files to write to the branch. */
  files: ProposedFile[]
  labels: ProposedLabel[]
  /** A sentence for each thing that is there already. */
  kept: string[]
}

/** Compare what should be there with what is. */
export async function planInit(target: InitTarget): Promise<InitPlan> {
  const { policy, proposal, labels: have } = target
  const profiles = Object.values(policy.profiles).map(({ label }) => label)
  const wanted = [
    { path: policyPath, isThere: target.hasPolicy, content: checkedPolicy(target) },
    { path: formPath, isThere: target.hasForm, content: issueForm(policy.delegation, profiles) },
  ]
  const plan: InitPlan = { files: [], labels: [], kept: [] }
  // A branch without a pull request is what an interrupted run of ours left: it is taken up again as it is.
  const tip = proposal?.tip ?? target.branchTip
  for (const { path, isThere, content } of wanted) {
    const proposed = tip === null || isThere ? null : await target.read(tip, path)
    if (isThere) plan.kept.push(`${path} is on ${target.defaultBranch} already and is left as it is.`)
    else if (proposed === content) plan.kept.push(`${path} is in the proposal already.`)
    else if (proposed !== null && proposal?.untouched === false)
      plan.kept.push(
        `${path} was changed by people in pull request #${proposal.number} and is left as it is.`,
      )
    else plan.files.push({ path, content })
  }
  const known = new Set(have.map(labelKey))
  for (const label of labelsOf(policy)) {
    if (known.has(labelKey(label.name))) plan.kept.push(`The label "${label.name}" is there already.`)
    else plan.labels.push(label)
  }
  return plan
}

/** The generated policy, read back as the App will read it: what is proposed must never be broken. */
function checkedPolicy({ files, policy }: InitTarget): string {
  const text = policyText(detect(files), policy)
  const parsed = parsePolicy(text, policyPath, policy)
  if (!parsed.ok) throw new Error(`the proposed policy would be broken: ${parsed.sentence}`)
  return text
}

/** GitHub's bound on the description of a label. */
const longestDescription = 100

/** The labels that the policy gives a meaning, without doubles. */
export function labelsOf({ delegation, pipeline, profiles }: Policy): ProposedLabel[] {
  const { hotfix, epic } = pipeline.routes
  const label = (name: string, color: string, description: string): ProposedLabel => ({
    name,
    color,
    description: description.slice(0, longestDescription),
  })
  const all = [
    label(delegation.label, '5319e7', 'Delegates the issue to an agent; set by people with write access'),
    label(delegation.needs_human_label, 'd93f0b', 'An agent handed the work back to a person'),
    ...hotfix.labels.map((name) =>
      label(name, 'fbca04', 'Route of the work: a diagnosis instead of a specification'),
    ),
    ...epic.labels.map((name) => label(name, 'c2e0c6', 'Route of the work: split into issues of their own')),
    ...Object.entries(profiles).map(([name, one]) => label(one.label, '5319e7', describe(name, one))),
  ]
  return all.filter((one, at) => all.findIndex((other) => labelKey(other.name) === labelKey(one.name)) === at)
}

function describe(name: string, { description }: ProfilesSettings[string]): string {
  return description ?? `Delegates the issue to the agent profile ${name}`
}
