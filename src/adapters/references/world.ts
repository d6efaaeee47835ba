/** The tree at the head as resolvers see it: its paths, its manifests and what it leaves to generators. */
import { basename, posix } from 'node:path'
import { matchesGlob } from '../../core/glob.ts'
import { fieldsOf, textOf } from '../workspace/bytes.ts'
import type { ReadBlobs } from '../workspace/gitObjects.ts'
import { runGit } from '../workspace/gitProcess.ts'

/** Files that say what a project depends on or how its names map to files. */
const manifest =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock|deno\.jsonc?|import_map\.json|(?:ts|js)config[^/]*\.json|requirements[^/]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|environment\.ya?ml|poetry\.lock|uv\.lock|pdm\.lock|go\.(?:mod|work)|pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|libs\.versions\.toml|Gemfile(?:\.lock)?|[^/]+\.gemspec|Cargo\.(?:toml|lock)|[^/]+\.(?:cs|fs|vb)proj|Directory\.[^/]+\.props|packages\.config|composer\.(?:json|lock)|\.gitignore)$/

/** Folders that tools write, which a repository therefore does not hold. */
const generated =
  /(?:^|\/)(?:dist|build|out|gen|generated|__generated__|_generated|node_modules|vendor|coverage|target|bin|obj|\.[^/.][^/]*)\//

const mostManifests = 2000
const manifestBytes = 8 * 1024 * 1024

export interface World {
  paths: ReadonlySet<string>
  folders: ReadonlySet<string>
  /** Paths by their last part. */
  named: ReadonlyMap<string, readonly string[]>
  /** Manifests by path. */
  manifests: ReadonlyMap<string, string>
  /** True when a path that is missing is what a tool would write: not in the repository on purpose. */
  madeByTools(path: string): boolean
  /** Manifests with a name that fits, in the folder of `path` and above it, nearest first. */
  above(path: string, name: RegExp): { path: string; text: string }[]
  /** A value worked out once for this tree. */
  once<T>(key: string, make: () => T): T
}

/** Read the tree of a commit: names of all files, texts of its manifests (2,000 at most, 8 MB each). */
export async function readWorld(directory: string, head: string, read: ReadBlobs): Promise<World> {
  const { stdout } = await runGit({ directory, args: ['ls-tree', '-r', '-z', '--name-only', head] })
  const all = fieldsOf(stdout).map((bytes) => textOf(bytes).text)
  const chosen = all.filter((path) => manifest.test(path)).slice(0, mostManifests)
  const blobs = await read(
    chosen.map((path) => `${head}:${path}`),
    manifestBytes,
  )
  const texts = new Map<string, string>()
  for (const path of chosen) {
    const bytes = blobs.get(`${head}:${path}`)
    if (bytes && bytes !== 'large') texts.set(path, bytes.toString('utf8'))
  }
  return worldOf(all, texts)
}

/** The same from what is known already. */
export function worldOf(all: readonly string[], manifests: ReadonlyMap<string, string>): World {
  const paths = new Set(all)
  const folders = new Set<string>([''])
  const named = new Map<string, string[]>()
  for (const path of all) {
    const base = basename(path)
    const known = named.get(base)
    if (known) known.push(path)
    else named.set(base, [path])
    for (let at = posix.dirname(path); at !== '.' && !folders.has(at); at = posix.dirname(at)) folders.add(at)
  }
  const kept = new Map<string, unknown>()
  const ignores = [...manifests]
    .filter(([path]) => basename(path) === '.gitignore')
    .flatMap(([path, text]) => ignoreGlobs(path, text))
  return {
    paths,
    folders,
    named,
    manifests,
    madeByTools: (path) => generated.test(path) || ignores.some((glob) => matchesGlob(glob, path)),
    above(path, name) {
      const result: { path: string; text: string }[] = []
      for (let at = posix.dirname(path); ; at = posix.dirname(at)) {
        const prefix = at === '.' ? '' : `${at}/`
        for (const [file, text] of manifests) {
          const rest = file.startsWith(prefix) ? file.slice(prefix.length) : '/'
          if (!rest.includes('/') && name.test(rest)) result.push({ path: file, text })
        }
        if (at === '.') return result
      }
    },
    once<T>(key: string, make: () => T): T {
      if (!kept.has(key)) kept.set(key, make())
      return kept.get(key) as T
    },
  }
}

/** Lines of a .gitignore as globs, widened: a name also covers what is below it. Exceptions (`!`) are left out. */
function ignoreGlobs(path: string, text: string): string[] {
  const folder = posix.dirname(path) === '.' ? '' : `${posix.dirname(path)}/`
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('!'))
    .slice(0, 500)
    .flatMap((line) => {
      const bare = line.replace(/\/+$/, '')
      const anchored = bare.replace(/^\//, '').includes('/') || bare.startsWith('/')
      const glob = anchored ? `/${folder}${bare.replace(/^\//, '')}` : `/${folder}**/${bare}`
      return [glob, `${glob}/**`]
    })
}

/** Resolve `..` and `.`; null when it leaves the tree. */
export function within(folder: string, relative: string): string | null {
  const joined = posix.normalize(posix.join(folder, relative))
  return joined === '..' || joined.startsWith('../') || joined.startsWith('/')
    ? null
    : joined.replace(/^\.$/, '')
}
