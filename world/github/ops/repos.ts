/** Bare repositories: created with their first commit by one fast-import, forked by a local clone. */
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { invalid } from '../errors.ts'
import { runGit } from '../git.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Label, Repo, Role } from '../state.ts'
import { noreply } from '../views/commit.ts'

/** File content: text, bytes, or text with a git mode; null removes the path. */
export type FileContent =
  | string
  | Buffer
  | { content: string | Buffer; mode: '100644' | '100755' | '120000' }
  | null
export type Files = Record<string, FileContent>

export type RepoInput = {
  files?: Files
  private?: boolean
  defaultBranch?: string
  collaborators?: Record<string, Role>
  description?: string
  message?: string
}

const DEFAULT_LABELS: readonly [string, string, string][] = [
  ['bug', 'd73a4a', "Something isn't working"],
  ['documentation', '0075ca', 'Improvements or additions to documentation'],
  ['enhancement', 'a2eeef', 'New feature or request'],
]

export const content = (file: Exclude<FileContent, null>) =>
  typeof file === 'string' || Buffer.isBuffer(file)
    ? { bytes: Buffer.from(file), mode: '100644' }
    : { bytes: Buffer.from(file.content), mode: file.mode }

/** The git fast-import quoting of a path: C style, so that any byte a path may hold gets through. */
export const quotePath = (path: string) => `"${path.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`

/** One commit as a fast-import stream. */
export function importStream(
  ref: string,
  from: string | null,
  who: { name: string; email: string; seconds: number },
  message: string,
  files: Files,
): Buffer {
  const text = Buffer.from(message)
  const ident = `${who.name} <${who.email}> ${who.seconds} +0000`
  const chunks: Buffer[] = [
    Buffer.from(`commit ${ref}\nauthor ${ident}\ncommitter ${ident}\ndata ${text.length}\n`),
    text,
    Buffer.from('\n'),
  ]
  if (from !== null) chunks.push(Buffer.from(`from ${from}\n`))
  for (const [path, file] of Object.entries(files)) {
    if (file === null) chunks.push(Buffer.from(`D ${quotePath(path)}\n`))
    else {
      const { bytes, mode } = content(file)
      chunks.push(
        Buffer.from(`M ${mode} inline ${quotePath(path)}\ndata ${bytes.length}\n`),
        bytes,
        Buffer.from('\n'),
      )
    }
  }
  return Buffer.concat([...chunks, Buffer.from('\n')])
}

function label(site: Site, name: string, color: string, description: string | null): Label {
  return { id: site.nextId(), name, color, description, default: true }
}

/** Creates owner/name with an initial commit by the owner holding `files` (a README when none are given). */
export async function createRepo(
  site: Site,
  owner: Account,
  name: string,
  input: RepoInput,
  parent: Repo | null = null,
): Promise<Repo> {
  if (!/^[\w.-]{1,100}$/.test(name))
    throw invalid([{ resource: 'Repository', field: 'name', code: 'invalid' }])
  const taken = [...site.state.repos.values()].some(
    (r) => r.ownerId === owner.id && r.name.toLowerCase() === name.toLowerCase(),
  )
  if (taken)
    throw invalid([
      {
        resource: 'Repository',
        field: 'name',
        code: 'custom',
        message: 'name already exists on this account',
      },
    ])
  const at = site.now()
  const repo: Repo = {
    id: site.nextId(),
    ownerId: owner.id,
    name,
    private: input.private ?? false,
    defaultBranch: input.defaultBranch ?? 'main',
    dir: join(site.dataDir, 'repos', owner.login, `${name}.git`),
    parentId: parent?.id ?? null,
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
    collaborators: new Map(),
    labels: new Map(),
    nextNumber: 1,
    archived: false,
    description: input.description ?? null,
    allow: { merge: true, squash: true, rebase: true, autoMerge: false },
    deleteBranchOnMerge: false,
  }
  for (const [login, role] of Object.entries(input.collaborators ?? {})) {
    const account = [...site.state.accounts.values()].find(
      (a) => a.login.toLowerCase() === login.toLowerCase(),
    )
    if (account === undefined) throw new Error(`createRepo: no account named ${login}; create the user first`)
    repo.collaborators.set(account.id, role)
  }
  for (const [labelName, color, description] of DEFAULT_LABELS)
    repo.labels.set(labelName, label(site, labelName, color, description))
  await mkdir(join(site.dataDir, 'repos', owner.login), { recursive: true })
  if (parent === null) await initialise(site, repo, owner, input)
  else {
    await runGit(['clone', '-q', '--bare', '--no-local', parent.dir, repo.dir])
    repo.defaultBranch = parent.defaultBranch
    await configure(repo.dir)
  }
  site.state.repos.set(repo.id, repo)
  return repo
}

const CONFIG = `[http]
\treceivepack = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[receive]
\tdenyDeleteCurrent = refuse
[gc]
\tauto = 0
`

const configure = (dir: string) => appendFile(join(dir, 'config'), CONFIG)

async function initialise(site: Site, repo: Repo, owner: Account, input: RepoInput): Promise<void> {
  await runGit(['init', '-q', '--bare', '--template=', '-b', repo.defaultBranch, repo.dir])
  const files = input.files ?? { 'README.md': `# ${repo.name}\n` }
  const who = {
    name: owner.name ?? owner.login,
    email: noreply(owner),
    seconds: Math.floor(site.clock.now() / 1000),
  }
  const stream = importStream(
    `refs/heads/${repo.defaultBranch}`,
    null,
    who,
    input.message ?? 'Initial commit\n',
    files,
  )
  await configure(repo.dir)
  await runGit(['--git-dir', repo.dir, 'fast-import', '--quiet', '--date-format=raw'], { input: stream })
}

/** A person's fork under their own account; heads of pull requests may come from it. */
export async function forkRepo(site: Site, owner: Account, parentId: number): Promise<Repo> {
  const parent = must(site.state.repos, parentId, 'repository')
  return createRepo(site, owner, parent.name, { private: parent.private }, parent)
}

/** Renames a repository; the old name leads on to it, and Apps hear of it. */
export function renameRepo(site: Site, repo: Repo, to: string, sender: Account): void {
  const from = repo.name
  repo.formerNames = [...(repo.formerNames ?? []), from.toLowerCase()]
  repo.name = to
  site.emit(
    'repository',
    'renamed',
    { action: 'renamed', changes: { repository: { name: { from } } } },
    { repo, sender },
  )
}
