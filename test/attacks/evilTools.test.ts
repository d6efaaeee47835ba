/** Every tool alone, called with anything: the answer is a text or a typed refusal, and nothing outside changes (S13, T26). */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { fileTools } from '../../src/adapters/tools/fileTools.ts'
import type { CommandSpec } from '../../src/core/evidence.ts'
import { type Tool, ToolRefusal } from '../../src/core/ports.ts'
import { phases } from '../../src/pipeline/phases.ts'
import { fixHandIn, regionTool } from '../../src/work/fixTools.ts'
import { commandTools } from '../../src/work/tools/commands.ts'
import { endingTools } from '../../src/work/tools/ending.ts'
import { readingTools } from '../../src/work/tools/reading.ts'
import { writingTools } from '../../src/work/tools/writing.ts'
import { cleanUp, scratch } from '../adapters/workspace/support.ts'
import { deliverables } from '../e2e/shellShop.ts'
import { generated, type Offered, tableOf } from './evil/calls.ts'
import { misshapen } from './evil/forgeries.ts'
import { hostilePaths } from './evil/hostile.ts'
import { contentsOf } from './evil/surroundings.ts'

const seed = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261)
const never = new AbortController().signal
const spec: CommandSpec = { run: 'true', timeoutSeconds: 1, memoryMb: 64, reports: [] }

let home: string
let outside: string
let directory: string

beforeEach(() => {
  home = scratch('evil-tools')
  outside = join(home, 'outside')
  directory = join(home, 'worktree')
  for (const folder of [outside, directory, join(directory, 'src'), join(home, 'bystander')])
    mkdirSync(folder)
  writeFileSync(join(outside, 'canary.txt'), 'a secret of the host')
  writeFileSync(join(home, 'bystander', 'note.txt'), 'work of another ticket')
  writeFileSync(join(directory, '.git'), 'gitdir: elsewhere\n')
  writeFileSync(join(directory, 'src', 'price.sh'), 'price=5\nb\nc\n')
  symlinkSync(outside, join(directory, 'escape'))
  symlinkSync('/etc/passwd', join(directory, 'passwords'))
  symlinkSync('src', join(directory, 'folder'))
  symlinkSync('loop', join(directory, 'loop'))
  execFileSync('/usr/bin/mkfifo', [join(directory, 'pipe')])
})
afterAll(cleanUp)

/** All tools of all kinds of sessions; `mayWrite` lets everything through, so that only the tools themselves confine. */
function allTools(): Tool[] {
  const context = {
    worktree: { directory, head: '', commit: refuse, reset: refuse },
    workspace: {
      runIn: async () => ({ exitCode: 0, stoppedBy: null, outputTail: 'x'.repeat(20_000), durationMs: 1 }),
    },
    files: fileTools(),
    mayWrite: () => true,
  }
  const region = { directory, path: 'src/price.sh', before: 'price=5\nb\nc\n', range: { from: 2, to: 3 } }
  return [
    ...readingTools(context),
    ...writingTools(context),
    ...commandTools(context, new Map([['test', spec]])),
    regionTool(context.files, region),
    fixHandIn(),
    ...Object.values(phases).flatMap((phase) => endingTools(phase)),
  ]
}
const refuse = async () => {
  throw new Error('not part of this test')
}

/** What a session makes of a call: the input is checked, then the tool answers or refuses. */
async function call(tool: Tool, input: unknown): Promise<'unfit' | 'answered' | 'refused'> {
  const parsed = tool.input.safeParse(input)
  if (!parsed.success) return 'unfit'
  try {
    expect(typeof (await tool.execute(parsed.data, never))).toBe('string')
    return 'answered'
  } catch (error) {
    if (error instanceof ToolRefusal) return 'refused'
    throw new Error(`${tool.name} broke on ${JSON.stringify(input).slice(0, 300)}`, { cause: error })
  }
}

describe.each([
  ['the fixed table', tableOf],
  [`generated from seed ${seed}`, (tools: Offered[], paths: string[]) => generated(tools, paths, seed, 200)],
])('S13, T26: %s', (_name, calls) => {
  test('S13, T26: each call ends in a text or a refusal, and only the worktree is changed, never its .git', async () => {
    const surroundings = () => {
      const { worktree: _, ...all } = contentsOf(home)
      return Object.fromEntries(
        Object.entries(all).filter(([path]) => !path.startsWith('worktree/') || path === 'worktree/.git'),
      )
    }
    const before = surroundings()
    const ends = { unfit: 0, answered: 0, refused: 0 }
    for (const tool of allTools()) {
      const schema = z.toJSONSchema(tool.input, { io: 'input' })
      for (const { input } of calls([{ name: tool.name, input_schema: schema }], hostilePaths(outside)))
        ends[await call(tool, input)] += 1
    }
    expect(surroundings()).toEqual(before)
    // The table is worth something only if every end is reached.
    for (const count of Object.values(ends)) expect(count).toBeGreaterThan(50)
  })
})

test.each(Object.values(phases).map((phase) => [phase.id, phase] as const))(
  'P1, T22: %s takes no deliverable but its own',
  async (kind, phase) => {
    const handIn = endingTools(phase).find(({ name }) => name === 'hand_in') as Tool
    const forged = misshapen(kind)
    expect(forged.length).toBeGreaterThan(10)
    for (const { input } of forged)
      expect({ input, is: await call(handIn, input) }).toEqual({ input, is: 'unfit' })
    if (deliverables[kind]) expect(await call(handIn, deliverables[kind])).toBe('answered')
  },
)

test('T26: a link that a program left behind can be taken away, and is never followed', async () => {
  const tools = new Map(allTools().map((tool) => [tool.name, tool]))
  const use = (name: string, input: object) => call(tools.get(name) as Tool, input)
  expect(await use('write_file', { path: 'passwords', content: 'x' })).toBe('refused')
  expect(await use('read_file', { path: 'escape/canary.txt' })).toBe('refused')
  expect(await use('delete_file', { path: 'escape/canary.txt' })).toBe('refused')
  expect(await use('delete_file', { path: 'escape' })).toBe('answered')
  expect(await use('write_file', { path: 'escape', content: 'plain again' })).toBe('answered')
  expect(contentsOf(outside)).toHaveProperty(['canary.txt'])
})
