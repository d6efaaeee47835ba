export const guards: Record<string, never> = {}
