/** Runs the launcher of the npm scripts in a small project of its own: what it installs, when, and what it passes through. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const scripts = join(import.meta.dirname, '..', '..', 'scripts')
let project = ''

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'countersign-launcher-'))
  cpSync(scripts, join(project, 'scripts'), { recursive: true })
  lock('1.0.0')
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** A project with one dependency that needs no registry. */
function lock(version: string): void {
  const write = (path: string, value: object) => writeFileSync(join(project, path), JSON.stringify(value))
  mkdirSync(join(project, 'part'), { recursive: true })
  write('part/package.json', { name: 'part', version })
  write('package.json', { name: 'whole', version: '1.0.0', dependencies: { part: 'file:part' } })
  const packages = {
    '': { name: 'whole', version: '1.0.0', dependencies: { part: 'file:part' } },
    'node_modules/part': { resolved: 'part', link: true },
    part: { name: 'part', version },
  }
  write('package-lock.json', {
    name: 'whole',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages,
  })
}

function launch(...given: string[]) {
  const run = spawnSync(process.execPath, [join(project, 'scripts', 'run.mjs'), ...given], {
    encoding: 'utf8',
    cwd: project,
  })
  return { ...run, installed: run.stderr.includes('Installing dependencies') }
}

test('installs when node_modules is missing or stale, and only then', () => {
  expect(launch('-p', '1 + 1')).toMatchObject({ status: 0, installed: true, stdout: '2\n' })
  expect(launch('-p', '1 + 1')).toMatchObject({ status: 0, installed: false, stdout: '2\n' })
  lock('1.1.0')
  expect(launch()).toMatchObject({ status: 0, installed: true })
  expect(launch()).toMatchObject({ status: 0, installed: false })
  rmSync(join(project, 'node_modules'), { recursive: true })
  expect(launch()).toMatchObject({ status: 0, installed: true })
})

test('says in one sentence that the installation failed, and runs nothing', () => {
  rmSync(join(project, 'node_modules'), { recursive: true, force: true })
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'whole', dependencies: { part: 'file:elsewhere' } }),
  )
  const { status, stdout, stderr } = launch('-p', '1 + 1')
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('its own message is above. Mend that, then run the same command again.')
  lock('1.0.0')
})

test('passes arguments, exit code and signals through', async () => {
  launch()
  expect(launch('-e', 'process.exit(7)').status).toBe(7)
  const program =
    'process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("up")'
  const child: ChildProcess = spawn(process.execPath, [join(project, 'scripts', 'run.mjs'), '-e', program])
  if (child.stdout) await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([9, null])
})
