/** The `commands` part of policy: what gates and the pipeline run in the sandbox, as written and as executed. */
import { z } from 'zod'
import { RepositoryPath } from './citation.ts'
import type { CommandName, CommandSpec, EvidenceRequest } from './evidence.ts'
import { ReportFormat } from './reports.ts'

export type CommandRequest = Extract<EvidenceRequest, { kind: 'command' }>

/** What the gates read from commands; load tests and analyses are read from CI (`gates.reports`). */
const CommandReportFormat = ReportFormat.exclude(['k6', 'autocannon', 'sarif'])

export const CommandSettings = z.strictObject({
  run: z.string().min(1).max(2000).describe('Shell text, run by /bin/sh at the repository root.'),
  timeout_seconds: z.number().int().min(1).max(3600).default(600),
  memory_mb: z.number().int().min(64).max(16_384).default(2048),
  reports: z
    .array(z.strictObject({ format: CommandReportFormat, path: RepositoryPath }))
    .max(10)
    .default([]),
})

/** A gate that needs a command exists only when policy names the command. */
export const CommandsSettings = z.strictObject({
  setup: CommandSettings.optional(),
  typecheck: CommandSettings.optional(),
  lint: CommandSettings.optional(),
  test: CommandSettings.optional(),
  integration: CommandSettings.optional(),
  build: CommandSettings.optional(),
  audit: CommandSettings.optional(),
})
export type CommandsSettings = z.infer<typeof CommandsSettings>

/** The command as the sandbox runs it, or null when policy does not name it. */
export function commandSpec(commands: CommandsSettings, name: CommandName): CommandSpec | null {
  const settings = commands[name]
  if (!settings) return null
  const { run, timeout_seconds: timeoutSeconds, memory_mb: memoryMb, reports } = settings
  return { run, timeoutSeconds, memoryMb, reports }
}

/** The evidence request for a command at a commit, the same for gates and pipeline so that one run serves both (P6). */
export function commandRequest(
  commands: CommandsSettings,
  name: CommandName,
  sha: string,
): CommandRequest | null {
  const spec = commandSpec(commands, name)
  return spec && { kind: 'command', sha, name, spec, setup: commandSpec(commands, 'setup') }
}
