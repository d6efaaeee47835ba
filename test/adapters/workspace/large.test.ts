/** A large repository: many files, a huge one, and names that differ only by case (P7, T17, T18). Full size in CI. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { fileTools } from '../../../src/adapters/tools/fileTools.ts'
import { createWorkspaceAdapters } from '../../../src/adapters/workspace/worktree.ts'
import { ToolRefusal } from '../../../src/core/ports.ts'
import { cleanUp, git, newClone, quiet, repository, type Server, scratch, serve } from './support.ts'

jest.setTimeout(600_000)

const isFull = process.env['CI'] === 'true'
const files = isFull ? 100_000 : 3_000
const hugeBytes = (isFull ? 1024 : 48) * 1024 ** 2
const author = { name: 'agent[bot]', email: '2+agent[bot]@users.noreply.github.com' }

let server: Server
let base: string
let adapters: ReturnType<typeof createWorkspaceAdapters>

/** One commit as a fast-import stream: zeros compress well, so that the huge file costs little on disk. */
async function importLarge(directory: string): Promise<string> {
  const child = spawn('git', ['-C', directory, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const { stdin } = child
  const write = async (text: string | Buffer) => {
    if (!stdin.write(text)) await once(stdin, 'drain')
  }
  const put = (path: string, text: string) => write(`M 100644 inline ${path}\ndata ${text.length}\n${text}\n`)
  await write('commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000001 +0000\ndata 5\nlarge\n')
  await write('from refs/heads/main^0\n')
  for (let index = 0; index < files; index++) await put(`many/${index % 500}/file-${index}.txt`, `${index}\n`)
  for (const name of ['Case.txt', 'case.txt', 'Folder/a.txt', 'folder/a.txt', 'zz/last.txt'])
    await put(name, `${name}\n`)
  await write(`M 100644 inline huge.bin\ndata ${hugeBytes}\n`)
  const piece = Buffer.alloc(1024 ** 2)
  for (let written = 0; written < hugeBytes; written += piece.length) await write(piece)
  stdin.end('\n')
  await finished(stdin)
  await once(child, 'close')
  return git(directory, 'rev-parse', 'main')
}

beforeAll(async () => {
  const clone = newClone({ 'README.md': '# Large\n' })
  base = await importLarge(clone.directory)
  server = await serve(clone.directory)
  adapters = createWorkspaceAdapters({
    root: scratch('large'),
    credentials: server.credentials,
    sandbox: {
      selfTest: async () => ({ ok: false, reason: 'none' }),
      run: async () => {
        throw new Error('nothing may run here')
      },
    },
    log: quiet,
  })
})
afterAll(async () => {
  adapters?.close()
  await server?.close()
  cleanUp()
})

test('P7, T17, T18: it is checked out, read, searched and committed to, and nothing but the change is in the commit', async () => {
  const worktree = await adapters.workspace.open(repository, 'task-1', base)
  const { directory } = worktree
  expect(readdirSync(join(directory, 'many'))).toHaveLength(500)
  expect(statSync(join(directory, 'huge.bin')).size).toBe(hugeBytes)
  expect(readdirSync(directory).filter((name) => /^(case|folder)/i.test(name))).toHaveLength(4)

  const tools = fileTools()
  expect(await tools.list(directory, 'zz/**', 10)).toEqual(['zz/last.txt'])
  expect(await tools.search(directory, 'zz/last', '**', 10)).toEqual([
    { path: 'zz/last.txt', line: 1, text: 'zz/last.txt' },
  ])
  await expect(tools.read(directory, 'huge.bin')).rejects.toThrow(ToolRefusal)
  await expect(tools.read(directory, 'huge.bin')).rejects.toThrow(`has ${hugeBytes} bytes; at most`)

  const rssBefore = process.resourceUsage().maxRSS
  writeFileSync(join(directory, 'zz', 'last.txt'), 'changed\n')
  writeFileSync(join(directory, 'case.txt'), 'the lower one\n')
  const input = { parent: base, message: 'work\n', author, timeSeconds: 1_700_000_002 }
  const { sha, refused } = await worktree.commit(input, () => true)
  expect(refused).toEqual([])
  // A file is hashed piece by piece: the huge one never stands in memory as a whole.
  if (isFull) expect((process.resourceUsage().maxRSS - rssBefore) * 1024).toBeLessThan(hugeBytes / 2)
  expect(
    await adapters.git.push(repository, { branch: 'agent/1-large', sha: sha ?? '', expected: null }),
  ).toBe('done')
  expect(git(server.bare, 'diff', '--name-only', base, 'agent/1-large').split('\n')).toEqual([
    'case.txt',
    'zz/last.txt',
  ])
  const diff = await adapters.git.collect(repository, { kind: 'diff', base, head: sha ?? '' })
  expect(diff.ok && 'files' in diff.body && diff.body.files.map(({ path }) => path)).toEqual([
    'case.txt',
    'zz/last.txt',
  ])
})

test('T17: one more name that differs only by case is refused, also next to those that are there already', async () => {
  const worktree = await adapters.workspace.open(repository, 'task-2', base)
  writeFileSync(join(worktree.directory, 'CASE.txt'), 'a third\n')
  const input = { parent: base, message: 'work\n', author, timeSeconds: 1_700_000_002 }
  const { sha, refused, reasons } = await worktree.commit(input, () => true)
  expect({ sha, refused }).toEqual({ sha: null, refused: ['CASE.txt'] })
  expect(reasons?.['CASE.txt']).toMatch(/only by case/)
})
