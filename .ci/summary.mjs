/**
 * Adds up a CI run: reads lines `passed|failed NAME` for checks and jest's JSON reports, prints what went wrong, and ends with the
 * line `N passed, N failed`. A skipped test counts as failed, because in CI nothing may be skipped.
 * Usage: node .ci/summary.mjs CHECKS REPORT...
 */
import { existsSync, readFileSync } from 'node:fs'

const [checks, ...reports] = process.argv.slice(2)
let passed = 0
const failures = []

for (const line of readFileSync(checks, 'utf8').split('\n').filter(Boolean)) {
  const [outcome, ...name] = line.split(' ')
  if (outcome === 'passed') passed += 1
  else failures.push(`check failed: ${name.join(' ')}`)
}

for (const file of reports) {
  if (!existsSync(file)) {
    failures.push(`jest wrote no report ${file}; its output is above`)
    continue
  }
  for (const suite of JSON.parse(readFileSync(file, 'utf8')).testResults) {
    // A suite that could not even be loaded has no tests to report.
    if (suite.status === 'failed' && suite.assertionResults.length === 0)
      failures.push(`suite did not run: ${suite.name}`)
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') passed += 1
      else failures.push(`${status === 'failed' ? 'test failed' : `test ${status}`}: ${fullName}`)
    }
  }
}

for (const failure of failures) process.stdout.write(`${failure}\n`)
process.stdout.write(`${passed} passed, ${failures.length} failed\n`)
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1
