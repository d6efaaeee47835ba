/** The operator's tokens for sources: each is bound to one origin, so that policy cannot send it anywhere else (T25, T35). */

/** A bearer token and the origin it is for, as `URL.origin` writes it. */
export interface OriginToken {
  origin: string
  token: string
}

/** The header for a URL; nothing where the operator bound no token to its origin, so also not for `http` instead of `https`. */
export function authorizationFor(url: string, tokens: readonly OriginToken[]): Record<string, string> {
  const origin = URL.canParse(url) ? new URL(url).origin : null
  const found = tokens.find((one) => one.origin === origin)
  return found ? { authorization: `Bearer ${found.token}` } : {}
}
