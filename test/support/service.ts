/** The demo's service on a host of its own: any version of it, deployed as its repository would, at one address. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { serviceFiles } from '../../demo/deploying.ts'
import type { Behaviour } from '../../demo/service/behaviour.ts'
import { filesBelow } from '../../demo/stage.ts'
import { startHosting } from '../../world/hosting/hosting.ts'

export interface Service {
  /** Replaces what runs; resolves with its address, which stays the same, once it listens. */
  deploy(version: string, behaviour: Partial<Behaviour>): Promise<string>
  close(): Promise<void>
}

/** @param windowSeconds what `/stats.json` looks back at. */
export async function startService({ windowSeconds = 60 } = {}): Promise<Service> {
  const hosting = await startHosting({
    env: { STATS_WINDOW_SECONDS: String(windowSeconds), MEMORY_LIMIT_MB: '192' },
  })
  return {
    async deploy(version, behaviour) {
      const answer = await fetch(`${hosting.url}/environments/production?version=${version}`, {
        method: 'PUT',
        body: await archiveOf(behaviour),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(text)
      return (JSON.parse(text) as { url: string }).url
    },
    close: () => hosting.close(),
  }
}

async function archiveOf(behaviour: Partial<Behaviour>): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-service-'))
  const files = { ...(await filesBelow('demo/repository')), ...(await serviceFiles(behaviour)) }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), String(text))
  }
  const archive = execFileSync('tar', ['-c', '-C', folder, '.'])
  await rm(folder, { recursive: true })
  return new Uint8Array(archive)
}
