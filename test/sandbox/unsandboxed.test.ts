/** The demo's plain runner: no sandbox, but a clean environment and the limits that a demo needs. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { afterAll, expect, test } from '@jest/globals'
import { createUnsandboxedRunner } from '../../demo/unsandboxed.ts'
import { cleanUp, scratch } from '../adapters/workspace/support.ts'

const runner = createUnsandboxedRunner()
const directory = scratch('plain')
afterAll(cleanUp)

const run = (
  command: string,
  timeoutMs = 5000,
  outputBytes = 100_000,
  signal = new AbortController().signal,
) => runner.run({ directory, run: command, timeoutMs, memoryMb: 64, outputBytes, readOnly: [] }, signal)

test('a command runs in the folder with this Node and a clean environment', async () => {
  process.env['COUNTERSIGN_TEST_SECRET'] = 'hidden'
  const result = await run('pwd; node -p process.version; env; echo to stderr >&2; exit 3')
  delete process.env['COUNTERSIGN_TEST_SECRET']
  expect(result).toMatchObject({ exitCode: 3, stoppedBy: null })
  expect(result.outputTail).toContain(`${directory}\n${process.version}\n`)
  expect(result.outputTail).toContain('to stderr')
  expect(result.outputTail).not.toContain('hidden')
})

test('what a program keeps in its home is no part of the folder, and goes with it', async () => {
  const result = await run('echo kept > ~/log && echo ~ && ls -a . && test -f ~/log')
  expect(result).toMatchObject({ exitCode: 0, stoppedBy: null })
  const home = result.outputTail.split('\n')[0] ?? ''
  expect(home).not.toBe(directory)
  expect(existsSync(home)).toBe(false)
  expect(readdirSync(directory)).toEqual([])
})

test('T30: time, output and a stop end the command with what it started', async () => {
  const mark = `countersign-plain-${process.pid}`
  expect(await run(`sh -c 'sleep 40; : ${mark}' & sleep 40`, 300)).toMatchObject({
    exitCode: null,
    stoppedBy: 'time',
  })
  expect(await run('yes', 5000, 10_000)).toMatchObject({ stoppedBy: 'output' })
  const cancel = new AbortController()
  setTimeout(() => cancel.abort(), 100)
  expect(await run('sleep 40', 5000, 1000, cancel.signal)).toMatchObject({ stoppedBy: 'stop' })
  expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(mark)
})

test('what a command leaves running ends with it', async () => {
  expect(await run('sleep 30 & echo done')).toMatchObject({ exitCode: 0, outputTail: 'done\n' })
})
