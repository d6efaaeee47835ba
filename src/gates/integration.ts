/** G3: integration tests, by the command that policy names. */
import { commandGate } from './command.ts'

export const integration = commandGate({
  id: 'integration',
  requirement: 'G3',
  title: 'Integration tests',
  about: 'The integration test command of policy succeeds in the sandbox.',
  commands: ['integration'],
})
