/** Real git for the workspace suites: a repository behind `git http-backend` that asks for a token, and fixtures. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { GitCredentials, Log } from '../../../src/core/ports.ts'

export const repository = 'octo/shop'
export const token = 'ghs_secretTokenOfThisTest'

const nothing = () => undefined
export const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => quiet }

/** A new folder below the system's temporary one, readable by the sandbox's user, removed by `cleanUp`. */
export function scratch(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `countersign-${name}-`))
  execFileSync('chmod', ['755', directory])
  folders.push(directory)
  return directory
}
const folders: string[] = []
export function cleanUp(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_AUTHOR_DATE: '@1700000000 +0000',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_COMMITTER_DATE: '@1700000000 +0000',
}

/** Run the machine's git in a folder, as a person would; returns trimmed output. */
export function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, '-c', 'protocol.file.allow=always', ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', ...identity },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
    .toString()
    .trim()
}

/** A person's clone with one commit of these files (a Buffer value is written as it is). */
export function newClone(files: Record<string, string | Buffer>): { directory: string; sha: string } {
  const directory = scratch('clone')
  git(directory, 'init', '--quiet', '--initial-branch=main')
  // What is written is what is stored, whatever `.gitattributes` of the fixture says.
  mkdirSync(join(directory, '.git', 'info'), { recursive: true })
  writeFileSync(
    join(directory, '.git', 'info', 'attributes'),
    '* !text !eol !filter !ident !working-tree-encoding\n',
  )
  return { directory, sha: commitFiles(directory, files) }
}

export function commitFiles(
  directory: string,
  files: Record<string, string | Buffer | null>,
  message = 'change',
): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    if (content === null) rmSync(file, { recursive: true })
    else writeFileSync(file, content)
  }
  git(directory, 'add', '--all')
  git(directory, 'commit', '--quiet', '--allow-empty', '--message', message)
  return git(directory, 'rev-parse', 'HEAD')
}

export interface Server {
  url: string
  bare: string
  credentials: GitCredentials
  close(): Promise<void>
}

/** Serve a bare copy of a clone over smart HTTP on 127.0.0.1; anything without the token is answered 401. */
export async function serve(clone: string): Promise<Server> {
  const home = scratch('remote')
  const bare = join(home, 'shop.git')
  git(home, 'clone', '--quiet', '--bare', clone, bare)
  git(bare, 'config', 'http.receivepack', 'true')
  git(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  const server = createServer((request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
      return
    }
    const [path, query = ''] = (request.url ?? '').split('?')
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: home,
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: 'app',
        PATH_INFO: path ?? '',
        QUERY_STRING: query,
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    })
    child.stdin.on('error', () => undefined)
    request.pipe(child.stdin)
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('close', () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      let status = 200
      for (const line of all.subarray(0, end).toString().split('\r\n')) {
        const [name, value] = line.split(': ')
        if (name === 'Status') status = Number.parseInt(value ?? '', 10)
        else if (name && value) response.setHeader(name, value)
      }
      response.writeHead(status).end(all.subarray(end + 4))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`
  const credential = async () => ({ url, token })
  return {
    url,
    bare,
    credentials: { read: credential, push: credential },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
