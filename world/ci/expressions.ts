/** The few `${{ ... }}` of a workflow that the stand-in knows: what started the run, and what a step of the job has put out. */
import type { Job, WorkflowRun } from './records.ts'

/** Replaces the expressions of a text. What is not there is empty, as on GitHub; what is not known here is a mistake of the test. */
export function evaluate(text: string, run: WorkflowRun, job?: Pick<Job, 'outputs'>): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_whole, expression: string) => {
    const [root = '', ...path] = expression.split('.')
    if (expression === 'github.sha') return run.headSha
    if (root === 'github' && path[0] === 'event') return textAt(run.payload, path.slice(1))
    if (root === 'inputs') return textAt(run.payload, ['inputs', ...path])
    if (root === 'steps' && path[1] === 'outputs') return job?.outputs[path[2] ?? ''] ?? ''
    throw new Error(`stand-in Actions: the expression \${{ ${expression} }} is not known`)
  })
}

function textAt(value: unknown, path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name)
        ? (at as Record<string, unknown>)[name]
        : undefined,
    value,
  )
  return typeof found === 'string' || typeof found === 'number' ? String(found) : ''
}

/** What a job wrote to its GITHUB_OUTPUT: `name=value`, or `name<<END` with the lines until `END`. */
export function outputsOf(file: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = file.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, name, mark, rest = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? []
    if (name === undefined) continue
    if (mark === '=') outputs[name] = rest
    else {
      const end = lines.indexOf(rest, at + 1)
      if (end < 0) break
      outputs[name] = lines.slice(at + 1, end).join('\n')
      at = end
    }
  }
  return outputs
}
