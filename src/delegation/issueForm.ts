/** The issue form that `countersign init` writes, generated from the parts of the bundle so that both agree (D2). */
import { riskClasses } from '../core/bundle.ts'
import { listed } from '../core/sentences.ts'
import { howToWrite, parts } from './bundle.ts'
import type { DelegationSettings } from './settings.ts'

/**
 * YAML for `.github/ISSUE_TEMPLATE/`. `others` are the labels of agent profiles.
 *
 * It does not set the label: labelling is how a writer delegates (D1), and a form
 * that set it would let any reader start work.
 */
export function issueForm(
  settings: Pick<DelegationSettings, 'label'>,
  others: readonly string[] = [],
): string {
  const labels = [settings.label, ...others].map((label) => `"${label}"`)
  const set = labels.length === 1 ? `the label ${labels[0]}` : `one of the labels ${listed(labels, 8, 'or')}`
  return [
    'name: Delegate to an agent',
    'description: A task with what an agent must know before it may draft',
    'body:',
    ...markdown(`Someone with write access delegates this issue by setting ${set}.`),
    ...textarea('goal', 'Goal', howToWrite.goal, ''),
    ...textarea(
      'criteria',
      parts.criteria.heading,
      howToWrite.criteria,
      '- What must be true\n  Pass example: input and result that are right\n  Fail example: input and result that would be wrong\n',
    ),
    ...textarea('constraints', parts.constraints.heading, howToWrite.constraints, ''),
    ...textarea('prior_art', parts.priorArt.heading, howToWrite.priorArt, ''),
    '  - type: dropdown',
    '    id: risk_class',
    '    attributes:',
    `      label: ${quoted(parts.riskClass.heading)}`,
    `      description: ${quoted('High asks for the strict approvals and a senior.')}`,
    '      options:',
    ...riskClasses.map((risk) => `        - ${risk}`),
    '    validations:',
    '      required: true',
    '',
  ].join('\n')
}

function markdown(text: string): string[] {
  return ['  - type: markdown', '    attributes:', `      value: ${quoted(text)}`]
}

function textarea(id: string, label: string, description: string, value: string): string[] {
  return [
    '  - type: textarea',
    `    id: ${id}`,
    '    attributes:',
    `      label: ${quoted(label)}`,
    `      description: ${quoted(description.replace(/^Under "### [^"]+", /, ''))}`,
    ...(value === '' ? [] : [`      value: ${quoted(value)}`]),
    '    validations:',
    '      required: true',
  ]
}

/** A double-quoted YAML scalar; JSON strings are valid YAML. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
