/** Find the plan's named tests in a test report, and tell a missing symbol from a broken test (P5). */
import type { CommandBody } from '../../core/evidence.ts'
import type { Plan } from '../../core/plan.ts'
import type { TestCase } from '../../core/reports.ts'

/** The cases with a planned name: the full name, or the name below further suites. */
export function casesNamed(cases: readonly TestCase[], name: string): TestCase[] {
  return cases.filter((one) => one.name === name || one.name.endsWith(` > ${name}`))
}

/** How runtimes and type checkers say that a name or module is not there; the first group is the name. */
const missingPatterns = [
  /does not provide an export named ['"`]?([\w$]+)/g,
  /has no exported member (?:named )?['"`]?([\w$]+)/g,
  /Cannot find module ['"`]([^'"`\n]{1,500})/g,
  /Cannot find name ['"`]([\w$]+)/g,
  /Property ['"`]([\w$]+)['"`] does not exist/g,
  /(?:^|[^\w$.])([\w$.]+) is not (?:a function|a constructor|defined)/gm,
  /No module named ['"`]?([\w.]+)/g,
  /cannot import name ['"`]([\w]+)/g,
  /undefined: ([\w.]+)/g,
] as const

/** Names and modules that the output says are missing, at most 50. */
export function missingNames(output: string): string[] {
  const found = missingPatterns.flatMap((pattern) =>
    [...output.matchAll(pattern)].map((match) => match[1] ?? ''),
  )
  return [...new Set(found)].slice(0, 50)
}

/** Whether everything that is missing is something the plan adds: a new symbol, or a file with change `add`. */
export function onlyNewIsMissing(body: CommandBody, plan: Plan): boolean {
  const messages = Array.isArray(body.tests) ? body.tests.map((one) => one.message ?? '') : []
  const missing = missingNames([body.outputTail, ...messages].join('\n'))
  const added = plan.files.filter((file) => file.change === 'add').map((file) => stem(file.path))
  return (
    missing.length > 0 &&
    missing.every(
      (name) => plan.newSymbols.some((symbol) => sameSymbol(symbol, name)) || added.includes(stem(name)),
    )
  )
}

function sameSymbol(planned: string, missing: string): boolean {
  return planned === missing || planned.split('.').at(-1) === missing.split('.').at(-1)
}

/** Last path segment without its ending, so that `../src/limit.js` is `src/limit.ts`. */
function stem(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.[A-Za-z]{1,5}$/, '')
}
