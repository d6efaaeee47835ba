/** `npm run demo` as a process: what it prints, how it ends when the story deviates or is interrupted, what it refuses. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { steps as journey } from '../../demo/steps/all.ts'
import { runProgram, startProgram } from '../support/process.ts'

/** The journey to main, the two steps to production, and the board. */
const steps = [...journey.map(({ id }) => id), '9', '10', '11']
const storyLimitMs = 600_000
let place = ''
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'countersign-demo-test-'))
  // As a temporary folder is: the sandbox's account reaches what is made below.
  chmodSync(place, 0o755)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** A temporary folder of its own, to see what is left in it. */
function temporary(): { folder: string; environment: Record<string, string> } {
  const folder = mkdtempSync(join(place, 'tmp-'))
  chmodSync(folder, 0o755)
  return { folder, environment: { TMPDIR: folder } }
}

const objects = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('the whole story', () => {
  test(
    'with --json each step is one object a line, and the summary is the last; --keep leaves a ledger that verifies',
    async () => {
      const { folder, environment } = temporary()
      const keep = join(place, 'kept')
      const { code, stdout, stderr } = await runProgram('demo/run.ts', ['--json', '--keep', keep], {
        environment,
      })
      const lines = objects(stdout)
      const reports = lines.slice(0, -1)
      expect(reports.filter((one) => one['ok'] !== true)).toEqual([])
      expect(reports.map((one) => one['step'])).toEqual(steps)
      for (const one of reports) {
        expect(Object.keys(one)).toEqual(['step', 'ok', 'requirement', 'detail'])
        expect(one['requirement']).toMatch(/^[A-Z]\d+( [A-Z]\d+)*$/)
      }
      expect(lines.at(-1)).toMatchObject({
        summary: { ok: true, proven: steps.length, ledger: { ok: true } },
      })
      expect(stderr).toBe('')
      expect(code).toBe(0)
      expect(readdirSync(folder)).toEqual([])
      expect(readdirSync(keep).sort()).toEqual(['README.txt', 'countersign', 'github'])
      const verified = await runProgram('src/cli/main.ts', ['ledger', 'verify'], {
        environment: { COUNTERSIGN_DATA_DIR: join(keep, 'countersign') },
      })
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/ledger holds: \d+ facts/) })
    },
    storyLimitMs,
  )

  test(
    'without bubblewrap it says so, and every step is proven all the same',
    async () => {
      const { folder, environment } = temporary()
      const { code, stdout } = await runProgram('test/demo/unsandboxed.ts', [], { environment })
      expect(stdout).toMatch(/^No sandbox here \(.*install it/m)
      expect(stdout).toMatch(new RegExp(`Steps +${steps.length} of ${steps.length} proven`))
      expect(code).toBe(0)
      expect(readdirSync(folder)).toEqual([])
    },
    storyLimitMs,
  )
})

describe('a story that deviates', () => {
  test('ends with exit code 1, the step, and the reason', async () => {
    const { folder, environment } = temporary()
    const { code, stdout } = await runProgram('test/demo/misbehaving.ts', [], { environment })
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAILED\s+the model was asked what no script\s+answers/)
    expect(stdout).toMatch(new RegExp(`Steps +\\d+ of ${steps.length} proven`))
    expect(readdirSync(folder)).toEqual([])
  }, 120_000)

  test('with --json says so in the same two forms', async () => {
    const { code, stdout } = await runProgram('test/demo/misbehaving.ts', ['--json'], temporary())
    const lines = objects(stdout)
    expect(code).toBe(1)
    expect(lines.at(-2)).toMatchObject({ ok: false, detail: expect.stringContaining('no script answers') })
    expect(lines.at(-1)).toMatchObject({ summary: { ok: false } })
  }, 120_000)
})

test('Ctrl-C in the middle ends with 130, and leaves neither folders nor processes', async () => {
  const { folder, environment } = temporary()
  const program = startProgram('demo/run.ts', [], { environment })
  await program.says(/session: discovery/)
  const interruptedMs = performance.now()
  program.kill('SIGINT')
  program.kill('SIGINT')
  expect(await program.ended).toBe(130)
  expect(performance.now() - interruptedMs).toBeLessThan(20_000)
  expect(program.output().stderr).toMatch(/Interrupted/)
  expect(program.output().stdout).not.toMatch(/FAILED/)
  expect(readdirSync(folder)).toEqual([])
  expect(childrenWith(folder)).toEqual([])
}, 120_000)

/** Processes that were started with this temporary folder in their environment. */
function childrenWith(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    return environmentOf(pid).includes(`TMPDIR=${folder}`)
  })
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch (error) {
    // Gone since, or another account's.
    if (['ENOENT', 'EACCES', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}

describe('options', () => {
  test.each([
    [['--modle', 'live'], /--modle/],
    [['now'], /now/],
    [['--model', 'gpt'], /--model is "stand-in" or "live", not "gpt"/],
    [['--model', 'live'], /set ANTHROPIC_API_KEY/],
    [['--keep'], /--keep/],
  ])('%j is refused with the reason and the usage', async (given, why) => {
    const { code, stdout, stderr } = await runProgram('demo/run.ts', given)
    expect(stderr).toMatch(why)
    expect(stderr).toMatch(/--interactive/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test('--keep refuses a folder that holds something, and leaves it alone', async () => {
    const full = join(place, 'full')
    mkdirSync(full)
    writeFileSync(join(full, 'mine.txt'), 'mine')
    const { code, stderr } = await runProgram('demo/run.ts', ['--keep', full])
    expect(stderr).toMatch(/new or empty folder/)
    expect(code).toBe(2)
    expect(readdirSync(full)).toEqual(['mine.txt'])
  })

  test('--help prints the options and ends well', async () => {
    expect(await runProgram('demo/run.ts', ['--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('--interactive'),
    })
  })
})
