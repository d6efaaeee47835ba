/** Bytes as git gives them: NUL-separated fields, and text that may not be UTF-8. */
import { isUtf8 } from 'node:buffer'

/** The fields of NUL-terminated output. */
export function fieldsOf(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    fields.push(bytes.subarray(start, end))
    start = end + 1
  }
  if (start < bytes.length) fields.push(bytes.subarray(start))
  return fields
}

/** Text of bytes; what is not UTF-8 becomes U+FFFD and `utf8` is false. */
export function textOf(bytes: Buffer): { text: string; utf8: boolean } {
  return { text: bytes.toString('utf8'), utf8: isUtf8(bytes) }
}
