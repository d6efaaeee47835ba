/** A clean checkout of one commit from a bare repository, as the first step of a job makes it. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runGit } from '../github/git.ts'

export type Checkout = {
  /** The working tree. */
  dir: string
  /** An empty home and scratch folder beside it. */
  home: string
  remove(): Promise<void>
}

/**
 * Fetches exactly `sha` (depth 1) and checks it out, with hooks and submodules off.
 * @param name the repository's, without its owner.
 * @param dependencies folder to link as `node_modules`, or null.
 */
export async function checkOut(
  bare: string,
  name: string,
  sha: string,
  dependencies: string | null,
): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), 'world-ci-'))
  const checkout = {
    // GitHub's runners have the workspace at work/<name>/<name>; absolute paths in reports begin with it.
    dir: join(root, 'work', name, name),
    home: join(root, 'home'),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  }
  try {
    await runGit(['init', '-q', '--template=', checkout.dir])
    await mkdir(checkout.home)
    const git = (args: string[]) =>
      runGit(['-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false', ...args], {
        cwd: checkout.dir,
      })
    await git(['fetch', '-q', '--no-tags', '--depth=1', pathToFileURL(bare).href, sha])
    await git(['checkout', '-q', '--detach', 'FETCH_HEAD'])
    if (dependencies !== null) await symlink(dependencies, join(checkout.dir, 'node_modules'), 'dir')
    return checkout
  } catch (error) {
    await checkout.remove()
    throw error
  }
}
