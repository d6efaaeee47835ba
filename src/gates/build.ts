/** G7: the build, by the command that policy names. */
import { commandGate } from './command.ts'

export const build = commandGate({
  id: 'build',
  requirement: 'G7',
  title: 'Build',
  about: 'The build command of policy succeeds in the sandbox.',
  commands: ['build'],
})
