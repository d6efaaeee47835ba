/** The shell shop: a repository of shell scripts whose tasks go through every phase, and what an honest session does in each. */
import { handIn } from '../../demo/scripts/session.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { Split, SplitChild } from '../../src/core/split.ts'
import type { Files } from '../../world/index.ts'
import { type CountRequest, textOf } from '../../world/model/request.ts'
import { issueText } from './workshop.ts'

export interface Call {
  name: string
  input: unknown
  id?: string
}

export const shellIssue = issueText.replace('src/price.txt', 'src/price.sh')
/** The same without a fail example and without its risk class. */
export const lackingIssue = shellIssue
  .replace(/ {2}Fail example.*\n/, '')
  .replace(/### Risk class[\s\S]*/, '')

const testName = 'prints two decimals'
/** Runs the tests and writes their reports. `says` stands in its output. */
export const checkScript = (says = '') => `# Runs the tests and writes their report.
mkdir -p reports
echo '${says.replaceAll('\n', ' ')}'
{
  echo '<testsuites>'
  for file in test/*.test.sh; do
    name=$(sed -n '1s/^# //p' "$file")
    if sh "$file" >>run.log 2>&1; then echo "<testcase name='$name'/>"
    else echo "<testcase name='$name'><failure message='no'/></testcase>"; touch failed.log; fi
  done
  echo '</testsuites>'
} >reports/junit.xml
printf 'SF:src/price.sh\\nDA:1,1\\nend_of_record\\n' >reports/lcov.info
test ! -e failed.log
`

/** The policy file; `pipeline` is added to its pipeline part. */
export const shellPolicy = (pipeline: string) => `version: 1
seniors: [ben]
pipeline:
  ${pipeline}
commands:
  test:
    run: sh check.sh
    timeout_seconds: 20
    reports:
      - { format: junit, path: reports/junit.xml }
      - { format: lcov, path: reports/lcov.info }
gates:
  tests_with_code: false
  docs_with_code: false
  ci:
    deadline_minutes: 1440
    workflows:
      - { path: .github/workflows/ci.yml, event: push }
approvals:
  profile: solo
`

/** CI that fails on the change until a repair has left its word. */
export const wantsRepair = 'if grep -q decimals src/price.sh; then grep -q repaired src/price.sh; fi\n'

export const shellFiles: Files = {
  'src/price.sh': 'price=5\n',
  'test/base.test.sh': '# the price is there\n. ./src/price.sh\ntest -n "$price"\n',
  'check.sh': checkScript(),
  'docs/price.md': '# Price\n\nIt is printed.\n',
  '.gitignore': 'reports/\n*.log\n',
}

const plan: Plan = {
  summary: 'Print two decimals.',
  steps: [{ title: 'Print', detail: 'Write the price with two decimals.' }],
  files: [
    { path: 'src/price.sh', change: 'modify', why: 'The price is made here.' },
    { path: 'test/decimals.test.sh', change: 'add', why: 'Shows the decimals.' },
    { path: 'docs/price.md', change: 'modify', why: 'Says how a price looks.' },
  ],
  newSymbols: [],
  citations: [{ path: 'src/price.sh', line: 1, quote: 'price=5' }],
  tests: { kind: 'required', names: [testName] },
  documentation: { kind: 'required', paths: ['docs/price.md'] },
  risks: ['None is known.'],
}

const child = (key: string, dependsOn: string[]): SplitChild => ({
  key,
  title: `The price with ${key}`,
  route: 'hotfix',
  bundle: {
    goal: `Print the price with ${key}.`,
    criteria: [
      { statement: `A price has ${key}`, passExample: `5 has ${key}`, failExample: '5 is printed as 5' },
    ],
    constraints: ['No new dependency'],
    priorArt: ['src/price.sh'],
    riskClass: 'low',
  },
  covers: [1],
  dependsOn,
})
const split: Split = {
  summary: 'Decimals first, the currency on top of them.',
  children: [child('decimals', []), child('currency', ['decimals'])],
}

/** What an honest session of each phase hands in. */
export const deliverables: Readonly<Record<string, object>> = {
  draft: {
    criteria: [
      { statement: 'Two decimals are printed', passExample: '5 is printed as 5.00', failExample: '5 as 5' },
    ],
    riskClass: 'low',
    notes: ['Rounding is not said.'],
  },
  route: { route: 'hotfix', reason: 'A small repair.' },
  discovery: {
    summary: 'The price is bare.',
    interfaces: [{ name: 'price', purpose: 'The price.', citation: plan.citations[0] }],
    conventions: [],
    tests: ['test/base.test.sh'],
    unknowns: ['Nothing.'],
  },
  spec: {
    summary: 'Two decimals.',
    behaviours: [
      { statement: 'Two decimals.', criterion: 1, passExample: '5 as 5.00', failExample: '5 as 5' },
    ],
    interfaces: [],
    outOfScope: ['Currencies.'],
  },
  plan,
  diagnosis: plan,
  split,
  tests: {
    summary: 'One test.',
    tests: [{ name: testName, file: 'test/decimals.test.sh', proves: 'Two decimals.' }],
  },
  implementation: { summary: 'Two decimals.', notes: ['Nothing.'] },
  documentation: { summary: 'Says two decimals.' },
  review: {
    summary: 'It is what the plan says.',
    findings: [{ path: 'src/price.sh', line: 1, severity: 'remark', body: 'A constant.' }],
  },
  repair: { summary: 'CI wanted its word.' },
  fix: { summary: 'Nothing', answers: [{ thread: 1, outcome: 'cannot', answer: 'It is right.' }], needs: [] },
}

const put = (path: string, content: string): Call => ({ name: 'write_file', input: { path, content } })
const priced = 'price=5.00 # decimals\n'

/** The honest session of a phase in one answer; whole files, so that nothing of an earlier attempt stays. */
export function honest(phase: string, deliverable: object): Call[] {
  const writes: Record<string, Call[]> = {
    tests: [put('test/decimals.test.sh', `# ${testName}\n. ./src/price.sh\ntest "$price" = 5.00\n`)],
    implementation: [put('src/price.sh', priced)],
    documentation: [put('docs/price.md', '# Price\n\nIt is printed with two decimals.\n')],
    repair: [put('src/price.sh', priced.replace('decimals', 'decimals, repaired'))],
  }
  return [...(writes[phase] ?? []), handIn(deliverable)]
}

/** The kind of session of a request: its phase, or `validate:` and the phase that it checks. */
export function kindOf(request: CountRequest): string {
  const system = textOf(request.system ?? '')
  const checks = /^Checks: (\S+)$/m.exec(system)?.[1]
  return checks ? `validate:${checks}` : (/^Phase: (\S+)$/m.exec(system)?.[1] ?? '')
}
