/** package.json, lockfiles and tsconfig aliases, read leniently: a manifest that is not JSON knows nothing. */
import { posix } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { World } from '../world.ts'

const names = z.record(z.string(), z.unknown()).catch({})
const Package = z.object({
  name: z.string().catch(''),
  dependencies: names,
  devDependencies: names,
  peerDependencies: names,
  optionalDependencies: names,
  imports: names,
})
const Config = z.object({
  compilerOptions: z
    .object({
      baseUrl: z.string().optional().catch(undefined),
      paths: z.record(z.string(), z.array(z.string())).catch({}),
    })
    .partial()
    .catch({}),
})
const Imports = z.object({ imports: z.record(z.string(), z.unknown()).catch({}) })

const lockfile = /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock)$/

/** Package names that files below a folder may import, and the lockfiles above; null where there is no package.json. */
export function dependenciesFor(
  path: string,
  world: World,
): { names: Set<string>; lockfiles: string[] } | null {
  return world.once(`npm:${posix.dirname(path)}`, () => {
    const manifests = world.above(path, /^(?:package|deno|import_map)\.jsonc?$/)
    if (manifests.length === 0) return null
    const all = manifests.flatMap(({ text }) => packageNames(text))
    const workspaces = world.once('npm:workspaces', () =>
      [...world.manifests]
        .filter(([file]) => posix.basename(file) === 'package.json')
        .map(([, text]) => readJson(text, Package)?.name ?? ''),
    )
    return {
      names: new Set([...all, ...workspaces].filter((name) => name !== '')),
      lockfiles: world.above(path, lockfile).map((one) => one.text),
    }
  })
}

function packageNames(text: string): string[] {
  const manifest = readJson(text, Package)
  const imports = readJson(text, Imports)
  const mapped = Object.keys(imports?.imports ?? {}).map((name) => name.replace(/\/$/, ''))
  if (!manifest) return mapped
  return [...mapped, ...declared(manifest)]
}

function declared(manifest: z.infer<typeof Package>): string[] {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest
  return [dependencies, devDependencies, peerDependencies, optionalDependencies].flatMap((one) =>
    Object.keys(one),
  )
}

/** Names and wanted versions that a package.json asks for; null when it is not readable. */
export function wantedPackages(text: string): Map<string, string> | null {
  const manifest = readJson(text, Package)
  if (!manifest) return null
  const { dependencies, devDependencies, optionalDependencies } = manifest
  return new Map(
    [dependencies, devDependencies, optionalDependencies]
      .flatMap((one) => Object.entries(one))
      .map(([name, version]) => [name, String(version)]),
  )
}

interface Aliases {
  paths: { prefix: string; suffix: string; star: boolean; targets: string[] }[]
  bases: string[]
}

/** `paths` and `baseUrl` of the tsconfig and jsconfig files in the folders above; what they extend counts where it stands. */
export function tsAliases(path: string, world: World): Aliases {
  return world.once(`aliases:${posix.dirname(path)}`, () => {
    const aliases: Aliases = { paths: [], bases: [] }
    for (const { path: file, text } of world.above(path, /^(?:ts|js)config[^/]*\.json$/)) {
      const options = readJson(text, Config)?.compilerOptions
      if (!options) continue
      const base = posix.join(posix.dirname(file), options.baseUrl ?? '.')
      if (options.baseUrl !== undefined) aliases.bases.push(base)
      for (const [pattern, targets] of Object.entries(options.paths ?? {})) {
        const [prefix = '', suffix] = pattern.split('*')
        const resolved = targets.map((target) => posix.normalize(posix.join(base, target)))
        aliases.paths.push({ prefix, suffix: suffix ?? '', star: suffix !== undefined, targets: resolved })
      }
    }
    return aliases
  })
}

/** JSON with comments and trailing commas is YAML's flow form, near enough to find names in it. */
function readJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    // Not plain JSON: tsconfig files carry comments.
    try {
      const bare = text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
        part.startsWith('"') ? part : '',
      )
      return schema.safeParse(parse(bare)).data
    } catch {
      // Broken in this tree; nothing can be said about it here, and the tools that need it will.
      return undefined
    }
  }
}
