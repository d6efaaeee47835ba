/** The plan as the check run shows it: the same data as the plan commit, in Markdown, so that the page is enough to decide. */
import { outgoingText } from '../../core/outgoingText.ts'
import type { Plan } from '../../core/plan.ts'
import { code } from '../../core/sentences.ts'

const text = (words: string) => outgoingText(words, { inline: true, most: 1000 })
const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : ['', `#### ${title}`, '', ...lines]

/**
 * Lines of Markdown; whatever the model wrote is made harmless (T28).
 *
 * @param folded true once it is decided: the page then shows the plan only to who opens it.
 */
export function planLines(plan: Plan, folded: boolean): string[] {
  const lines = [text(plan.summary), ...details(plan)]
  return folded
    ? ['', '<details><summary>The plan</summary>', '', ...lines, '', '</details>']
    : ['', '### The plan', '', ...lines]
}

function details(plan: Plan): string[] {
  const { tests, documentation } = plan
  return [
    ...section(
      'Steps',
      plan.steps.map(({ title, detail }, index) => `${index + 1}. **${text(title)}**: ${text(detail)}`),
    ),
    ...section('Files', [
      '| file | change | why |',
      '| --- | --- | --- |',
      ...plan.files.map(({ path, change, why }) => `| ${cell(path)} | ${change} | ${text(why)} |`),
    ]),
    ...section(
      'Tests',
      tests.kind === 'none' ? [`None: ${text(tests.reason)}`] : tests.names.map((name) => `- ${text(name)}`),
    ),
    ...section(
      'Documentation',
      documentation.kind === 'none'
        ? [`None: ${text(documentation.reason)}`]
        : documentation.paths.map((path) => `- ${code(path)}`),
    ),
    ...section(
      'Builds on',
      plan.citations.map(({ path, line, quote }) => `- ${code(`${path}:${line}`)} ${code(quote.trim())}`),
    ),
    ...section(
      'Risks',
      plan.risks.map((risk) => `- ${text(risk)}`),
    ),
  ]
}

/** A path in a table cell. */
const cell = (path: string) => code(path).replaceAll('|', '\\|')
