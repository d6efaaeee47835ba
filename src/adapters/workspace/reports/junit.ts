/** JUnit XML: the format that nearly every test runner can write (G2, P5). */
import { TestCase } from '../../../core/reports.ts'
import type { Parsed } from './read.ts'
import { readXml } from './xml.ts'

const maximumCases = 20_000

/** Test cases with their suites' names; `<testsuites>` itself carries only the name of the run. */
export function parseJunit(text: string): Parsed<TestCase[]> {
  const suites: string[] = []
  const cases: TestCase[] = []
  let current: { name: string; status: TestCase['status']; message: string } | null = null
  let inMessage = false
  let rootSeen = false
  const read = readXml(text, {
    open(name, attributes) {
      rootSeen ||= name === 'testsuites' || name === 'testsuite'
      if (name === 'testsuite') suites.push((attributes['name'] ?? '').trim())
      if (name === 'testcase') {
        const own = (attributes['name'] ?? '').trim()
        current = { name: [...suites, own].filter(Boolean).join(' > '), status: 'passed', message: '' }
        // The way in which runners without child elements say it.
        if (attributes['status'] === 'skipped' || attributes['status'] === 'disabled')
          current.status = 'skipped'
      }
      if (!current) return
      if (name === 'failure' || name === 'error') {
        current.status = 'failed'
        current.message += attributes['message'] ?? ''
        inMessage = true
      }
      if (name === 'skipped' && current.status === 'passed') current.status = 'skipped'
    },
    text(value) {
      if (current && inMessage && current.message.length < 4000) current.message += `\n${value}`
    },
    close(name) {
      if (name === 'testsuite') suites.pop()
      if (name === 'failure' || name === 'error') inMessage = false
      if (name !== 'testcase' || !current) return
      const message = current.message.trim().slice(0, 4000)
      cases.push({
        name: current.name.slice(0, 1000),
        status: current.status,
        ...(message === '' ? {} : { message }),
      })
      current = null
    },
  })
  if (!read.ok) return read
  if (!rootSeen) return { ok: false, problem: 'it holds no <testsuites> or <testsuite>' }
  if (cases.length > maximumCases)
    return { ok: false, problem: `it holds more than ${maximumCases} test cases` }
  const checked = TestCase.array().safeParse(cases)
  return checked.success
    ? { ok: true, value: checked.data }
    : { ok: false, problem: checked.error.message.slice(0, 500) }
}
