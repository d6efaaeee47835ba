/** The official response types the views are checked against at compile time: no key missing, none invented. */
import type { components } from '@octokit/openapi-types'

export type Schemas = components['schemas']
export type Schema<Name extends keyof Schemas> = Schemas[Name]
