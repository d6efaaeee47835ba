/** Where the heads of pull requests are published in the repository they ask to change. */
import { must, type Site } from '../site.ts'
import type { Pull } from '../state.ts'

/** Keeps refs/pull/N/head in the base repository, which is where a fork's commits become readable. */
export async function publishHead(site: Site, pull: Pull): Promise<void> {
  const base = must(site.state.repos, pull.repoId, 'repository')
  const head = must(site.state.repos, pull.headRepoId, 'repository')
  if (base.id !== head.id) {
    await site.git.run(base.dir, [
      'fetch',
      '-q',
      '--no-tags',
      head.dir,
      `+refs/heads/${pull.headRef}:refs/pull/${pull.number}/head`,
    ])
  } else await site.git.run(base.dir, ['update-ref', `refs/pull/${pull.number}/head`, pull.headSha])
}
