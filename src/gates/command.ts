/** What the command gates share: asking for a run in the sandbox at the head, and saying how it ended. */
import { type CommandRequest, commandRequest } from '../core/commandSettings.ts'
import type { CommandBody, CommandName } from '../core/evidence.ts'
import { code } from '../core/sentences.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'
import { type Gate, type GateInput, worst } from './gate.ts'

const fixIt = 'Fix it and push, or change the command in the policy file on the base branch.'

/** The result of a policy command at the head, or the verdict that stands in its place. */
export function commandAt(
  input: GateInput,
  name: CommandName,
  sha = input.head,
): { body: CommandBody } | { verdict: Verdict } {
  const request = commandRequest(input.commands, name, sha)
  if (!request) return { verdict: fail(`Policy names no ${name} command, so nothing was proven.`) }
  const result = input.evidence.get(request)
  if (!result) return { verdict: wait(`${code(request.spec.run)} is running in the sandbox; nothing to do.`) }
  if (!result.ok)
    return { verdict: fail(`${code(request.spec.run)} could not be run: ${result.reason}. ${fixIt}`) }
  return { body: result.body }
}

const limits = {
  time: 'ran out of time',
  memory: 'ran out of memory',
  output: 'wrote too much output',
  disk: 'wrote too much to disk',
  stop: 'was stopped',
} as const

/** Pass for exit code 0, otherwise fail with how the command ended and the end of its output. */
export function judgeExit(input: GateInput, name: CommandName, body: CommandBody): Verdict {
  const run = code(input.commands[name]?.run ?? name)
  if (body.stoppedBy)
    return fail(`${run} ${limits[body.stoppedBy]}. Raise its limit in policy, or make it cheaper.`)
  if (body.exitCode === 0) return pass(`${run} succeeded.`)
  const tail = body.outputTail.trimEnd().split('\n').slice(-3).join(' ').trim()
  return fail(
    `${run} ended with ${body.exitCode ?? 'no exit code'}${tail ? `: ${code(tail, 300)}` : ''}. ${fixIt}`,
  )
}

/** A gate that is green when every one of its commands that policy names succeeds at the head. */
export function commandGate(
  gate: Pick<Gate, 'id' | 'requirement' | 'title' | 'about'> & { commands: CommandName[] },
): Gate {
  const { commands, ...named } = gate
  const configured = (input: GateInput) => commands.filter((name) => input.commands[name])
  return {
    ...named,
    reads: 'command',
    acceptedBy: 'senior',
    off: (input) =>
      configured(input).length > 0
        ? null
        : `Not configured: name ${commands.map((name) => code(`commands.${name}`)).join(' or ')} in the policy file to switch it on.`,
    needs: (input) =>
      configured(input)
        .map((name) => commandRequest(input.commands, name, input.head))
        .filter((request): request is CommandRequest => request !== null),
    evaluate: (input) => {
      const verdicts = configured(input).map((name) => {
        const result = commandAt(input, name)
        return 'verdict' in result ? result.verdict : judgeExit(input, name, result.body)
      })
      if (verdicts.length === 0) return fail('Policy names no command for this gate, so nothing was proven.')
      return worst(verdicts)
    },
  }
}
