/** The Git port over bare mirrors: reads of objects, plan commits, pushes with a lease. */
import type { EvidenceResult } from '../../core/evidence.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { Git, GitRequest } from '../../core/ports.ts'
import { collectReferences } from '../references/collect.ts'
import { collectCitations } from './gitCitations.ts'
import { collectCommits, writeEmptyCommit } from './gitCommits.ts'
import { readBlob, readContents } from './gitContents.ts'
import { collectDiff, collectMergeTree } from './gitDiff.ts'
import { collectLineMap } from './gitLineMap.ts'
import { createMirrors, type MirrorOptions, type Mirrors } from './gitMirrors.ts'
import { readBlobs } from './gitObjects.ts'
import { GitFailure } from './gitProcess.ts'
import { pushBranch, pushFix } from './gitPush.ts'
import { collectRevert } from './gitRevert.ts'

const maximumTextBytes = 1024 * 1024

/** Git over mirrors that are shared with the workspace (one mutex a mirror). */
export function gitOver(mirrors: Mirrors): Git {
  async function collectFrom(directory: string, request: GitRequest): Promise<EvidenceResult> {
    switch (request.kind) {
      case 'diff':
        return collectDiff(directory, request.base, request.head)
      case 'commits':
        return collectCommits(directory, request.base, request.head)
      case 'references':
        return collectReferences(directory, request.base, request.head)
      case 'citations':
        return collectCitations(directory, request.base, request.citations)
      case 'mergeTree':
        return collectMergeTree(directory, request.first, request.second)
      case 'lineMap':
        return collectLineMap(directory, request)
      case 'revert':
        return collectRevert(directory, request)
      default:
        return request satisfies never
    }
  }

  return {
    ensure: (repository, shas) => mirrors.ensure(repository, shas),
    async collect(repository, request) {
      try {
        return await collectFrom(await mirrors.open(repository), request)
      } catch (error) {
        // What git itself refuses about these objects stays refused: it is an answer, and never a pass.
        if (!(error instanceof GitFailure)) throw error
        return {
          ok: false,
          reason: `git could not read this change of ${repository}: ${error.message.slice(0, 500)}`,
        }
      }
    },
    async read(repository: RepositoryName, sha, path) {
      const name = `${sha}:${path}`
      const found = (await readBlobs(await mirrors.open(repository), [name], maximumTextBytes)).get(name)
      return found === undefined || found === 'large' ? null : found.toString('utf8')
    },
    async bytes(repository, sha, path) {
      const name = `${sha}:${path}`
      const found = (await readBlobs(await mirrors.open(repository), [name], maximumTextBytes)).get(name)
      return found === undefined || found === 'large' ? null : found
    },
    commitEmpty: async (repository, input) => writeEmptyCommit(await mirrors.open(repository), input),
    contents: async (repository, onto, tip) => readContents(await mirrors.open(repository), onto, tip),
    blob: async (repository, blob) => readBlob(await mirrors.open(repository), blob),
    push: (repository, input) => pushBranch(mirrors, repository, input),
    pushFix: (repository, input) => pushFix(mirrors, repository, input),
  }
}

/** The Git port on mirrors of its own, for callers that need no worktree. */
export function createGit(options: MirrorOptions): Git {
  return gitOver(createMirrors(options))
}
