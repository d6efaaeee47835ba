/**
 * Bad input, through the front door: one table a way in. Each row names the sentence that answers it, and what GitHub
 * shows is compared before and after.
 */
import { afterAll, beforeAll, expect } from '@jest/globals'
import { openTown, repository, type Town } from '../town.ts'

type Opening = Parameters<typeof openTown>[0]

/** One town for the tests of a file; it must have broken no rule of GitHub's at the end. */
export function openForSuite(take: (town: Town) => void, options: Opening = {}): void {
  let town: Town | null = null
  beforeAll(async () => {
    town = await openTown(options)
    take(town)
  }, 240_000)
  afterAll(async () => {
    expect(town?.stage.github.violations ?? []).toEqual([])
    await town?.close()
  }, 120_000)
}

export const repositoryJson = { id: 1, full_name: repository }
export const sender = { id: 1, login: 'ana', type: 'User' }
/** The payload of a label on an issue that does not exist. */
export const labelled = {
  action: 'labeled',
  repository: repositoryJson,
  issue: { number: 900, title: 'None', body: 'Text', user: sender, labels: [{ name: 'agent' }] },
  label: { name: 'agent' },
  sender,
}
