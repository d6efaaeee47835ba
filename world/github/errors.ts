/** The refusals of the stand-in GitHub, in the status codes and words that GitHub uses. */

export type FieldError = { resource?: string; field?: string; code: string; message?: string }

/** Thrown by any operation; the server turns it into a response, a person's driver throws it as it is. */
export class GitHubError extends Error {
  readonly status: number
  readonly errors: FieldError[] | string[] | undefined
  readonly headers: Record<string, string>

  constructor(
    status: number,
    message: string,
    errors?: FieldError[] | string[],
    headers: Record<string, string> = {},
  ) {
    super(message)
    this.name = 'GitHubError'
    this.status = status
    this.errors = errors
    this.headers = headers
  }

  /** The JSON body GitHub sends with this refusal. */
  body(): Record<string, unknown> {
    return {
      message: this.message,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      documentation_url: 'https://docs.github.com/rest',
      // Validation and merge errors are described without the status repeated in them.
      ...([405, 409, 422].includes(this.status) ? {} : { status: String(this.status) }),
    }
  }
}

export const badCredentials = () => new GitHubError(401, 'Bad credentials')
export const notFound = () => new GitHubError(404, 'Not Found')
export const notAccessible = () => new GitHubError(403, 'Resource not accessible by integration')
export const forbidden = (message: string) => new GitHubError(403, message)
export const invalid = (errors: FieldError[] | string[], message = 'Validation Failed') =>
  new GitHubError(422, message, errors)
