/** A git process that stays and is asked one question after another, line by line in and bytes out. */
import type { ChildProcess } from 'node:child_process'
import { jobSignal } from '../abort.ts'
import { type GitCall, GitFailure, startGit } from './gitProcess.ts'

/** A question that git has not answered by then ends the process. */
const answerTimeoutMs = 300_000

/** Takes the answer as it comes. */
export interface Take {
  /** Up to the next line feed, without it. */
  line(): Promise<Buffer>
  bytes(size: number): Promise<Buffer>
}

export interface GitTalk {
  /** Write lines and take their answer; rejects with GitFailure when the process ends before it is whole. */
  ask<T>(lines: readonly string[], answer: (take: Take) => Promise<T>): Promise<T>
  failure(why: string): GitFailure
  close(): void
}

/** The process starts with the first question; questions must not overlap. */
export function openGitTalk(call: Pick<GitCall, 'directory' | 'args'>): GitTalk {
  const failure = (why: string) => new GitFailure(call.args, null, why)
  let child: ChildProcess | undefined
  let chunks: Buffer[] = []
  let held = 0
  let stderr = ''
  let ended: Error | null = null
  let arrived = Promise.withResolvers<void>()

  function start(): ChildProcess {
    const started = startGit(call)
    const end = (error: Error) => {
      ended = error
      arrived.resolve()
    }
    started.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      held += chunk.length
      arrived.resolve()
    })
    started.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 20_000) stderr += chunk.toString('utf8')
    })
    // What git says by ending says more than a broken pipe.
    started.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') end(error)
    })
    started.on('error', end)
    started.on('close', (code) => end(new GitFailure(call.args, code, stderr)))
    return started
  }

  async function more(): Promise<void> {
    if (ended) throw ended
    arrived = Promise.withResolvers()
    await arrived.promise
  }

  function cut(size: number): Buffer {
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
    chunks = all.length > size ? [all.subarray(size)] : []
    held = all.length - size
    return all.subarray(0, size)
  }

  const take: Take = {
    async line() {
      for (let searched = 0; ; ) {
        let at = 0
        for (const chunk of chunks) {
          const found = at + chunk.length > searched ? chunk.indexOf(10, Math.max(0, searched - at)) : -1
          if (found !== -1) return cut(at + found + 1).subarray(0, -1)
          at += chunk.length
        }
        searched = at
        await more()
      }
    },
    async bytes(size) {
      while (held < size) await more()
      return cut(size)
    },
  }

  return {
    async ask(lines, answer) {
      if (lines.length === 0) return answer(take)
      if (ended) throw ended
      child ??= start()
      const process = child
      const signal = jobSignal()
      signal.throwIfAborted()
      const kill = () => process.kill('SIGKILL')
      const timer = setTimeout(kill, answerTimeoutMs)
      signal.addEventListener('abort', kill, { once: true })
      try {
        process.stdin?.write(lines.map((line) => `${line}\n`).join(''))
        return await answer(take)
      } catch (error) {
        // Cut short with its job: no word of git's.
        signal.throwIfAborted()
        throw error
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', kill)
      }
    },
    failure,
    close() {
      child?.stdin?.end()
      child?.kill('SIGKILL')
    },
  }
}
