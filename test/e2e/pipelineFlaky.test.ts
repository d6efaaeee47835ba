/** New tests that are red by chance, through the front door: named, sent back, and replaced by one that is red (P5). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { handIn, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import { diagnosis, openWorkshop, plan, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

let shop: Workshop | null = null
let chance: string
beforeEach(async () => {
  chance = await mkdtemp(join(tmpdir(), 'countersign-chance-'))
})
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  await rm(chance, { recursive: true, force: true })
})

/** Runs each test file as a program and writes what came of it as JUnit; the first line of a file names its test. */
const runner = `mkdir -p reports
echo '<testsuites>' >reports/junit.xml
for file in test/*.sh; do
  if sh "$file"; then end=''; else end='<failure message="no"/>'; failed=1; fi
  echo "<testcase name='$(sed -n '1s/^# //p' "$file")'>$end</testcase>" >>reports/junit.xml
done
echo '</testsuites>' >>reports/junit.xml
exit \${failed:-0}
`
const withTests = {
  ...plan,
  files: [...plan.files, { path: 'test/price.sh', change: 'add', why: 'Shows it.' }],
  tests: { kind: 'required', names: ['two decimals'] },
}
const write = (content: string) => ({ name: 'write_file', input: { path: 'test/price.sh', content } })
const deliverable = handIn({
  summary: 'One test.',
  tests: [{ name: 'two decimals', file: 'test/price.sh', proves: 'Two decimals.' }],
})

test('P5: a new test that is red by chance on the base goes back by name, and the one that is red each time is taken', async () => {
  // The first run that comes by gets the folder and passes; the others find it taken and fail.
  const flaky = `# two decimals\nmkdir ${chance}/taken 2>/dev/null\n`
  shop = await openWorkshop({
    policy: `commands:
  test:
    run: sh check.sh
    reports: [{ format: junit, path: reports/junit.xml }]
`,
    files: { 'check.sh': runner, '.gitignore': 'reports/\n' },
    sessions: [
      session({ ...diagnosis.match }, turn('The price is bare.', handIn(withTests))),
      session({ phase: 'tests', attempt: 1 }, turn('A test.', write(flaky), deliverable)),
      session(
        { phase: 'tests', attempt: 2 },
        {
          ...turn('Without chance.', write('# two decimals\ngrep -q 5.00 src/price.mjs\n'), deliverable),
          expects: 'The test "two decimals" is flaky: of 3 runs on the base it failed in 2, passed in 1',
        },
      ),
    ],
  })
  const issue = await shop.delegate()
  await shop.approvePlan()
  const judged = await shop.stage.until(
    'both attempts to be judged',
    async () => {
      const all = factsOf(await (shop as Workshop).facts(issue), 'attempt.judged').filter(
        ({ body }) => body.phase === 'tests',
      )
      return all.length >= 2 ? all : undefined
    },
    120_000,
  )
  expect(judged.map(({ body }) => body.verdict)).toEqual(['objections', 'pass'])
})
